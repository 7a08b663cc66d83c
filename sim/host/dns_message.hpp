// DNS messages (RFC 1035 4): as values and as bytes.
#pragma once

#include "engine/net/address.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::sim::dns {

enum class Type : std::uint16_t { a = 1, cname = 5, aaaa = 28 };
enum class Code : std::uint8_t {
  no_error = 0,
  format_error = 1,
  server_failure = 2,
  not_found = 3,
  not_implemented = 4,
  refused = 5,
};

struct Question {
  std::string name;  // lower case, without the last dot
  Type type = Type::a;

  friend bool operator==(const Question&, const Question&) = default;
};

// A record of one of the types above; others are skipped when a message is read.
struct Record {
  std::string name;
  std::uint32_t ttl_seconds = 0;
  std::optional<net::Address> address;  // A, AAAA
  std::string alias;                    // CNAME
};

struct Message {
  std::uint16_t id = 0;
  bool response = false;
  bool truncated = false;
  bool recursion_desired = true;
  Code code = Code::no_error;
  std::optional<Question> question;
  std::vector<Record> answers;
};

// Lower case, without the last dot; nothing where DNS cannot carry it (RFC 1035 2.3.4: labels of 1
// to 63 bytes, 255 in all).
std::optional<std::string> normal_name(std::string_view name);

// At most `most` bytes: answers that do not fit are left out and the message says so (TC).
std::vector<std::byte> encode(const Message& message, std::size_t most = 512);

// Nothing where the bytes are not a message with at most one question. Compressed names are read
// (RFC 1035 4.1.4); answers of other types or classes are skipped.
std::optional<Message> decode(std::span<const std::byte> bytes);

// As it goes over TCP: after its length (RFC 1035 4.2.2).
std::vector<std::byte> with_length(std::span<const std::byte> message);

}  // namespace dispatch::sim::dns

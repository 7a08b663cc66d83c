// The SOCKS5 protocol (RFC 1928) as functions of bytes, for both of its sides.
//
// Decoders read from the front of what has arrived so far: they say how many bytes the message
// took, or that there are not enough yet, or why it cannot become a message. They never need a
// message to arrive in one piece, and never touch what follows it.
#pragma once

#include "engine/net/async.hpp"
#include "engine/proxy/octets.hpp"
#include "engine/proxy/progress.hpp"
#include "engine/proxy/target.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace dispatch::proxy::socks5 {

using proxy::Progress;

inline constexpr std::uint8_t kVersion = 5;

enum class Method : std::uint8_t {
  none = 0x00,
  gssapi = 0x01,
  password = 0x02,
  unacceptable = 0xff
};
enum class Command : std::uint8_t { connect = 1, bind = 2, udp_associate = 3 };

enum class Reply : std::uint8_t {  // RFC 1928 6
  succeeded = 0,
  general_failure = 1,
  not_allowed = 2,
  network_unreachable = 3,
  host_unreachable = 4,
  connection_refused = 5,
  ttl_expired = 6,
  command_not_supported = 7,
  address_type_not_supported = 8,
};

std::string_view to_string(Reply reply);

// The reply that tells a client why a connection failed.
Reply reply_for(const net::Error& error);

template <typename Message>
struct Decoded {
  Progress progress = Progress::incomplete;
  std::size_t size = 0;                  // bytes that the message took (complete)
  Message message{};                     // (complete)
  Reply reply = Reply::general_failure;  // what to answer (invalid)
};

struct Greeting {
  std::vector<Method> methods;

  bool offers(Method method) const;
};

struct Request {
  Command command = Command::connect;
  Target target;
};

struct Answer {
  Reply reply = Reply::general_failure;
  Target bound;
};

// The server's side.
Decoded<Greeting> decode_greeting(std::span<const std::byte> input);
Decoded<Request> decode_request(std::span<const std::byte> input);
Bytes encode_method(Method method);
Bytes encode_answer(Reply reply, const net::Endpoint& bound);

// The sub-negotiation of username and password (RFC 1929). An invalid message is of another
// version, or has an empty name.
struct Credentials {
  std::string user;
  std::string password;
};

Decoded<Credentials> decode_credentials(std::span<const std::byte> input);
Bytes encode_credentials_status(bool accepted);

// The client's side.
Bytes encode_greeting(std::span<const Method> methods);
Bytes encode_request(Command command, const Target& target);  // a name of at most 255 bytes
Decoded<Method> decode_method(std::span<const std::byte> input);
Decoded<Answer> decode_answer(std::span<const std::byte> input);
Bytes encode_credentials(const Credentials& credentials);  // 1 to 255 bytes each
Decoded<bool> decode_credentials_status(std::span<const std::byte> input);

}  // namespace dispatch::proxy::socks5

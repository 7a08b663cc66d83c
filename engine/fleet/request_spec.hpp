// A request that is to be executed: what to ask of which target, and how.
#pragma once

#include "engine/fleet/json_reader.hpp"
#include "engine/fleet/target_url.hpp"

#include <boost/system/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace dispatch::fleet {

inline constexpr net::Duration kTimeoutMax = std::chrono::hours(1);
inline constexpr std::uint64_t kResponseBytesMax = 1ull << 30;
inline constexpr std::uint64_t kRedirectsMax = 50;

// What a body that is a text of JSON means, and what a response's is told as.
enum class BodyForm : std::uint8_t {
  automatic,  // objects and lists: JSON; texts that are JSON: JSON; other texts as they are
  text,
  json,
  base64,
};

std::string_view to_string(BodyForm form);  // "auto"

struct RequestSpec {
  std::string url;
  std::string method = "GET";
  Pairs headers;
  Pairs params;      // added to the query
  json::value body;  // null: none
  BodyForm body_form = BodyForm::automatic;
  net::Duration timeout = std::chrono::seconds(30);  // for all of it, repeats too
  bool follow_redirects = false;
  std::uint64_t redirects_max = 10;
  bool decompress = true;  // gzip and deflate are asked for, and taken off
  bool verify = true;      // the certificate of an https target
  std::uint64_t response_bytes_max = 10 * 1024 * 1024;  // of the body, decompressed
  BodyForm response_form = BodyForm::automatic;         // JSON, else text, else base64

  friend bool operator==(const RequestSpec&, const RequestSpec&) = default;
};

// RFC 9110 9.2.1: executing it twice asks for nothing that once would not.
bool is_safe(std::string_view method);

// The keys of `object` that are a RequestSpec's, over what is in `spec` already; others are left
// alone. `where` is where the object stands, for problems.
std::optional<JsonProblem> read_request_spec(const json::object& object, RequestSpec& spec,
                                             std::vector<std::string> where = {"body"});

// Whether it can be executed: its URL, its headers.
std::optional<JsonProblem> check_request_spec(const RequestSpec& spec);

// With every key. What is redacted is not this one's business.
json::object to_json(const RequestSpec& spec);
// The same as a text; keys that the original does not have are left out where they say the usual.
void write(std::string& out, const RequestSpec& spec);

// The bytes of the body, and what Content-Type they have where the request says nothing.
struct BodyBytes {
  std::string bytes;
  std::string content_type;  // empty: none
  bool present = false;
};
BodyBytes body_bytes(const RequestSpec& spec);

}  // namespace dispatch::fleet

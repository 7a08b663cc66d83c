// What came of a request, as agents tell it and callers hear it.
#pragma once

#include "engine/fleet/json_writer.hpp"
#include "engine/fleet/request_spec.hpp"
#include "engine/net/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dispatch::fleet {

// How an execution, or one attempt of it, ended.
enum class Outcome : std::uint8_t {
  answered,           // the target answered, with whatever status
  refused_by_policy,  // the target is not allowed
  no_address,   // the source address is not this agent's (any more), or not of the target's family
  unresolved,   // the target's name has no address
  unreachable,  // no connection to the target came to be
  tls,          // nor did TLS, or the certificate is not believed
  broken,       // the connection broke, or what came was not HTTP
  timed_out,
  too_large,  // the answer is larger than allowed
  cancelled,
  agent_lost,  // the agent went away with the request
  no_agent,    // nobody could be asked
  invalid,     // the agent did not understand
};

inline constexpr std::size_t kOutcomes = static_cast<std::size_t>(Outcome::invalid) + 1;

std::string_view to_string(Outcome outcome);  // "answered"
std::optional<Outcome> parse_outcome(std::string_view text);

struct ExecuteResult {
  Outcome outcome = Outcome::no_agent;
  std::uint64_t status_code = 0;  // of the target's answer; 0: there was none
  Pairs headers;                  // as they came
  json::value body;               // a text, or JSON; null: none
  bool is_json = false;
  std::string body_encoding = "text";  // text, json, base64
  std::string error;                   // empty: none
  bool sent = false;                   // any of the request may have reached the target
  std::string url;                     // that answered, after redirects
  std::uint64_t redirects = 0;
  std::uint64_t response_bytes = 0;  // of the body, as it is told
  net::Duration duration{};          // the agent's part
  bool reused_connection = false;
  std::string remote;  // endpoint of the target, empty: none

  // Who did it, for whom.
  std::string request_id;
  std::string agent_id;
  std::string source_ip;
  net::WallTime timestamp{};
  std::uint64_t attempts = 1;
  net::Duration overhead{};  // all that was not the agent's part: waiting, and the way to it

  bool success() const { return outcome == Outcome::answered; }
};

// Both directions of the same form: what an agent sends is what a caller hears, but for the fields
// that the coordinator fills in.
void write(JsonObjectWriter& object, const ExecuteResult& result);
std::string to_text(const ExecuteResult& result);
// Of an agent's message. Unknown keys are left alone, so that agents of other versions are heard;
// what the original agents leave out (outcome, sent) is guessed from success and error.
std::optional<JsonProblem> read_result(const json::object& object, ExecuteResult& result);

// "2026-01-31T12:00:00.123456": UTC, as the original's clients expect it, without a zone.
std::string iso_time(net::WallTime time);
// The same, also with a Z or an offset of zero; a date alone; or seconds since 1970.
std::optional<net::WallTime> parse_time(std::string_view text);

}  // namespace dispatch::fleet

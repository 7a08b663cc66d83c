// Any text as a message between coordinator and agent, and as a URL.
//
// Beyond not crashing: what is taken means the same when it is written and read again, and a URL
// that is taken makes a request line without blanks and controls.

#include "engine/fleet/agent_message.hpp"
#include "engine/fleet/redact.hpp"
#include "engine/fleet/target_url.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace dispatch::fleet {
namespace {

using fuzz::require;

void check_command(std::string_view text) {
  const auto command = parse_command(text);
  if (!command) {
    require(!command.error().line().empty(), "a refusal says why");
    return;
  }
  if (const auto* execute = std::get_if<ExecuteCommand>(&*command)) {
    const auto written = to_text(*execute);
    const auto again = parse_command(written);
    require(again.has_value(), "a command that is written can be read");
    const auto* other = std::get_if<ExecuteCommand>(&*again);
    require(other != nullptr && other->request_id == execute->request_id &&
                other->source_ip == execute->source_ip && other->spec.url == execute->spec.url &&
                other->spec.method == execute->spec.method &&
                other->spec.body == execute->spec.body,
            "a command means the same when it is read again");
    (void)check_request_spec(execute->spec);
    (void)body_bytes(execute->spec);
  }
  if (const auto* policy = std::get_if<PolicyCommand>(&*command)) {
    const auto again = parse_command(to_text(*policy));
    require(again.has_value() && std::get<PolicyCommand>(*again).policy == policy->policy,
            "a policy means the same when it is read again");
  }
}

void check_agent_message(std::string_view text) {
  const auto message = parse_agent_message(text);
  if (!message) {
    require(!message.error().line().empty(), "a refusal says why");
    return;
  }
  if (const auto* heartbeat = std::get_if<Heartbeat>(&*message)) {
    const auto again = parse_agent_message(to_text(*heartbeat));
    require(again.has_value() &&
                std::get<Heartbeat>(*again).agent.addresses == heartbeat->agent.addresses,
            "addresses mean the same when they are read again");
  }
  if (const auto* result = std::get_if<ResultMessage>(&*message)) {
    const auto again = parse_agent_message(to_text(*result));
    require(again.has_value(), "a result that is written can be read");
    const auto& other = std::get<ResultMessage>(*again).result;
    require(other.outcome == result->result.outcome && other.body == result->result.body &&
                other.status_code == result->result.status_code,
            "a result means the same when it is read again");
  }
}

void check_url(std::string_view text) {
  const auto url = parse_target_url(text);
  (void)redacted_url(text);
  if (!url) return;
  require(
      std::ranges::all_of(url->origin_form,
                          [](char c) { return c > 0x20 && static_cast<unsigned char>(c) < 0x7f; }),
      "a request line has printable characters only");
  const auto again = parse_target_url(url->text());
  require(again.has_value() && again->text() == url->text(), "a URL is the same when read again");
  const auto moved = resolve_location(*url, text);
  require(!moved || moved->origin_form.starts_with('/'), "a redirect leads to a path");
}

}  // namespace
}  // namespace dispatch::fleet

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  dispatch::fleet::check_command(text);
  dispatch::fleet::check_agent_message(text);
  dispatch::fleet::check_url(text);
  return 0;
}

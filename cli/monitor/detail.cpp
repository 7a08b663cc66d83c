#include "cli/monitor/detail.hpp"

#include "cli/monitor/json_text.hpp"
#include "cli/monitor/tables.hpp"
#include "cli/units.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace dispatch::cli::monitor {
namespace {

namespace js = boost::json;
using screen::Tint;

// More than that is read better elsewhere.
constexpr std::size_t kBodyLinesMax = 2000;
constexpr std::size_t kBodyBytesMax = 128 * 1024;

std::string text(const js::value& value) {
  return value.is_string() ? std::string(value.get_string()) : js::serialize(value);
}

std::string text(const js::object& of, const char* key) {
  const auto* value = of.if_contains(key);
  return value == nullptr || value->is_null() ? "" : text(*value);
}

std::uint64_t number(const js::object& of, const char* key) {
  const auto* value = of.if_contains(key);
  boost::system::error_code wrong;
  const auto count = value == nullptr ? 0 : value->to_number<std::uint64_t>(wrong);
  return wrong ? 0 : count;
}

std::string milliseconds(const js::object& of, const char* key) {
  const auto* value = of.if_contains(key);
  boost::system::error_code wrong;
  const auto span = value == nullptr ? 0.0 : value->to_number<double>(wrong);
  return format_milliseconds(wrong ? 0.0 : span);
}

bool truth(const js::object& of, const char* key) {
  const auto* value = of.if_contains(key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

class Lines {
 public:
  void add(std::string_view all, Tint tint = Tint::none, bool bold = false) {
    for (auto& line : printable_lines(all, kBodyLinesMax)) {
      lines_.push_back({std::move(line), tint, bold});
    }
  }
  void heading(std::string_view name) {
    lines_.push_back({});
    add(name, Tint::none, true);
  }
  std::vector<DetailLine> take() { return std::move(lines_); }

 private:
  std::vector<DetailLine> lines_;
};

void add_headers(Lines& lines, const js::object& of, const char* key, std::string_view name) {
  const auto* headers = of.if_contains(key);
  if (headers == nullptr || !headers->is_object() || headers->get_object().empty()) return;
  lines.heading(name);
  const auto add = [&](std::string_view field, const js::value& value) {
    lines.add(fmt::format("{}: {}", field, text(value)));
  };
  for (const auto& [field, value] : headers->get_object()) {
    if (!value.is_array()) {
      add(field, value);
      continue;
    }
    for (const auto& each : value.get_array()) add(field, each);
  }
}

void add_body(Lines& lines, const js::object& of) {
  const auto* body = of.if_contains("body");
  if (body == nullptr || body->is_null()) return;
  auto all = body->is_string() ? text(*body) : indented(*body);
  const auto coding = text(of, "body_encoding");
  auto name = fmt::format("Body ({})", truth(of, "is_json") ? "JSON"
                                       : coding.empty()     ? "text"
                                                            : coding);
  if (truth(of, "body_truncated")) name += ", cut by the history";
  lines.heading(name);
  const auto size = all.size();
  if (size > kBodyBytesMax) all.resize(kBodyBytesMax);
  lines.add(all);
  if (size > kBodyBytesMax) {
    lines.add(fmt::format("... and {} more", format_bytes(size - kBodyBytesMax)), Tint::faint);
  }
}

Tint tint_of_result(const js::object& result) {
  if (!truth(result, "success")) return Tint::bad;
  return number(result, "status_code") < 400 ? Tint::good : Tint::warning;
}

}  // namespace

Detail detail_of_result(const js::object& result) {
  Lines lines;
  const js::object nothing;
  const auto* found = result.if_contains("metadata");
  const auto& metadata = found != nullptr && found->is_object() ? found->get_object() : nothing;
  const auto status = number(result, "status_code");
  const auto outcome = text(result, "outcome");
  lines.add(status == 0 ? outcome : fmt::format("{} {}", status, outcome), tint_of_result(result),
            true);
  if (const auto url = text(result, "url"); !url.empty()) {
    lines.add(fmt::format("{} {}", text(result, "method"), url));
  }
  if (const auto at = text(metadata, "url"); !at.empty() && at != text(result, "url")) {
    lines.add("answered by " + at);
  }
  if (const auto error = text(result, "error"); !error.empty()) lines.add(error, Tint::bad);
  if (const auto agent = text(metadata, "agent_id"); !agent.empty()) {
    lines.add(
        fmt::format("agent {} from {}{}", agent, text(metadata, "source_ip"),
                    text(metadata, "remote").empty() ? "" : " to " + text(metadata, "remote")));
  }
  const auto attempts = number(metadata, "attempts");
  lines.add(fmt::format("{} by the agent, {} beside; {}{}{}", milliseconds(metadata, "duration_ms"),
                        milliseconds(metadata, "overhead_ms"),
                        format_bytes(number(metadata, "response_bytes")),
                        attempts > 1 ? fmt::format("; attempt {}", attempts) : "",
                        truth(metadata, "reused_connection") ? "; connection used again" : ""));
  lines.add(
      fmt::format("request {} at {}", text(result, "request_id"), text(metadata, "timestamp")),
      Tint::faint);
  add_headers(lines, result, "request_headers", "Request headers");
  add_headers(lines, result, "headers", "Headers");
  add_body(lines, result);
  return {"Result", lines.take()};
}

Detail detail_of_refusal(unsigned status, const std::string& body) {
  Lines lines;
  boost::system::error_code wrong;
  const auto parsed = js::parse(body, wrong);
  const js::value* why = nullptr;
  if (!wrong && parsed.is_object()) why = parsed.get_object().if_contains("detail");
  lines.add(fmt::format("{}: the coordinator has no result", status), Tint::bad, true);
  if (why == nullptr) {
    lines.add(body);
  } else if (why->is_string()) {
    lines.add(std::string_view(why->get_string()));
  } else {
    lines.add(indented(*why));
  }
  return {"Result", lines.take()};
}

Detail detail_of_agent(const AgentRow& agent, const FleetState& state) {
  Lines lines;
  lines.add(fmt::format("{} on {}", agent.id, agent.host), Tint::none, true);
  lines.add(agent.status, agent.status == "active" ? Tint::good : Tint::warning);
  lines.add(fmt::format("weight {}; {} under way; {}, {} without an answer", agent.weight,
                        agent.in_flight, format_count(agent.requests, "request"), agent.failures));
  lines.add(fmt::format("heard of last at {} (UTC)", agent.last_seen), Tint::faint);
  lines.heading(fmt::format("Source addresses: {}", agent.addresses.size()));
  for (const auto& address : agent.addresses) {
    const auto found = state.pool().find(agent.id + ' ' + address);
    const bool is_known = found != state.pool().end();
    const bool available = is_known && found->second.available;
    lines.add(is_known
                  ? fmt::format("{}: {}, {}", address, available ? "available" : "not available",
                                format_count(found->second.requests, "request"))
                  : address,
              available ? Tint::none : Tint::faint);
  }
  return {"Agent", lines.take()};
}

}  // namespace dispatch::cli::monitor

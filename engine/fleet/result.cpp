#include "engine/fleet/result.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <charconv>

namespace dispatch::fleet {
namespace {

// In the order of the enumeration.
constexpr std::array<std::string_view, kOutcomes> kNames = {
    "answered",  "refused_by_policy", "no_address", "unresolved", "unreachable", "tls",    "broken",
    "timed_out", "too_large",         "cancelled",  "agent_lost", "no_agent",    "invalid"};

std::optional<int> digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  int value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + count, value);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + count) return std::nullopt;
  text.remove_prefix(count);
  return value;
}

bool skip(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<std::chrono::sys_days> parse_date(std::string_view& text) {
  const auto year = digits(text, 4);
  if (!year || !skip(text, '-')) return std::nullopt;
  const auto month = digits(text, 2);
  if (!month || !skip(text, '-')) return std::nullopt;
  const auto day = digits(text, 2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *year < 1970 || *year > 2200) return std::nullopt;
  return std::chrono::sys_days(date);
}

}  // namespace

std::string_view to_string(Outcome outcome) {
  return kNames[static_cast<std::size_t>(outcome)];
}

std::optional<Outcome> parse_outcome(std::string_view text) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == text) return static_cast<Outcome>(i);
  }
  return std::nullopt;
}

std::string iso_time(net::WallTime time) {
  const auto micros = std::chrono::floor<std::chrono::microseconds>(time);
  const auto days = std::chrono::floor<std::chrono::days>(micros);
  const std::chrono::year_month_day date(days);
  const std::chrono::hh_mm_ss clock(micros - days);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

std::optional<net::WallTime> parse_time(std::string_view text) {
  if (text.empty()) return std::nullopt;
  if (text.find('-') == std::string_view::npos) {
    double seconds = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), seconds);
    constexpr double kMost = 7e9;
    if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return std::nullopt;
    if (!(seconds >= 0 && seconds < kMost)) return std::nullopt;
    return net::WallTime(
        std::chrono::duration_cast<net::Duration>(std::chrono::duration<double>(seconds)));
  }
  const auto days = parse_date(text);
  if (!days) return std::nullopt;
  net::WallTime time(*days);
  if (text.empty()) return time;
  if (!skip(text, 'T') && !skip(text, ' ')) return std::nullopt;
  const auto hours = digits(text, 2);
  if (!hours || !skip(text, ':')) return std::nullopt;
  const auto minutes = digits(text, 2);
  if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  time += std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
  if (skip(text, ':')) {
    const auto seconds = digits(text, 2);
    if (!seconds || *seconds > 60) return std::nullopt;
    time += std::chrono::seconds(*seconds);
    if (skip(text, '.')) {
      net::Duration unit = std::chrono::milliseconds(100);
      bool any = false;
      while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
        time += unit * (text.front() - '0');
        unit /= 10;
        text.remove_prefix(1);
        any = true;
      }
      if (!any) return std::nullopt;
    }
  }
  if (text.empty() || text == "Z" || text == "+00:00") return time;
  return std::nullopt;
}

void write(JsonObjectWriter& object, const ExecuteResult& result) {
  object.truth("success", result.success());
  result.status_code == 0 ? object.null("status_code")
                          : object.count("status_code", result.status_code);
  object.pairs("headers", result.headers);
  object.value("body", result.body);
  object.truth("is_json", result.is_json);
  object.text_or_null("error", result.error);
  object.text("request_id", result.request_id);
  JsonObjectWriter metadata(object.key("metadata"));
  metadata.text("agent_id", result.agent_id);
  metadata.text("source_ip", result.source_ip);
  metadata.text("timestamp", iso_time(result.timestamp));
  metadata.count("attempts", result.attempts);
  metadata.milliseconds("duration_ms", result.duration);
  metadata.milliseconds("overhead_ms", result.overhead);
  metadata.count("response_bytes", result.response_bytes);
  metadata.text("url", result.url);
  metadata.count("redirects", result.redirects);
  metadata.text("remote", result.remote);
  metadata.truth("reused_connection", result.reused_connection);
  metadata.end();
  object.text("body_encoding", result.body_encoding);
  object.text("outcome", to_string(result.outcome));
  object.truth("sent", result.sent);
}

std::string to_text(const ExecuteResult& result) {
  std::string out;
  JsonObjectWriter object(out);
  write(object, result);
  object.end();
  return out;
}

std::optional<JsonProblem> read_result(const json::object& object, ExecuteResult& result) {
  JsonReader reader(object, {});
  bool success = false;
  std::string outcome;
  reader.truth("success", success);
  reader.count("status_code", result.status_code, 0, 999);
  reader.pairs("headers", result.headers);
  reader.truth("is_json", result.is_json);
  reader.text("body_encoding", result.body_encoding);
  reader.text("error", result.error);
  reader.text("request_id", result.request_id);
  reader.text("outcome", outcome);
  result.sent = true;  // where nothing is said: it may be
  reader.truth("sent", result.sent);
  if (const auto* metadata = reader.find("metadata"); metadata != nullptr) {
    if (!metadata->is_object()) {
      reader.fail("metadata", "an object is needed");
      return reader.problem();
    }
    JsonReader inner(metadata->get_object(), {"metadata"});
    inner.text("source_ip", result.source_ip);
    inner.count("response_bytes", result.response_bytes, 0, UINT64_MAX);
    inner.text("url", result.url);
    inner.count("redirects", result.redirects, 0, kRedirectsMax);
    inner.text("remote", result.remote);
    inner.truth("reused_connection", result.reused_connection);
    if (const auto* duration = inner.find("duration_ms")) {
      boost::system::error_code error;
      const auto value = duration->to_number<double>(error);
      constexpr double kMost = 1e9;
      if (!error && value >= 0 && value < kMost) {
        result.duration = std::chrono::duration_cast<net::Duration>(
            std::chrono::duration<double, std::milli>(value));
      }
    }
    if (inner.problem()) return inner.problem();
  }
  if (reader.problem()) return reader.problem();
  if (const auto* body = object.if_contains("body")) result.body = *body;
  const auto said = parse_outcome(outcome);
  result.outcome = said ? *said : success ? Outcome::answered : Outcome::broken;
  if (result.success() && result.status_code == 0) result.outcome = Outcome::invalid;
  return std::nullopt;
}

}  // namespace dispatch::fleet

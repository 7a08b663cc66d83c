#include "engine/link/usage_text.hpp"

#include "engine/link/data_cap.hpp"

#include <fmt/format.h>

#include <charconv>

namespace dispatch::link {
namespace {

namespace chrono = std::chrono;

constexpr std::string_view kFirst = "dispatch usage 1";
constexpr std::string_view kLast = "end";

// A line without its end; none where it has none.
std::optional<std::string_view> take_line(std::string_view& text) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const auto line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

template <typename Number>
bool read_number(std::string_view text, Number& value) {
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  return !text.empty() && parsed.ec == std::errc{} && parsed.ptr == end;
}

// As utc_text writes it: another way of writing the same time is none of ours.
std::optional<net::WallTime> parse_time(std::string_view text) {
  if (text.size() != 20) return std::nullopt;
  unsigned year = 0;
  unsigned month = 0;
  unsigned day = 0;
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
  const bool numbers =
      read_number(text.substr(0, 4), year) && read_number(text.substr(5, 2), month) &&
      read_number(text.substr(8, 2), day) && read_number(text.substr(11, 2), hour) &&
      read_number(text.substr(14, 2), minute) && read_number(text.substr(17, 2), second);
  if (!numbers || year < 1970 || year > 2261) return std::nullopt;
  const chrono::year_month_day date(chrono::year(static_cast<int>(year)), chrono::month(month),
                                    chrono::day(day));
  if (!date.ok()) return std::nullopt;
  const net::WallTime time = chrono::sys_days(date) + chrono::hours(hour) +
                             chrono::minutes(minute) + chrono::seconds(second);
  if (utc_text(time) != text) return std::nullopt;
  return time;
}

std::optional<KeptUsage> parse_line(std::string_view line) {
  const auto first = line.find(' ');
  if (first == std::string_view::npos) return std::nullopt;
  const auto second = line.find(' ', first + 1);
  if (second == std::string_view::npos || second + 1 == line.size()) return std::nullopt;
  KeptUsage usage;
  usage.name = line.substr(second + 1);
  const auto began = parse_time(line.substr(first + 1, second - first - 1));
  if (!began || !read_number(line.substr(0, first), usage.bytes)) return std::nullopt;
  usage.began = *began;
  return usage;
}

}  // namespace

std::string usage_text(const std::vector<KeptUsage>& usage) {
  auto text = std::string(kFirst) + '\n';
  for (const auto& each : usage) {
    text += fmt::format("{} {} {}\n", each.bytes, utc_text(each.began), each.name);
  }
  return text + std::string(kLast) + '\n';
}

std::optional<std::vector<KeptUsage>> parse_usage(std::string_view text) {
  if (take_line(text) != kFirst) return std::nullopt;
  std::vector<KeptUsage> all;
  for (;;) {
    const auto line = take_line(text);
    if (!line) return std::nullopt;
    if (*line == kLast) break;
    auto usage = parse_line(*line);
    if (!usage) return std::nullopt;
    all.push_back(std::move(*usage));
  }
  if (!text.empty()) return std::nullopt;
  return all;
}

}  // namespace dispatch::link

#include "engine/link/data_cap.hpp"

#include "engine/net/config_error.hpp"
#include "engine/units/quantity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace dispatch::link {
namespace {

using net::ConfigError;
using net::WallTime;
using Kind = CapPeriod::Kind;
namespace chrono = std::chrono;

constexpr std::array<std::string_view, 7> kDays{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
constexpr std::array<std::string_view, 7> kDayNames{"Mon", "Tue", "Wed", "Thu",
                                                    "Fri", "Sat", "Sun"};
constexpr std::array<std::string_view, 12> kMonthNames{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr net::Duration kSpanLeast = chrono::seconds(1);
constexpr net::Duration kSpanMost = chrono::hours(24 * 366);

CapPeriod parse_period(std::string_view text, std::string_view whole) {
  if (text == "day") return {Kind::day, 0, {}};
  if (text == "week") return {Kind::week, 0, {}};
  if (text == "month") return {Kind::month, 1, {}};
  if (text == "hour") return {Kind::span, 0, chrono::hours(1)};
  try {
    const auto span = units::parse_duration(text);
    if (span >= kSpanLeast && span <= kSpanMost) return {Kind::span, 0, span};
  } catch (const units::UnitError&) {
    // Said below.
  }
  throw ConfigError(fmt::format(
      "cap={}: '{}' is no period: day, week, month, or a time from 1s to 8784h such as 12h", whole,
      text));
}

unsigned parse_number(std::string_view text, unsigned most) {
  unsigned value = 0;
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  return parsed.ec == std::errc{} && parsed.ptr == end ? value : most + 1;
}

// The day of `month` on which a period begins.
chrono::sys_days start_in(chrono::year_month month, unsigned start) {
  const chrono::year_month_day last = month / chrono::last;
  return month / chrono::day(std::min(start, static_cast<unsigned>(last.day())));
}

// As if local time were UTC.
struct LocalSpan {
  net::WallTime begin;
  net::WallTime end;
};

LocalSpan of_calendar(const CapPeriod& period, WallTime local) {
  const auto today = chrono::floor<chrono::days>(local);
  if (period.kind == Kind::day) {
    const auto start = chrono::minutes(period.start);
    const auto begin = chrono::floor<chrono::days>(local - start) + start;
    return {begin, begin + chrono::days(1)};
  }
  if (period.kind == Kind::week) {
    const auto weekday = chrono::weekday(today).iso_encoding() - 1;
    const auto begin = today - chrono::days((weekday + 7 - period.start) % 7);
    return {begin, begin + chrono::days(7)};
  }
  const chrono::year_month_day date(today);
  auto month = date.year() / date.month();
  if (start_in(month, period.start) > today) month -= chrono::months(1);
  return {start_in(month, period.start), start_in(month + chrono::months(1), period.start)};
}

}  // namespace

std::string_view to_string(AtCap at_cap) {
  switch (at_cap) {
    case AtCap::stop:
      return "stop";
    case AtCap::end:
      return "end";
    case AtCap::last_resort:
      return "last-resort";
  }
  return "unknown";
}

std::string to_string(const CapPeriod& period) {
  switch (period.kind) {
    case Kind::endless:
      return {};
    case Kind::day:
      return "day";
    case Kind::week:
      return "week";
    case Kind::month:
      return "month";
    case Kind::span:
      return units::to_string(period.span);
  }
  return {};
}

DataCap parse_data_cap(std::string_view text) {
  const auto slash = text.find('/');
  DataCap cap;
  try {
    cap.bytes = units::parse_bytes(text.substr(0, slash)).count;
  } catch (const units::UnitError& error) {
    throw ConfigError(fmt::format("cap={}: {}", text, error.what()));
  }
  if (cap.bytes == 0) throw ConfigError(fmt::format("cap={}: a link that carries nothing", text));
  if (slash != std::string_view::npos) cap.period = parse_period(text.substr(slash + 1), text);
  return cap;
}

void set_start(CapPeriod& period, std::string_view text) {
  const auto fail = [&](std::string_view what) {
    throw ConfigError(fmt::format("cap-start={} is not {}", text, what));
  };
  if (period.kind == Kind::month) {
    period.start = parse_number(text, 31);
    if (period.start == 0 || period.start > 31) fail("a day of the month, from 1 to 31");
  } else if (period.kind == Kind::week) {
    const auto* const day = std::find(kDays.begin(), kDays.end(), text);
    if (day == kDays.end()) fail("a day of the week: mon, tue, wed, thu, fri, sat or sun");
    period.start = static_cast<unsigned>(day - kDays.begin());
  } else if (period.kind == Kind::day) {
    const auto colon = std::min(text.find(':'), text.size());
    const auto hour = parse_number(text.substr(0, colon), 23);
    const auto minute = parse_number(text.substr(std::min(colon + 1, text.size())), 59);
    if (hour > 23 || minute > 59) fail("a time of the day such as 06:00");
    period.start = hour * 60 + minute;
  } else {
    throw ConfigError("cap-start= is for caps of a day, a week or a month");
  }
}

WallSpan period_at(const CapPeriod& period, WallTime now, WallTime first, const UtcOffset& offset) {
  if (period.kind == Kind::endless) return {first, kEndOfTime};
  if (period.kind == Kind::span) {
    const auto begin = now < first ? first : first + (now - first) / period.span * period.span;
    return {begin, begin + period.span};
  }
  const auto local = of_calendar(period, now + offset(now));
  // Local time may be another one then: once the clocks have changed.
  const auto utc = [&](WallTime time) { return time - offset(time - offset(now)); };
  return {utc(local.begin), utc(local.end)};
}

std::string local_text(WallTime time, const UtcOffset& offset) {
  const auto local = time + offset(time);
  const auto day = chrono::floor<chrono::days>(local);
  const chrono::year_month_day date(day);
  const chrono::hh_mm_ss clock(chrono::floor<chrono::seconds>(local - day));
  const auto seconds = clock.seconds().count();
  return fmt::format(
      "{} {} {} {} {:02}:{:02}{}", kDayNames[chrono::weekday(day).iso_encoding() - 1],
      static_cast<unsigned>(date.day()), kMonthNames[static_cast<unsigned>(date.month()) - 1],
      static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
      seconds == 0 ? std::string() : fmt::format(":{:02}", seconds));
}

std::string utc_text(WallTime time) {
  const auto day = chrono::floor<chrono::days>(time);
  const chrono::year_month_day date(day);
  const chrono::hh_mm_ss clock(chrono::floor<chrono::seconds>(time - day));
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

}  // namespace dispatch::link

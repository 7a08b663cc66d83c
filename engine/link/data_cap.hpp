// How many bytes a link may carry in a period, and when its periods begin.
#pragma once

#include "engine/net/time.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace dispatch::link {

// What happens to a link that has carried all that it may, until its next period.
enum class AtCap : std::uint8_t {
  stop,         // no new connections; open ones go on
  end,          // and open ones are ended
  last_resort,  // it is used where no other link is left
};
std::string_view to_string(AtCap at_cap);

struct CapPeriod {
  enum class Kind : std::uint8_t {
    endless,  // what has been paid for once
    day,
    week,
    month,
    span,  // of a given length, one after the other, from when the link is first used
  };

  Kind kind = Kind::endless;
  // When it begins, by local time. Of a day: minutes after midnight. Of a week: days after Monday.
  // Of a month: the day; where the month has no such day, its last one.
  unsigned start = 0;
  net::Duration span{};

  friend bool operator==(const CapPeriod&, const CapPeriod&) = default;
};
std::string to_string(const CapPeriod& period);  // "month", "36h"; endless: ""

struct DataCap {
  std::uint64_t bytes = 0;  // payload, both ways together
  CapPeriod period;
  AtCap at_cap = AtCap::stop;

  friend bool operator==(const DataCap&, const DataCap&) = default;
};

// "50 GB/month", "2 GB/day", "10GB/week", "500MB/12h", "5GB". Throws net::ConfigError.
DataCap parse_data_cap(std::string_view text);
// Of a month "1" to "31", of a week "mon" to "sun", of a day "00:00" to "23:59". Throws
// net::ConfigError.
void set_start(CapPeriod& period, std::string_view text);

// By how much local time is ahead of UTC at an instant: net::Clock::utc_offset.
using UtcOffset = std::function<net::Duration(net::WallTime)>;

// From `begin` on, before `end`.
struct WallSpan {
  net::WallTime begin;
  net::WallTime end;
};
// The one that `now` is in. `first`: when the first one of its kind began, where the calendar does
// not say it.
WallSpan period_at(const CapPeriod& period, net::WallTime now, net::WallTime first,
                   const UtcOffset& offset);
inline constexpr net::WallTime kEndOfTime = net::WallTime::max();

// "Tue 1 Dec 2026 00:00", local time; with seconds where they are not 0.
std::string local_text(net::WallTime time, const UtcOffset& offset);
// "2026-12-01T00:00:00Z".
std::string utc_text(net::WallTime time);

}  // namespace dispatch::link

// How fast and how much a link may carry, as people write it behind a link:
//
//     lte/1,cap=50GB/month,cap-start=15,at-cap=last-resort,rate=20Mbit/s
//     cable,down=100Mbit/s,up=10Mbit/s,burst=256kB
#pragma once

#include "engine/link/data_cap.hpp"
#include "engine/net/token_bucket.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace dispatch::link {

// Payload, of all connections together.
struct RateLimits {
  net::RateLimit down;  // from the targets
  net::RateLimit up;    // towards them

  bool any() const { return down.is_set() || up.is_set(); }
  friend bool operator==(const RateLimits&, const RateLimits&) = default;
};

struct LinkLimits {
  RateLimits rates;
  std::optional<DataCap> cap;

  friend bool operator==(const LinkLimits&, const LinkLimits&) = default;
};

// "RATE", or "down=RATE", "up=RATE" and "burst=BYTES" with commas between; a RATE counts for each
// direction. Throws net::ConfigError.
RateLimits parse_rate_limits(std::string_view text);

// "20 Mbit/s", "down 20 Mbit/s, up 5 Mbit/s"; empty: no limit.
std::string to_string(const RateLimits& limits);

// "cap 50 GB/month, then last-resort; rate 20 Mbit/s"; empty: no limit.
std::string to_string(const LinkLimits& limits);

// Options are read one by one, in any order.
class LimitOptions {
 public:
  // rate, down, up, burst, cap, cap-start, at-cap.
  static bool has(std::string_view key);

  // Of an option that there is. Throws net::ConfigError, which says what is wrong with the value.
  void take(std::string_view key, std::string_view value);

  // Throws net::ConfigError where they do not fit together.
  LinkLimits limits() const;

 private:
  RateLimits rates_;
  std::size_t burst_ = 0;
  std::optional<DataCap> cap_;
  std::string cap_start_;
  std::optional<AtCap> at_cap_;
};

}  // namespace dispatch::link

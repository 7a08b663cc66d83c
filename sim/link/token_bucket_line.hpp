// A line that a token bucket holds back.
#pragma once

#include "sim/link/rate_options.hpp"
#include "sim/link/serialiser.hpp"

#include <cstdint>

namespace dispatch::sim {

// A packet leaves when both the line has sent it, at the peak rate, and the bucket holds its size.
// Exact: the level is kept in bits times nanoseconds per second.
class TokenBucketLine {
 public:
  // Full at `now`.
  TokenBucketLine(const TokenBucket& options, net::TimePoint now);

  // As Serialiser::begin().
  net::TimePoint begin(ByteSize size, net::TimePoint now);

 private:
  void fill(net::TimePoint until);

  TokenBucket options_;
  Serialiser peak_;
  std::int64_t capacity_;
  std::int64_t level_;  // at filled_; below 0 after a packet larger than the bucket
  net::TimePoint filled_;
};

}  // namespace dispatch::sim

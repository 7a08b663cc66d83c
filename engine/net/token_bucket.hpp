// How many bytes may pass now: a rate, and a burst at once after a silence.
#pragma once

#include "engine/net/time.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace dispatch::net {

// What a limit says. No rate: no limit.
struct RateLimit {
  std::uint64_t bits_per_second = 0;
  std::size_t burst = 0;  // bytes; 0: what passes in 50 ms, and no less than 16 KiB

  bool is_set() const { return bits_per_second != 0; }
  friend bool operator==(const RateLimit&, const RateLimit&) = default;
};

// Shared by event loops: thread-safe. The time is that of whoever asks; of two loops, the one that
// is behind adds nothing. Exact: what passes in any span is at most its rate's worth and one burst.
// A limit of no rate lets everything pass.
class TokenBucket {
 public:
  TokenBucket() = default;
  explicit TokenBucket(const RateLimit& limit) { set(limit, {}); }

  // From `now` on; what was saved stays, up to the new burst.
  void set(const RateLimit& limit, TimePoint now);
  RateLimit limit() const;
  bool is_limited() const { return limited_.load(std::memory_order_relaxed); }

  // What one of several should take before it is the others' turn: 5 ms' worth, within 1448 bytes
  // (a segment) to 256 KiB, and no more than the burst.
  std::size_t portion() const;

  // Takes `bytes`, all of them or none. What is more than a burst passes when that is there, and
  // the rest is owed.
  bool take(std::size_t bytes, TimePoint now);
  // Nothing is longer taken than a moment, so that the burst holds.
  void give_back(std::size_t bytes);
  // What has passed already is owed.
  void charge(std::size_t bytes, TimePoint now);

  // When there will be so many, if nobody takes any meanwhile.
  TimePoint ready_at(std::size_t bytes, TimePoint now) const;

 private:
  void fill(TimePoint now) const;
  std::int64_t most() const;

  mutable std::mutex mutex_;  // guards what follows, but not limited_
  RateLimit limit_;
  std::size_t portion_ = 0;
  mutable TimePoint filled_at_{};
  mutable std::int64_t level_ = 0;  // in 1e-9 bits; below 0: owed
  std::atomic<bool> limited_ = false;
};

}  // namespace dispatch::net

#include "engine/net/token_bucket.hpp"

#include <algorithm>
#include <limits>

namespace dispatch::net {
namespace {

constexpr std::int64_t kByte = 8'000'000'000;  // in 1e-9 bits: a rate of 1 bit/s adds 1 each ns
constexpr std::size_t kBurstMost = std::numeric_limits<std::int64_t>::max() / kByte / 4;
constexpr std::size_t kBurstLeast = 16 * 1024;
constexpr std::size_t kPortionLeast = 1448;
constexpr std::size_t kPortionMost = 256 * 1024;

// What passes in a `part`-th of a second.
std::size_t bytes_in(const RateLimit& limit, std::uint64_t part) {
  return static_cast<std::size_t>(limit.bits_per_second / 8 / part);
}

}  // namespace

void TokenBucket::set(const RateLimit& limit, TimePoint now) {
  const std::scoped_lock lock(mutex_);
  const bool was_set = limit_.is_set();
  if (was_set) fill(now);
  limit_ = limit;
  if (limit_.burst == 0) limit_.burst = std::max(bytes_in(limit, 20), kBurstLeast);
  limit_.burst = std::min(limit_.burst, kBurstMost);
  portion_ = std::clamp(bytes_in(limit, 200), kPortionLeast, kPortionMost);
  portion_ = std::min(portion_, limit_.burst);
  filled_at_ = now;
  level_ = was_set ? std::min(level_, most()) : most();
  limited_.store(limit.is_set(), std::memory_order_relaxed);
}

RateLimit TokenBucket::limit() const {
  const std::scoped_lock lock(mutex_);
  return limit_.is_set() ? limit_ : RateLimit{};
}

std::size_t TokenBucket::portion() const {
  const std::scoped_lock lock(mutex_);
  return limit_.is_set() ? portion_ : std::numeric_limits<std::size_t>::max();
}

std::int64_t TokenBucket::most() const {
  return static_cast<std::int64_t>(limit_.burst) * kByte;
}

void TokenBucket::fill(TimePoint now) const {
  if (now <= filled_at_) return;
  const auto rate = static_cast<std::int64_t>(limit_.bits_per_second);
  const auto lacking = most() - level_;
  const auto span = (now - filled_at_).count();
  filled_at_ = now;
  level_ = span > lacking / rate ? most() : level_ + span * rate;
}

bool TokenBucket::take(std::size_t bytes, TimePoint now) {
  const std::scoped_lock lock(mutex_);
  if (!limit_.is_set()) return true;
  fill(now);
  const auto wanted = static_cast<std::int64_t>(std::min(bytes, limit_.burst)) * kByte;
  if (level_ < wanted) return false;
  level_ -= static_cast<std::int64_t>(std::min(bytes, kBurstMost)) * kByte;
  return true;
}

void TokenBucket::give_back(std::size_t bytes) {
  const std::scoped_lock lock(mutex_);
  if (!limit_.is_set()) return;
  const auto given = static_cast<std::int64_t>(std::min(bytes, kBurstMost)) * kByte;
  level_ = level_ > most() - given ? most() : level_ + given;
}

void TokenBucket::charge(std::size_t bytes, TimePoint now) {
  const std::scoped_lock lock(mutex_);
  if (!limit_.is_set()) return;
  fill(now);
  const auto owed = static_cast<std::int64_t>(std::min(bytes, kBurstMost)) * kByte;
  level_ = std::max(level_ - owed, -2 * static_cast<std::int64_t>(kBurstMost) * kByte);
}

TimePoint TokenBucket::ready_at(std::size_t bytes, TimePoint now) const {
  const std::scoped_lock lock(mutex_);
  if (!limit_.is_set()) return now;
  fill(now);
  const auto wanted = static_cast<std::int64_t>(std::min(bytes, limit_.burst)) * kByte;
  if (level_ >= wanted) return now;
  const auto rate = static_cast<std::int64_t>(limit_.bits_per_second);
  return filled_at_ + Duration((wanted - level_ + rate - 1) / rate);
}

}  // namespace dispatch::net

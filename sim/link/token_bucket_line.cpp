#include "sim/link/token_bucket_line.hpp"

#include <algorithm>

namespace dispatch::sim {
namespace {

constexpr std::int64_t kPerBit = 1'000'000'000;  // ns per s

std::int64_t tokens_of(ByteSize size) {
  return static_cast<std::int64_t>(size.bytes()) * 8 * kPerBit;  // TokenBucket::kBurstMax fits
}

}  // namespace

TokenBucketLine::TokenBucketLine(const TokenBucket& options, net::TimePoint now)
    : options_(options),
      peak_(options.peak),
      capacity_(tokens_of(options.burst)),
      level_(capacity_),
      filled_(now) {}

void TokenBucketLine::fill(net::TimePoint until) {
  const auto rate = static_cast<std::int64_t>(options_.rate.bits_per_second());
  const auto span = (until - filled_).count();
  filled_ = until;
  // Time enough to be full is told by division, which does not overflow.
  if (rate > 0 && span >= (capacity_ - level_) / rate + 1) {
    level_ = capacity_;
  } else {
    level_ = std::min(capacity_, level_ + rate * span);
  }
}

net::TimePoint TokenBucketLine::begin(ByteSize size, net::TimePoint now) {
  const auto sent = peak_.begin(size, now);
  if (sent == net::kNever || options_.rate.is_zero()) return net::kNever;
  fill(sent);
  const auto cost = tokens_of(size);
  const auto due = std::min(cost, capacity_);
  auto end = sent;
  if (level_ < due) {
    const auto rate = static_cast<std::int64_t>(options_.rate.bits_per_second());
    end += net::Duration((due - level_ + rate - 1) / rate);
    fill(end);
  }
  level_ -= cost;
  return end;
}

}  // namespace dispatch::sim

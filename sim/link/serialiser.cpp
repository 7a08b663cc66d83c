#include "sim/link/serialiser.hpp"

#include <algorithm>

namespace dispatch::sim {
namespace {

constexpr std::uint64_t kNanosecondsPerSecond = 1'000'000'000;

}  // namespace

net::TimePoint Serialiser::end_from(net::TimePoint start) {
  start_ = start;
  if (rate_.is_zero()) return end_ = net::kNever;
  if (rate_.is_unlimited()) {
    remainder_ = 0;
    return end_ = start;
  }
  // An IP packet is below 2^20 bits and has at most 45 fragments' headers: the product fits.
  const auto product = bits_left_ * kNanosecondsPerSecond + remainder_;
  const auto rate = rate_.bits_per_second();
  remainder_ = product % rate;
  return end_ = start + net::Duration(static_cast<std::int64_t>(product / rate));
}

net::TimePoint Serialiser::begin(ByteSize size, net::TimePoint now) {
  if (now != end_) remainder_ = 0;  // the line was idle
  bits_left_ = size.bytes() * 8;
  return end_from(now);
}

net::TimePoint Serialiser::change_rate(DataRate rate, net::TimePoint now) {
  const auto elapsed = static_cast<std::uint64_t>((now - start_).count());
  if (rate_.is_unlimited()) {
    bits_left_ = 0;
  } else if (!rate_.is_zero()) {
    // At most the packet's own bits have been sent, so this cannot overflow either.
    const auto sent = elapsed * rate_.bits_per_second() / kNanosecondsPerSecond;
    bits_left_ -= std::min(bits_left_, sent);
  }
  rate_ = rate;
  remainder_ = 0;
  return end_from(now);
}

}  // namespace dispatch::sim

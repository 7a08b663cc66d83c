#include "sim/link/trace_line.hpp"

#include <algorithm>

namespace dispatch::sim {
namespace {

using std::chrono::milliseconds;

}  // namespace

net::TimePoint TraceLine::time_of(std::uint64_t opportunity) const {
  const auto& times = trace_->opportunities_ms;
  const auto round = static_cast<std::int64_t>(opportunity / times.size());
  const auto within = times[opportunity % times.size()];
  return start_ + milliseconds(round * times.back() + within);
}

void TraceLine::skip_to(net::TimePoint time) {
  if (time_of(next_) >= time) return;
  const auto& times = trace_->opportunities_ms;
  const auto since = time - start_;
  const auto round = static_cast<std::uint64_t>(since / milliseconds(times.back()));
  // Of the round before, the last one may be at the very time at which this one begins.
  next_ = std::max(next_, round == 0 ? 0 : (round - 1) * times.size());
  const auto end = (round + 2) * times.size();
  auto first = next_;
  auto count = end - first;
  while (count > 0) {  // as std::lower_bound
    const auto half = count / 2;
    if (time_of(first + half) < time) {
      first += half + 1;
      count -= half + 1;
    } else {
      count = half;
    }
  }
  next_ = first;
}

net::TimePoint TraceLine::ready(net::TimePoint now, bool busy) {
  if (busy && current_ == now && left_ > 0) return now;
  skip_to(busy ? now : now + net::Duration(1));
  return time_of(next_);
}

net::TimePoint TraceLine::begin(ByteSize size, net::TimePoint now) {
  if (current_ != now) {
    left_ = 0;
    skip_to(now);
  }
  for (auto bytes = size.bytes();;) {
    if (left_ == 0) {
      current_ = time_of(next_++);
      left_ = DeliveryTrace::kBytes;
    }
    const auto part = std::min<std::uint64_t>(left_, bytes);
    left_ -= static_cast<std::uint32_t>(part);
    bytes -= part;
    if (bytes == 0) return current_;
  }
}

}  // namespace dispatch::sim

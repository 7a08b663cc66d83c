#include "sim/tcp/receive_autotuning.hpp"

#include <algorithm>

namespace dispatch::sim::tcp {

namespace {

constexpr std::size_t kInitialSegments = 10;

}  // namespace

void ReceiveAutotuning::begin(const ReceiveWindow& window, std::uint16_t mss, TimePoint now) {
  space_ = std::min({window.threshold(), std::size_t{window.last_offer()}, kInitialSegments * mss});
  since_ = now;
}

void ReceiveAutotuning::on_echo(std::uint32_t echo, Duration rtt, bool drained) {
  if (echo == last_echo_) return;
  last_echo_ = echo;
  rtt = std::max(rtt, Duration(std::chrono::milliseconds(1)));
  if (rtt_ == Duration{} || 8 * rtt < rtt_) {
    rtt_ = 8 * rtt;
  } else if (drained) {
    rtt_ += rtt - rtt_ / 8;
  }
}

void ReceiveAutotuning::on_data(Sequence next, std::uint32_t window, TimePoint now) {
  if (window_since_ != TimePoint{}) {
    if (before(next, window_end_)) return;
    const auto rtt = std::max<Duration>(now - window_since_, std::chrono::microseconds(1));
    if (rtt_ == Duration{} || 8 * rtt < rtt_) rtt_ = 8 * rtt;
  }
  window_end_ = next + window;
  window_since_ = now;
}

void ReceiveAutotuning::on_read(std::size_t bytes, std::size_t unread, std::size_t beyond,
                                ReceiveWindow& window, TimePoint now) {
  read_ += bytes;
  if (rtt_ == Duration{} || now - since_ < rtt_ / 8) return;
  const auto copied = read_ - std::min(read_, unread);
  if (copied > space_) grow(copied, beyond, window);
  read_ = 0;
  since_ = now;
}

void ReceiveAutotuning::on_out_of_order(std::size_t beyond, ReceiveWindow& window) {
  if (space_ > 0) grow(space_, beyond, window);
}

void ReceiveAutotuning::grow(std::size_t bytes, std::size_t beyond, ReceiveWindow& window) {
  const auto before = space_;
  space_ = bytes;
  auto needed = 2 * bytes;
  if (before > 0) needed += 2 * (needed * (bytes - before) / before);
  window.grow_to_hold(needed + beyond);
}

}  // namespace dispatch::sim::tcp

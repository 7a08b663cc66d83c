#include "sim/tcp/receive_window.hpp"

#include <algorithm>
#include <bit>

namespace dispatch::sim::tcp {

namespace {

constexpr std::size_t kLargestField = 65535;
constexpr std::uint8_t kScaleMax = 14;
constexpr std::size_t kSmallSegment = 128;  // does not let the window grow

// What the kernel allocates for a received packet: payload, headers, head room and descriptors, the
// data in a power of two.
std::size_t memory_of(std::size_t payload) {
  constexpr std::size_t kOverhead = 52 + 64 + 320;
  constexpr std::size_t kDescriptor = 256;
  constexpr std::size_t kPage = 4096;
  const auto data = payload + kOverhead;
  return (data <= kPage ? std::bit_ceil(data) : (data + kPage - 1) / kPage * kPage) + kDescriptor;
}

std::size_t aligned(std::size_t value, std::size_t unit) {
  return (value + unit - 1) & ~(unit - 1);
}

}  // namespace

std::uint8_t ReceiveWindow::scale_for(std::size_t most) {
  std::uint8_t scale = 0;
  while (scale < kScaleMax && most >> scale > kLargestField) ++scale;
  return scale;
}

std::uint16_t ReceiveWindow::offer_unscaled(Sequence next) {
  auto window = full();
  if (window > mss_) window -= window % mss_;  // Linux: 44 segments of 1460, 64240
  window = std::min(window, kLargestField);
  threshold_ = window;
  last_offer_ = static_cast<std::uint32_t>(window);
  right_edge_ = next + last_offer_;
  return static_cast<std::uint16_t>(window);
}

// One segment is kept back (tcp_init_buffer_space).
void ReceiveWindow::on_established() {
  clamp_ = full();
  const std::uint32_t two = 2 * mss_;
  if (clamp_ > two) clamp_ = std::max(two, clamp_ - mss_);
  threshold_ = std::min(threshold_, clamp_);
}

std::size_t ReceiveWindow::candidate(std::size_t unread, std::uint8_t scale) const {
  const auto unit = std::size_t{1} << scale;
  const auto most = most_offered();
  auto space = free(unread);
  if (space < most / 2) {
    space &= ~(unit - 1);
    if (space < full() / 16 || space < std::min<std::size_t>(segment_, most)) return 0;
  }
  space = std::min<std::size_t>(space, threshold_);
  if (scale > 0) return aligned(space, unit);
  return space > mss_ ? space - space % mss_ : space;
}

bool ReceiveWindow::may_open(Sequence next, std::size_t unread, std::uint8_t scale) const {
  static_cast<void>(next);
  return candidate(unread, scale) >= last_offer_;
}

std::uint16_t ReceiveWindow::offer(Sequence next, std::size_t unread, std::uint8_t scale) {
  const auto unit = std::size_t{1} << scale;
  const std::size_t current = remaining(next);
  auto window = candidate(unread, scale);
  // Rounded up where the edge is not a multiple of the unit, or it would move back.
  if (window < current) window = aligned(current, unit);
  window = std::min(window, kLargestField << scale);
  right_edge_ = later(right_edge_, next + static_cast<Sequence>(window));
  last_offer_ = static_cast<std::uint32_t>(window);
  return static_cast<std::uint16_t>(window >> scale);
}

bool ReceiveWindow::worth_telling(Sequence next, std::size_t unread, std::uint8_t scale) const {
  const std::size_t now = remaining(next);
  if (2 * now > most_offered()) return false;
  const auto possible = candidate(unread, scale);
  return possible > 0 && possible >= 2 * now;
}

// Linux's tcp_measure_rcv_mss and tcp_grow_window.
bool ReceiveWindow::on_segment(std::size_t bytes, std::size_t unread) {
  if (bytes > segment_) {
    segment_ = bytes;
    const auto ratio =
        static_cast<std::uint16_t>(std::clamp<std::size_t>(256 * bytes / memory_of(bytes), 1, 255));
    if (ratio != ratio_) {
      ratio_ = ratio;
      clamp_ = full();
    }
  }
  const auto memory = memory_of(bytes);
  const auto room = std::min<std::size_t>(clamp_, free(unread - bytes + payload_of(memory)));
  if (bytes < kSmallSegment || room <= threshold_) return false;
  auto increase = increase_for(bytes, memory);
  if (increase == 0) return false;
  increase = std::max(increase, 2 * bytes);
  threshold_ += std::min(room - threshold_, increase);
  return true;
}

// Two segments, where the buffer has room for segments of this overhead; small ones help while the
// window is small.
std::size_t ReceiveWindow::increase_for(std::size_t bytes, std::size_t memory) const {
  if (payload_of(memory) <= bytes) return 2 * std::size_t{mss_};
  auto needed = payload_of(memory) / 2;
  for (auto window = payload_of(most_) / 2; threshold_ <= window; window /= 2) {
    if (needed <= bytes) return 2 * std::size_t{segment_};
    needed /= 2;
  }
  return 0;
}

void ReceiveWindow::grow_to_hold(std::size_t window) {
  const auto buffer = std::min<std::size_t>(window * 256 / ratio_, most_);
  if (buffer <= buffer_) return;
  buffer_ = buffer;
  clamp_ = full();
}

}  // namespace dispatch::sim::tcp

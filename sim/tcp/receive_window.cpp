#include "sim/tcp/receive_window.hpp"

#include <algorithm>

namespace dispatch::sim::tcp {

namespace {

constexpr std::size_t kLargestField = 65535;
constexpr std::uint8_t kLargestScale = 14;

}  // namespace

std::uint8_t ReceiveWindow::scale_for(std::size_t buffer) {
  std::uint8_t scale = 0;
  while (scale < kLargestScale && buffer >> scale > kLargestField) ++scale;
  return scale;
}

std::uint16_t ReceiveWindow::offer_unscaled(Sequence next) {
  auto window = std::min(buffer_, kLargestField);
  if (window > mss_) window -= window % mss_;  // Linux: 44 segments of 1460, 64240
  right_edge_ = next + static_cast<Sequence>(window);
  return static_cast<std::uint16_t>(window);
}

std::size_t ReceiveWindow::candidate(std::size_t unread) const {
  const auto free = buffer_ - std::min(buffer_, unread);
  if (free < buffer_ / 2 && (free < buffer_ / 16 || free < mss_)) return 0;
  return free;
}

std::uint16_t ReceiveWindow::offer(Sequence next, std::size_t unread, std::uint8_t scale) {
  const auto unit = std::size_t{1} << scale;
  const std::size_t current = remaining(next);
  auto window = candidate(unread) & ~(unit - 1);
  // Rounded up where the edge is not a multiple of the unit, or it would move back.
  if (window < current) window = (current + unit - 1) & ~(unit - 1);
  window = std::min(window, kLargestField << scale);
  right_edge_ = later(right_edge_, next + static_cast<Sequence>(window));
  return static_cast<std::uint16_t>(window >> scale);
}

bool ReceiveWindow::worth_telling(Sequence next, std::size_t unread, std::uint8_t scale) const {
  const std::size_t now = remaining(next);
  if (2 * now > buffer_) return false;
  const auto possible = candidate(unread) & ~((std::size_t{1} << scale) - 1);
  return possible > now &&
         possible >=
             std::min(2 * now, now + std::max<std::size_t>(2 * std::size_t{mss_}, buffer_ / 2));
}

}  // namespace dispatch::sim::tcp

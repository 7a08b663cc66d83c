// How much the peer may send: the window that is offered, and when it is worth telling.
#pragma once

#include "sim/tcp/sequence.hpp"

#include <cstddef>
#include <cstdint>

namespace dispatch::sim::tcp {

// The window's right edge never moves back (RFC 9293 3.8.6). It does not open by silly amounts
// (3.8.6.2.2; Linux: __tcp_select_window): once less than half of the buffer is free, and less than
// a segment or a sixteenth of the buffer, nothing new is offered.
class ReceiveWindow {
 public:
  // `buffer` in bytes.
  ReceiveWindow(std::size_t buffer, std::uint16_t mss) : buffer_(buffer), mss_(mss) {}

  // The smallest shift that lets the 16 bits of the header say `buffer` (RFC 7323 2.2).
  static std::uint8_t scale_for(std::size_t buffer);

  void set_mss(std::uint16_t mss) { mss_ = mss; }

  // The peer's first sequence number has come. Before, offers counted from 0.
  void begin(Sequence next) { right_edge_ += next; }

  // The unscaled window of a SYN, with `next` the first sequence number it is for.
  std::uint16_t offer_unscaled(Sequence next);
  // The window field of a segment that acknowledges `next`, with `unread` bytes in the buffer.
  std::uint16_t offer(Sequence next, std::size_t unread, std::uint8_t scale);

  Sequence right_edge() const { return right_edge_; }
  // What of the last offer is left.
  std::uint32_t remaining(Sequence next) const {
    return after(right_edge_, next) ? right_edge_ - next : 0;
  }

  // The application has read: the window could be at least twice what the peer knows of (Linux:
  // tcp_cleanup_rbuf), or grow by two segments where it is that small.
  bool worth_telling(Sequence next, std::size_t unread, std::uint8_t scale) const;

 private:
  std::size_t candidate(std::size_t unread) const;

  std::size_t buffer_;
  std::uint16_t mss_;
  Sequence right_edge_ = 0;
};

}  // namespace dispatch::sim::tcp

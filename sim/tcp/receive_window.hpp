// How much the peer may send: the window that is offered, and when it is worth telling.
#pragma once

#include "sim/tcp/sequence.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace dispatch::sim::tcp {

// The window's right edge never moves back (RFC 9293 3.8.6). It does not open by silly amounts
// (3.8.6.2.2; Linux: __tcp_select_window): once less than half of the buffer is free, and less than
// a segment or a sixteenth of the buffer, nothing new is offered.
//
// The buffer is memory, and a segment takes more of it than its payload: of a full one about 5/8 is
// payload. From half of 128 KiB on, the offer grows by two segments with each that arrives, up to
// what the buffer holds; ReceiveBuffer lets that follow the path.
class ReceiveWindow {
 public:
  // Both in bytes of memory (tcp_rmem): at first, and at most.
  ReceiveWindow(std::uint32_t buffer, std::uint32_t most, std::uint16_t mss)
      : buffer_(buffer < most ? buffer : most), most_(most), mss_(mss) {}

  // The smallest shift that lets the 16 bits of the header say `most` (RFC 7323 2.2).
  static std::uint8_t scale_for(std::size_t most);

  void set_mss(std::uint16_t mss) { mss_ = mss; }

  // The peer's first sequence number has come. Before, offers counted from 0.
  void begin(Sequence next) { right_edge_ += next; }
  void on_established();

  // The unscaled window of a SYN, with `next` the first sequence number it is for.
  std::uint16_t offer_unscaled(Sequence next);
  // The window field of a segment that acknowledges `next`, with `unread` bytes in the buffer.
  std::uint16_t offer(Sequence next, std::size_t unread, std::uint8_t scale);

  Sequence right_edge() const { return right_edge_; }
  // What of the last offer is left.
  std::uint32_t remaining(Sequence next) const {
    return after(right_edge_, next) ? right_edge_ - next : 0;
  }
  // Whether the next offer would be no smaller than the last one.
  bool may_open(Sequence next, std::size_t unread, std::uint8_t scale) const;
  bool scarce(std::size_t unread) const { return free(unread) < full() / 2; }

  // The application has read: the window could be at least twice what the peer knows of (Linux:
  // tcp_cleanup_rbuf).
  bool worth_telling(Sequence next, std::size_t unread, std::uint8_t scale) const;

  // A segment of so many bytes came: true where more may be offered for it.
  bool on_segment(std::size_t bytes, std::size_t unread);
  // The buffer becomes what holds `window` bytes of payload, if that is more than now.
  void grow_to_hold(std::size_t window);
  std::size_t threshold() const { return threshold_; }
  std::uint32_t last_offer() const { return last_offer_; }

 private:
  std::size_t payload_of(std::size_t memory) const { return memory * ratio_ / 256; }
  std::size_t full() const { return payload_of(buffer_); }
  // What may be offered where nothing is unread.
  std::size_t most_offered() const { return std::min<std::size_t>(clamp_, full()); }
  std::size_t free(std::size_t unread) const {
    return full() - (unread < full() ? unread : full());
  }
  std::size_t candidate(std::size_t unread, std::uint8_t scale) const;
  std::size_t increase_for(std::size_t bytes, std::size_t memory) const;

  std::uint32_t buffer_;
  std::uint32_t most_;
  std::uint16_t mss_;
  std::uint16_t ratio_ = 128;         // payload in 256 bytes of memory
  std::uint32_t segment_ = 536;       // the largest segment so far
  std::uint32_t clamp_ = UINT32_MAX;  // never more than this
  std::uint32_t threshold_ = 0;       // what is offered at most, growing with each segment
  Sequence right_edge_ = 0;
  std::uint32_t last_offer_ = 0;
};

}  // namespace dispatch::sim::tcp

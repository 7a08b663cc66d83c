// Lets the receive buffer follow what the application reads: dynamic right-sizing.
#pragma once

#include "sim/tcp/options.hpp"
#include "sim/tcp/receive_window.hpp"

#include <cstdint>

namespace dispatch::sim::tcp {

// (Fisk, Feng 2001; Linux: tcp_rcv_space_adjust, tcp_rcvbuf_grow.) What was read within a round
// trip, as the receiver measures it, may come twice as fast in the next one while the sender is in
// slow start; what lies beyond holes comes on top.
class ReceiveAutotuning {
 public:
  void begin(const ReceiveWindow& window, std::uint16_t mss, TimePoint now);

  // A full segment echoed our timestamp of `rtt` ago; `drained`: the application has read all there
  // was before.
  void on_echo(std::uint32_t echo, Duration rtt, bool drained);
  // Without timestamps: once a whole window has come.
  void on_data(Sequence next, std::uint32_t window, TimePoint now);

  // The application has read `bytes`; `unread` are left, and `beyond` lies ahead of holes.
  void on_read(std::size_t bytes, std::size_t unread, std::size_t beyond, ReceiveWindow& window,
               TimePoint now);
  void on_out_of_order(std::size_t beyond, ReceiveWindow& window);

  Duration rtt() const { return rtt_ / 8; }

 private:
  void grow(std::size_t bytes, std::size_t beyond, ReceiveWindow& window);

  Duration rtt_{};  // eight times the smoothed one
  std::uint32_t last_echo_ = 0;
  std::size_t space_ = 0;  // the most that was read within a round trip
  std::size_t read_ = 0;   // since...
  TimePoint since_{};
  Sequence window_end_ = 0;
  TimePoint window_since_{};  // zero: not measuring
};

}  // namespace dispatch::sim::tcp

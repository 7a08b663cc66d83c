// Proportional rate reduction (RFC 6937): the window shrinks as the acknowledgments come in.
#pragma once

#include "sim/tcp/congestion.hpp"

#include <algorithm>
#include <cstdint>

namespace dispatch::sim::tcp {

// With the slow-start reduction bound, and the conservative one where losses go on (Linux:
// tcp_cwnd_reduction).
class Prr {
 public:
  void begin(int window) {
    prior_window_ = window;
    delivered_ = out_ = 0;
  }
  void on_sent() { ++out_; }

  // The window after an acknowledgment that delivered `delivered` segments: `advanced`, the left
  // edge moved; `lost`, it told of new losses.
  int window(int delivered, bool advanced, bool lost, int threshold, int in_flight) {
    delivered_ += delivered;
    const int below = threshold - in_flight;
    int send = 0;
    if (below < 0) {
      const auto share = (std::int64_t{threshold} * delivered_ + prior_window_ - 1) / prior_window_;
      send = static_cast<int>(share) - out_;
    } else {
      send = std::max(delivered_ - out_, delivered);
      if (advanced && !lost) ++send;
      send = std::min(below, send);
    }
    // The fast retransmission goes out whatever the count.
    return in_flight + std::max(send, out_ > 0 ? 0 : 1);
  }

  int prior_window() const { return prior_window_; }
  void set_prior_window(int window) { prior_window_ = window; }

 private:
  int prior_window_ = 0;
  int delivered_ = 0;
  int out_ = 0;
};

}  // namespace dispatch::sim::tcp

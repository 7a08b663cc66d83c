// When to acknowledge: at once, with the second segment, or a little later.
#pragma once

#include "sim/tcp/options.hpp"
#include "sim/tcp/sequence.hpp"

#include <cstddef>
#include <cstdint>

namespace dispatch::sim::tcp {

// Delayed acknowledgments (RFC 1122 4.2.3.2, RFC 5681 4.2) as Linux has them:
// - the first segments of a connection, and of what follows a pause or something out of order, are
//   acknowledged one by one ("quick ACKs"), and so is every segment that lets the receive window
//   grow, so that the sender's slow start is not held up;
// - later every second full segment is, a single one after 40 ms or, where answers are slow, up to
//   an RTT or 200 ms;
// - a receiver that answers ("ping-pong") waits for its own data to carry the acknowledgment;
// - behind a hole every segment is, but after three of them up to 44 are taken together for 5 % of
//   the RTT, at most 1 ms (SACK compression).
class AckPolicy {
 public:
  // New data in order: its size, and whether it ended a burst of the sender (PSH).
  void on_data(std::size_t bytes, bool pushed, std::size_t window, Duration rto, TimePoint now);
  // The receive window has grown by it.
  void on_window_grown() {
    if (quick_ == 0) quick_ = 1;
  }
  // The buffer is more than half full: no haste.
  void on_scarce_window() { quick_ = 0; }
  // Nothing new, or beyond the window: the sender waits for word (RFC 5681 4.2).
  void on_useless(std::size_t window);
  // The last hole is filled.
  void on_hole_filled() { due_ = scheduled_ = true; }
  // Congestion was experienced (ECN).
  void on_congestion(std::size_t window) { more_quick(window, 2); }
  // The peer's FIN: our own answer is likely to follow.
  void on_fin() { ping_pong_ = true; }

  // After an arrival that has to be acknowledged: `unacknowledged` bytes in order since the last
  // ACK was sent; `may_open`: that ACK can offer as large a window as the last one.
  struct Arrival {
    Sequence next = 0;  // RCV.NXT
    std::size_t unacknowledged = 0;
    bool may_open = true;
    bool holes = false;
    bool sack = true;
    bool new_block = false;  // a SACK block beyond the first two
    Duration smoothed_rtt{};
    Duration receiver_rtt{};
  };
  void schedule(const Arrival& arrival, TimePoint now);
  void request_now() { due_ = true; }

  // The application has read; `emptied`: all there was.
  void on_read(std::size_t unacknowledged, bool emptied);
  void on_sent(bool with_data, TimePoint now);

  bool due() const { return due_; }
  std::uint32_t segment() const { return segment_; }
  TimePoint deadline() const { return deadline_ < compress_until_ ? deadline_ : compress_until_; }
  void on_timer(Duration rto, TimePoint now);
  void stop();

 private:
  void more_quick(std::size_t window, std::size_t most);
  void delay(Duration smoothed_rtt, TimePoint now);
  void compress(const Arrival& arrival, TimePoint now);
  bool quick() const { return quick_ > 0 && !ping_pong_; }

  TimePoint deadline_ = net::kNever;
  TimePoint compress_until_ = net::kNever;
  TimePoint last_received_{};
  Duration wait_{};               // the delay that suits the peer's rhythm (ATO); zero: no data yet
  std::uint32_t segment_ = 536;   // the peer's segment size, as seen (RFC 1122 4.2.2.6's default)
  std::uint8_t quick_ = 0;        // ACKs to send at once
  Sequence hole_ = 0;             // where the present hole begins
  std::uint8_t behind_hole_ = 0;  // ACKs sent since the hole came
  std::uint8_t compressed_ = 0;
  bool ping_pong_ = false;
  bool pushed_ = false;        // a pushed segment waits for its acknowledgment...
  bool pushed_again_ = false;  // ...and a short one after it
  bool scheduled_ = false;     // something is unacknowledged
  bool due_ = false;
};

}  // namespace dispatch::sim::tcp

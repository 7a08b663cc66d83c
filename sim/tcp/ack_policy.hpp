// When to acknowledge: at once, with the second segment, or a little later.
#pragma once

#include "sim/tcp/options.hpp"

#include <cstddef>
#include <cstdint>

namespace dispatch::sim::tcp {

// Delayed acknowledgments (RFC 1122 4.2.3.2, RFC 5681 4.2) as Linux has them:
// - the first 16 segments of a connection, and of what follows a pause or disorder, are
// acknowledged
//   one by one ("quick ACKs"), so that the sender's slow start is not held up;
// - later every second full segment is, a single one after 40 ms;
// - a receiver that answers ("ping-pong") waits for its own data to carry the acknowledgment.
class AckPolicy {
 public:
  // New data in order: its size, and whether it ended a write of the sender (PSH).
  void on_data(std::size_t bytes, bool pushed, Duration rto, TimePoint now);
  // Out of order, or nothing new: the sender waits for word (RFC 5681 4.2).
  void on_disorder();
  // The peer's FIN: our own answer is likely to follow.
  void on_fin() { ping_pong_ = true; }

  // After an arrival that has to be acknowledged: `unacknowledged` bytes since the last one sent.
  void schedule(std::size_t unacknowledged, bool holes, TimePoint now);
  void request_now() { due_ = true; }

  // The application has read; `emptied`: all there was.
  void on_read(std::size_t unacknowledged, bool emptied);
  void on_sent(bool with_data, TimePoint now);

  bool due() const { return due_; }
  TimePoint deadline() const { return deadline_; }
  void on_timer();
  void stop();

 private:
  bool quick() const { return quick_ > 0 && !ping_pong_; }

  TimePoint deadline_ = net::kNever;
  TimePoint last_received_{};
  std::uint32_t segment_ = 536;  // the peer's segment size, as seen (RFC 1122 4.2.2.6's default)
  std::uint8_t quick_ = 0;       // ACKs to send at once
  bool started_ = false;
  bool ping_pong_ = false;
  bool pushed_ = false;     // a short, pushed segment waits for its acknowledgment
  bool scheduled_ = false;  // something is unacknowledged
  bool due_ = false;
};

}  // namespace dispatch::sim::tcp

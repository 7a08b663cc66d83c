// Probes of a silent connection (Linux: tcp_keepalive_timer).
#pragma once

#include "engine/net/keep_alive.hpp"

#include <optional>
#include <utility>

namespace dispatch::sim::tcp {

using net::TimePoint;

class KeepAlive {
 public:
  enum class Peer { is_there, is_gone };

  void start(const net::KeepAlive& options, TimePoint now);
  void stop();

  // The peer has acknowledged something, be it for the tenth time.
  void on_heard(TimePoint now) {
    heard_ = now;
    unanswered_ = 0;
  }

  TimePoint deadline() const { return deadline_; }
  // `busy`: bytes are on their way to the peer, or wait to be. Then they are the question.
  // `most`: how long the peer may be silent, instead of so many probes; zero: not said.
  Peer on_timer(bool busy, net::Duration most, TimePoint now);

  // Whether a probe is to be sent now.
  bool take_probe() { return std::exchange(probe_due_, false); }

 private:
  std::optional<net::KeepAlive> options_;
  TimePoint heard_{};
  TimePoint deadline_ = net::kNever;
  int unanswered_ = 0;
  bool probe_due_ = false;
};

}  // namespace dispatch::sim::tcp

#include "sim/tcp/keep_alive.hpp"

#include "sim/tcp/timer_wheel.hpp"

namespace dispatch::sim::tcp {

void KeepAlive::start(const net::KeepAlive& options, TimePoint now) {
  options_ = options;
  deadline_ = timer_expiry(now, options.idle);
}

void KeepAlive::stop() {
  options_.reset();
  deadline_ = net::kNever;
  probe_due_ = false;
}

// The timer is not moved with every segment: it looks, and waits for the rest.
KeepAlive::Peer KeepAlive::on_timer(bool busy, net::Duration most, TimePoint now) {
  const auto silence = now - heard_;
  if (busy) {
    deadline_ = timer_expiry(now, options_->idle);
  } else if (silence < options_->idle) {
    deadline_ = timer_expiry(now, options_->idle - silence);
  } else if (most > net::Duration{} ? silence >= most && unanswered_ > 0
                                    : unanswered_ >= options_->probes) {
    return Peer::is_gone;
  } else {
    ++unanswered_;
    probe_due_ = true;
    deadline_ = timer_expiry(now, options_->interval);
  }
  return Peer::is_there;
}

}  // namespace dispatch::sim::tcp

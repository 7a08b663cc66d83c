#include "engine/proxy/relay.hpp"

#include <utility>

namespace dispatch::proxy {

// Takes itself off its owner's list, and so ends, when both directions have ended.
class Relays::Relay final : public Connection, public net::RelayObserver {
 public:
  Relay(Relays& relays, Established established)
      : Connection(established.peer, std::move(established.target), std::move(established.dialed),
                   relays.runtime_.clock().now()),
        relays_(relays),
        stream_(std::move(established.stream)),
        place_(std::move(established.place)) {
    sent().take_over(established.passed.sent);
    received().take_over(established.passed.received);
  }

  void start(std::list<Relay>::iterator position) {
    position_ = position;
    stream_->relay_both_ways(target_stream(), sent_meter(), received_meter(),
                             relays_.runtime_.executor(), *this);
  }

  void reset() {
    stream_->abort();
    target_stream().abort();
    net::release(paces().sent);
    net::release(paces().received);
  }

  net::Duration silence_max(const SilenceLimits& limits) const override {
    return is_half_open_ && limits.half_open != net::Duration::zero() ? limits.half_open
                                                                      : limits.idle;
  }
  void end(const net::Error&) override { reset(); }

  void half_ended() override {
    is_half_open_ = true;
    is_active(relays_.runtime_.clock().now());
  }

  void ended(const net::DuplexEnd& end) override {
    log(end.received.error ? end.received.error : end.sent.error);
    auto& relays = relays_;
    relays.relays_.erase(position_);
    if (relays.relays_.empty()) relays.emptied_.notify_all();
  }

 private:
  void log(const net::Error& error) {
    auto& to = relays_.runtime_.log();
    if (!to.wants(net::LogLevel::debug)) return;
    to.debug("{} -> {} through {}: sent {} B, received {} B, {}", to_string(client()),
             to_string(target()), link().name(), sent().total(), received().total(),
             error ? error.message() : "ended");
  }

  Relays& relays_;
  std::list<Relay>::iterator position_;
  net::StreamPtr stream_;
  Admission::Place place_;
  bool is_half_open_ = false;
};

Relays::Relays(net::Runtime& runtime, ConnectionTable& table)
    : runtime_(runtime), table_(table), emptied_(runtime.executor()) {}

Relays::~Relays() = default;

void Relays::take(Established established, std::size_t sent) {
  const auto position = relays_.emplace(relays_.end(), *this, std::move(established));
  table_.list(*position);
  position->sent().add(sent);
  position->paces().sent.charge(sent);
  position->start(position);
  if (resets_) position->reset();
}

net::Task<net::Status> Relays::idle() {
  while (!relays_.empty()) {
    if (const auto error = co_await emptied_.wait()) co_return error;
  }
  co_return net::Status{};
}

void Relays::reset_all() {
  resets_ = true;
  for (auto& relay : relays_) relay.reset();
}

}  // namespace dispatch::proxy

#include "engine/proxy/relay.hpp"

#include "engine/proxy/first_flight.hpp"

#include <boost/system/errc.hpp>

#include <utility>

namespace dispatch::proxy {
namespace {

using namespace std::chrono_literals;
namespace errc = boost::system::errc;

// A link's death is found out within two seconds, and targets that take longer than this to answer
// are few.
constexpr net::Duration kFlightMax = 5s;

// Both sides are reset with it, unless they have been taken over.
struct Moving : Established {
  explicit Moving(Established established) : Established(std::move(established)) {}
  Moving(Moving&&) = default;
  ~Moving() {
    if (dialed.stream) dialed.stream->abort();
    if (stream) stream->abort();
  }
};

}  // namespace

// Those that have begun and are not answered: ends the ones that wait for too long.
class Relays::Flights {
 public:
  explicit Flights(net::Clock& clock) : clock_(clock), timer_(clock.make_timer()) {}

  // `place` keeps it.
  void add(std::unique_ptr<FirstFlight>& place) {
    place->place = &place;
    place->began = clock_.now();
    const bool is_first = flights_.empty();
    flights_.push_back(*place);
    if (is_first) wait();
  }

 private:
  void wait() {
    timer_->start(flights_.front().began + kFlightMax, [this] { end_old_ones(); });
  }
  void end_old_ones() {
    const auto now = clock_.now();
    while (!flights_.empty() && flights_.front().began + kFlightMax <= now) {
      flights_.front().place->reset();
    }
    if (!flights_.empty()) wait();
  }

  net::Clock& clock_;
  boost::intrusive::list<FirstFlight, boost::intrusive::constant_time_size<false>> flights_;
  std::unique_ptr<net::Timer> timer_;
};

// Takes itself off its owner's list, and so ends, when both directions have ended.
class Relays::Relay final : public Connection, public net::RelayObserver {
 public:
  Relay(Relays& relays, Established established)
      : Connection(established.peer, std::move(established.target), std::move(established.dialed),
                   relays.runtime_.clock().now()),
        relays_(relays),
        stream_(std::move(established.stream)),
        place_(std::move(established.place)),
        flight_(std::move(established.flight)) {}

  void start(std::list<Relay>::iterator position) {
    position_ = position;
    auto sends = sent_meter();
    auto receives = received_meter();
    if (flight_) {
      relays_.flights_->add(flight_);
      sends.witness = &saying_;
      receives.witness = &answer_;
    }
    stream_->relay_both_ways(target_stream(), sends, receives, relays_.runtime_.executor(), *this);
  }

  void reset() {
    flight_.reset();
    stream_->abort();
    target_stream().abort();
    net::release(paces().sent);
    net::release(paces().received);
  }

  net::Duration silence_max(const SilenceLimits& limits) const override {
    return is_half_open_ && limits.half_open != net::Duration::zero() ? limits.half_open
                                                                      : limits.idle;
  }

  void end(const net::Error& why) override {
    if (why_) return;  // it is about to
    if (why == errc::timed_out || !may_move()) return reset();
    why_ = why;
    target_stream().abort();
  }

  void link_is_down() override {
    if (may_move()) end(errc::make_error_code(errc::network_down));
  }

  void half_ended() override {
    flight_.reset();
    is_half_open_ = true;
    is_active(relays_.runtime_.clock().now());
  }

  bool keeps_asked_stream() override { return moves_ = may_move(); }

  void ended(const net::DuplexEnd& end) override {
    auto& relays = relays_;
    if (moves_) {
      const auto& failed = net::is_cancelled(end.received.error) ? end.sent : end.received;
      const auto why = why_ ? why_ : failed.error;
      flight_->unlink();
      Established left{std::move(stream_),  client(),          target(),
                       std::move(dialed()), std::move(place_), std::move(flight_)};
      relays.relays_.erase(position_);
      relays.moving_.spawn(relays.move(std::move(left), why));
    } else {
      log(end.received.error ? end.received.error : end.sent.error);
      relays.relays_.erase(position_);
    }
    if (relays.relays_.empty()) relays.emptied_.notify_all();
  }

 private:
  // What the client says.
  struct Saying final : net::Witness {
    explicit Saying(Relay& its) : relay(its) {}
    bool sees(std::span<const std::byte> bytes) override {
      if (relay.flight_ && !relay.flight_->say(bytes)) relay.flight_.reset();
      return relay.flight_ != nullptr;
    }
    Relay& relay;
  };
  struct Answer final : net::Witness {
    explicit Answer(Relay& its) : relay(its) {}
    bool sees(std::span<const std::byte>) override {
      if (relay.flight_) relay.flight_->is_answered(relay.target(), relay.link());
      relay.flight_.reset();
      return false;
    }
    Relay& relay;
  };

  bool may_move() const { return flight_ && !relays_.resets_ && flight_->may_leave(link()); }

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
  std::unique_ptr<FirstFlight> flight_;  // null: it is over, or there is none
  Saying saying_{*this};
  Answer answer_{*this};
  net::Error why_;  // it is to leave its link
  bool moves_ = false;
  bool is_half_open_ = false;
};

Relays::Relays(net::Runtime& runtime, ConnectionTable& table,
               std::function<void(std::exception_ptr)> failed)
    : runtime_(runtime),
      table_(table),
      flights_(std::make_unique<Flights>(runtime.clock())),
      emptied_(runtime.executor()),
      moving_(runtime.executor(), std::move(failed)) {}

Relays::~Relays() = default;

net::Task<void> Relays::begin(Established established, Bytes early, net::TimePoint deadline) {
  if (!early.empty()) {
    const auto error = co_await net::write_all(*established.dialed.stream, early, deadline);
    if (error) co_return co_await move(std::move(established), error);
  }
  take(std::move(established), early.size());
}

void Relays::take(Established established, std::size_t sent) {
  const auto position = relays_.emplace(relays_.end(), *this, std::move(established));
  table_.list(*position);
  position->sent().add(sent);
  position->paces().sent.charge(sent);
  position->start(position);
  if (resets_) position->reset();
}

// Its link, or its target by this link, has failed it.
net::Task<void> Relays::move(Established established, net::Error why) {
  Moving moved(std::move(established));
  auto* flight = moved.flight.get();
  while (flight != nullptr && flight->may_leave(moved.dialed.use.link())) {
    auto& link = moved.dialed.use.link();
    flight->leave(link, why);
    runtime_.log().info("{} -> {} through {}: {}: said again through another link",
                        to_string(moved.peer), to_string(moved.target), link.name(), why.message());
    moved.dialed.stream->abort();
    moved.dialed.place = TargetPlaces::Place();
    auto dialed = co_await flight->dial(moved.target);
    if (!dialed) break;
    moved.dialed = std::move(*dialed);
    const auto said = flight->said();
    why = co_await net::write_all(*moved.dialed.stream, said, flight->caller().deadline());
    if (!why) co_return take(std::move(moved), said.size());
  }
  if (flight != nullptr && flight->left_for()) why = flight->left_for();
  runtime_.log().debug("{} -> {}: {}", to_string(moved.peer), to_string(moved.target),
                       why.message());
}

net::Task<net::Status> Relays::idle() {
  while (!relays_.empty() || moving_.size() != 0) {
    const auto error = relays_.empty() ? co_await moving_.idle() : co_await emptied_.wait();
    if (error) co_return error;
  }
  co_return net::Status{};
}

void Relays::reset_all() {
  resets_ = true;
  moving_.cancel();
  for (auto& relay : relays_) relay.reset();
}

}  // namespace dispatch::proxy

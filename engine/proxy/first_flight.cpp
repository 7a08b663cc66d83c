#include "engine/proxy/first_flight.hpp"

#include "engine/net/condition.hpp"
#include "engine/proxy/http_companion.hpp"
#include "engine/proxy/octets.hpp"
#include "engine/proxy/repeatable.hpp"

#include <boost/system/errc.hpp>

#include <utility>

namespace dispatch::proxy {
namespace {

using net::Error;
using net::Task;
using namespace std::chrono_literals;
namespace errc = boost::system::errc;

// A relay costs an idle connection much less than this does. A link's death is found out within two
// seconds, and targets that take longer than this to answer are few.
constexpr net::Duration kFlightMax = 5s;
constexpr std::size_t kPieceSize = 4096;

// What the client has said so far, by whichever link.
class Said {
 public:
  void add(std::span<const std::byte> more) {
    bytes_.insert(bytes_.end(), more.begin(), more.end());
    is_known_ = judge_first_flight(bytes_) != Progress::incomplete;
    is_repeatable_ = may_be_said_twice(bytes_);
  }

  std::span<const std::byte> bytes() const { return bytes_; }
  // What is said next makes no difference.
  bool is_known() const { return is_known_; }
  bool is_repeatable() const { return is_repeatable_; }

 private:
  Bytes bytes_;
  bool is_known_ = false;
  bool is_repeatable_ = true;
};

// By one link. Both sides are reset with it, unless it is let go.
class Flight final : public Connection {
 public:
  Flight(Client& client, Tunnel& tunnel, Said& said)
      : Connection(client.peer, tunnel.target, std::move(tunnel.dialed),
                   client.runtime().clock().now()),
        client_(client),
        said_(said),
        settled_(client.runtime().executor()) {}
  ~Flight() override {
    if (is_let_go_) return;
    target_stream().abort();
    client_.stream->abort();
  }

  // Until the target has answered or failed, or there is nothing more to wait for.
  Task<void> run() {
    client_.service.connections.list(*this);
    co_await http::run_with_companion(until_settled(), hear_both());
  }

  // Of the client, else of the target.
  Error error() const { return client_error_ ? client_error_ : target_error_; }
  bool is_answered() const { return !answer_.empty(); }
  bool may_be_said_again() const {
    return !is_over_ && !client_error_ && !is_answered() && said_.is_repeatable();
  }

  Task<net::Status> pass_answer() {
    auto error = co_await net::write_all(*client_.stream, answer_, client_.deadline());
    if (error) client_error_ = error;
    co_return error;
  }

  // For the relay.
  Tunnel let_go() {
    is_let_go_ = true;
    const auto unsaid = said_.bytes().subspan(written_);
    return {target(),
            std::move(dialed()),
            {unsaid.begin(), unsaid.end()},
            {sent().passed(), received().passed()}};
  }
  // For another flight: first its place, and once there is one, the client.
  void give_back_place() { dialed().place = TargetPlaces::Place(); }
  void let_client_go() {
    is_let_go_ = true;
    target_stream().abort();
  }

  net::Duration silence_max(const SilenceLimits& limits) const override { return limits.idle; }

  // Where it may go another way, the client hears nothing of it.
  void end(const Error& why) override {
    if (target_error_) return;
    is_over_ = why == errc::timed_out || !may_be_said_again();
    fail_target(why);
    if (is_over_) client_.stream->abort();
  }

  void link_is_down() override {
    if (may_be_said_again()) end(errc::make_error_code(errc::network_down));
  }

 private:
  Task<void> until_settled() {
    const auto deadline = began() + kFlightMax;
    while (!is_settled_) {
      if (co_await settled_.wait_until(client_.runtime().clock(), deadline)) co_return;
    }
  }

  Task<void> hear_both() {
    co_await http::run_with_companion(hear_target(), hear_client());
    settle();
  }

  Task<void> hear_target() {
    Bytes buffer(kPieceSize);
    const auto got = co_await target_stream().read_some(buffer);
    if (got) {
      buffer.resize(*got);
      answer_ = std::move(buffer);
      received().add(*got);
      paces().received.charge(*got);
    } else if (!net::is_cancelled(got.error())) {
      fail_target(got.error());
    }
  }

  // Says it to the target, too.
  Task<void> hear_client() {
    Bytes buffer(kPieceSize);
    for (;;) {
      while (written_ < said_.bytes().size()) {
        const auto unsaid = said_.bytes().subspan(written_);
        const auto wrote = co_await target_stream().write_some(unsaid);
        if (!wrote) co_return;  // the target's end is hear_target()'s to find
        written_ += *wrote;
        sent().add(*wrote);
        paces().sent.charge(*wrote);
      }
      if (said_.is_known()) {
        if (!said_.is_repeatable()) settle();
        co_return;
      }
      const auto got = co_await client_.stream->read_some(buffer);
      if (!got && net::is_cancelled(got.error())) co_return;
      if (!got) client_error_ = got.error();
      if (!got || *got == 0) co_return settle();
      said_.add(std::span(buffer).first(*got));
    }
  }

  void settle() {
    is_settled_ = true;
    settled_.notify_all();
  }

  void fail_target(const Error& why) {
    if (!target_error_) target_error_ = why;
    target_stream().abort();
    settle();
  }

  Client& client_;
  Said& said_;
  net::Condition settled_;
  std::size_t written_ = 0;  // of said_
  Bytes answer_;
  Error target_error_;
  Error client_error_;
  bool is_settled_ = false;
  bool is_over_ = false;  // for the client, too
  bool is_let_go_ = false;
};

// As of a relay.
void tell_of_end(const Client& client, const Target& target, const Error& error) {
  client.runtime().log().debug("{} -> {}: {}", to_string(client.peer), to_string(target),
                               error.message());
}

}  // namespace

Task<bool> pass_first_flight(Client& client, Tunnel& tunnel) {
  auto& links = client.service.links;
  DialWish wish;
  if (!tunnel.dialed.was_dispatched ||
      !is_worth_another_link(links, tunnel.dialed.use.link(), wish)) {
    co_return true;
  }
  Said said;
  said.add(tunnel.early);
  said.add(client.buffer.bytes());
  client.buffer.consume(client.buffer.bytes().size());
  tunnel.early.clear();
  Error before;  // of the link that has been left
  for (;;) {
    Flight flight(client, tunnel, said);
    co_await flight.run();
    auto& link = flight.link();
    if (flight.is_answered() && before) {
      client.tell_of_early_end(*wish.without.back(), before, tunnel.target, link);
    }
    auto error = flight.error();
    if (!error && flight.is_answered()) error = co_await flight.pass_answer();
    if (!error) {
      tunnel = flight.let_go();
      co_return true;
    }
    if (!flight.may_be_said_again() || !is_worth_another_link(links, link, wish)) {
      tell_of_end(client, tunnel.target, before ? before : error);
      co_return false;
    }
    before = error;
    wish.without.push_back(&link);
    client.runtime().log().info("{} -> {} through {}: {}: said again through another link",
                                to_string(client.peer), to_string(tunnel.target), link.name(),
                                error.message());
    flight.give_back_place();
    auto dialed = co_await client.dial(tunnel.target, wish);
    if (!dialed) {
      tell_of_end(client, tunnel.target, before);
      co_return false;
    }
    tunnel.dialed = std::move(*dialed);
    flight.let_client_go();
  }
}

}  // namespace dispatch::proxy

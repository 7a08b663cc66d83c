#include "engine/proxy/dead_links.hpp"

#include <boost/system/errc.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace dispatch::proxy {
namespace {

using namespace std::chrono_literals;
using link::Health;

constexpr net::Duration kOften = 100ms;     // while a link is in doubt
constexpr net::Duration kSeldom = 1s;       // else
constexpr std::uint8_t kFlowing = 2;        // looks
constexpr std::uint64_t kMuch = 20'000;     // bytes from one to the next
constexpr net::Duration kIdle = 10s;        // a connection that has been silent for so long
constexpr int kIdlePatience = 20;           // times the timeout
constexpr net::Duration kDoubting = 500ms;  // what a doubt takes to come up, and counts
constexpr net::Duration kStalled = 1s;      // at least, and four round trips

}  // namespace

DeadLinks::DeadLinks(net::Runtime& runtime, link::LinkSet& links, ConnectionTable& table,
                     net::Duration timeout)
    : runtime_(runtime),
      links_(links),
      table_(table),
      timeout_(timeout),
      news_(runtime.executor()) {}

net::Task<void> DeadLinks::run() {
  const auto watch = links_.watch(runtime_.executor(), [this](link::Link&) { news_.notify_all(); });
  for (;;) {
    const bool doubts = look();
    const auto next = runtime_.clock().now() + (doubts ? kOften : kSeldom);
    const auto status = co_await news_.wait_until(runtime_.clock(), next);
    if (net::is_cancelled(status)) co_return;
  }
}

bool DeadLinks::look() {
  const auto now = runtime_.clock().now();
  bool doubts = false;
  look_at_links(now);
  table_.for_each([&](Connection& connection) {
    if (connection.link().health() == Health::up) {
      connection.watched().doubted = false;
    } else {
      doubts = true;
      look_at_doubt(connection, now);
    }
  });
  if (now - looked_for_stalls_ >= kSeldom) look_for_stalls(now);
  return doubts;
}

void DeadLinks::look_at_links(net::TimePoint now) {
  for (const auto* link : links_.links()) {
    if (link->health() == Health::up) {
      doubted_.erase(link);
      continue;
    }
    const auto received = link->counters().received.total();
    auto& doubted = doubted_.try_emplace(link, Doubted{received}).first->second;
    if (std::exchange(doubted.received, received) != received) doubted.brought_at = now;
  }
}

bool DeadLinks::brings_bytes(const link::Link& link, net::TimePoint now) const {
  const auto found = doubted_.find(&link);
  if (found == doubted_.end() || !found->second.brought_at) return false;
  return now - *found->second.brought_at < timeout_;
}

// What comes out of order is no byte yet.
bool DeadLinks::hears_its_peer(Connection& connection) const {
  const auto info = connection.target_stream().transport_info();
  return info && info->since_last_ack < timeout_;
}

void DeadLinks::look_for_stalls(net::TimePoint now) {
  looked_for_stalls_ = now;
  std::map<const link::Link*, bool> is_quiet;
  for (const auto* link : links_.links()) {
    const auto received = link->counters().received.total();
    is_quiet[link] = std::exchange(received_[link], received) == received;
  }
  table_.for_each([&](Connection& connection) {
    auto& link = connection.link();
    const bool ceased = has_ceased(connection, is_quiet[&link]);
    if (link.health() != Health::up) return;
    look_for_stall(connection, now);
    if (!ceased) return;
    auto what = fmt::format("what came from {} has ceased to", to_string(connection.target()));
    link::observe(links_, link, {link::Sign::stalled, now, std::move(what)}, runtime_.log());
  });
}

// Most that pause in this way have only ended their answer: one answer to a probe tells.
bool DeadLinks::has_ceased(Connection& connection, bool link_is_quiet) {
  auto& watched = connection.watched();
  const auto received = connection.received().total();
  const auto came = received - std::exchange(watched.received, received);
  const bool flowed = watched.flowing == kFlowing;
  if (came >= kMuch) {
    watched.flowing = std::min<std::uint8_t>(watched.flowing + 1, kFlowing);
  } else if (came != 0 || link_is_quiet) {
    watched.flowing = 0;
  }
  return flowed && came == 0 && link_is_quiet;
}

// A connection is asked once more after it has sent, and then only as long as something is under
// way.
void DeadLinks::look_for_stall(Connection& connection, net::TimePoint now) {
  auto& watched = connection.watched();
  const auto sent = connection.sent().total();
  if (sent == watched.sent && !watched.awaits_acks) return;
  watched.sent = sent;
  const auto info = connection.target_stream().transport_info();
  watched.awaits_acks = info && info->bytes_unacked != 0;
  if (!watched.awaits_acks) watched.stall_told = false;
  if (!watched.awaits_acks || watched.stall_told) return;
  const auto patience = std::max<net::Duration>(kStalled, 4 * info->smoothed_rtt);
  if (info->since_last_ack < patience || info->retransmits == 0) return;
  watched.stall_told = true;
  auto what = fmt::format("{} has acknowledged nothing for {} ms", to_string(connection.target()),
                          info->since_last_ack / 1ms);
  link::observe(links_, connection.link(), {link::Sign::stalled, now, std::move(what)},
                runtime_.log());
}

void DeadLinks::look_at_doubt(Connection& connection, net::TimePoint now) {
  auto& watched = connection.watched();
  const auto bytes = connection.sent().total() + connection.received().total();
  if (!watched.doubted || bytes != watched.bytes) {
    const bool is_new = !std::exchange(watched.doubted, true);
    const auto info = connection.target_stream().transport_info();
    const auto silent = is_new && info ? info->since_last_ack : net::Duration::zero();
    watched.was_idle = silent >= kIdle && info->bytes_unacked == 0;
    watched.since = watched.was_idle ? now : now - std::min(silent, kDoubting);
    watched.bytes = bytes;
  }
  auto& link = connection.link();
  if (link.health() != Health::down || !links_.has_better(link)) return;
  connection.link_is_down();
  if (timeout_ == net::Duration::zero()) return;
  const auto limit = watched.was_idle ? kIdlePatience * timeout_ : timeout_;
  if (now - watched.since < limit || brings_bytes(link, now) || hears_its_peer(connection)) return;
  runtime_.log().info("{} -> {} through {}: silent for {} ms, and the link is down: reset",
                      to_string(connection.client()), to_string(connection.target()), link.name(),
                      (now - watched.since) / 1ms);
  connection.end(boost::system::errc::make_error_code(boost::system::errc::network_down));
}

}  // namespace dispatch::proxy

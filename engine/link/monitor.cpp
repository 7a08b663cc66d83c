#include "engine/link/monitor.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>

namespace dispatch::link {
namespace {

using net::Duration;
using net::Task;
using namespace std::chrono_literals;

constexpr Duration kDoubted = 200ms;
constexpr Duration kRecovering = 300ms;
constexpr Duration kDownMin = 500ms;
constexpr Duration kDownMax = 5s;
constexpr Duration kTrialMin = 2s;
constexpr Duration kTrialMax = 30s;

// How long an answer may take: four times what is usual. A link that has much to carry is slow, and
// in the first second no lost SYN is sent again (Linux).
Duration probe_time(const Link& link) {
  const auto known = link.connect_time();
  return known == Duration::zero() ? 3s : std::clamp<Duration>(4 * known, 400ms, 3s);
}

}  // namespace

// What is remembered of a link between two looks.
struct Monitor::Watched {
  Link& link;
  net::TimePoint looked{};  // zero: never
  net::TimePoint due_at = net::kNever;
  Health health = Health::up;  // for which `due_at` has been chosen
  std::optional<net::Egress> egress[2]{};
  int trials = 0;
  std::size_t turn = 0;  // of those who may be asked

  bool has_moved() const {
    return egress[0] != link.egress(net::Family::v4) || egress[1] != link.egress(net::Family::v6);
  }
  void remember_addresses() {
    egress[0] = link.egress(net::Family::v4);
    egress[1] = link.egress(net::Family::v6);
  }
};

HealthOptions health_options_of(const MonitorOptions& options, bool enabled) {
  return {enabled, !options.probes || options.targets.empty()};
}

Monitor::Monitor(net::Runtime& runtime, LinkSet& links, MonitorOptions options)
    : runtime_(runtime),
      links_(links),
      options_(std::move(options)),
      news_(runtime.executor()),
      followers_(runtime.executor(), [&runtime](std::exception_ptr exception) {
        try {
          std::rethrow_exception(exception);
        } catch (const std::exception& error) {
          runtime.log().error("internal error, a link is watched no more: {}", error.what());
        }
      }) {}

Task<void> Monitor::run() {
  co_await net::asio::this_coro::throw_if_cancelled(false);
  const auto watch = links_.watch(runtime_.executor(), [this](Link&) { news_.notify_all(); });
  for (;;) {
    for (auto* link : links_.links()) {
      if (std::find(followed_.begin(), followed_.end(), link) != followed_.end()) continue;
      followed_.push_back(link);
      followers_.spawn(follow(*link));
    }
    if (co_await news_.wait()) break;
  }
  followers_.cancel();
  while (followers_.size() != 0) static_cast<void>(co_await followers_.idle());
}

Task<void> Monitor::follow(Link& link) {
  Watched watched{link};
  watched.remember_addresses();
  for (;;) {
    const auto now = runtime_.clock().now();
    const auto listed = links_.links();
    if (std::find(listed.begin(), listed.end(), &link) == listed.end()) {
      std::erase(followed_, &link);
      co_return;
    }
    const auto when = due(watched);
    if (now >= when) {
      co_await look(watched);
      continue;
    }
    const auto status = co_await news_.wait_until(runtime_.clock(), when);
    if (net::is_cancelled(status)) co_return;
  }
}

// Chosen once for each look, since it varies.
net::TimePoint Monitor::due(Watched& watched) {
  const auto now = runtime_.clock().now();
  const auto standing = watched.link.standing();
  if (watched.has_moved() && standing.health != Health::up) return now;
  if (watched.due_at != net::kNever && watched.health == standing.health) return watched.due_at;
  const bool is_new = watched.health != standing.health;
  watched.health = standing.health;
  const auto since = is_new ? std::max(watched.looked, standing.since) : watched.looked;
  const auto lasted = since - standing.since;
  switch (standing.health) {
    case Health::up:
      watched.due_at = net::kNever;
      if (options_.targets.empty() || !options_.probes) break;
      watched.due_at = watched.looked == net::TimePoint{} ? now : since + varied(options_.interval);
      break;
    case Health::suspect:
      watched.due_at = is_new ? now : since + kDoubted;
      break;
    case Health::recovering:
      watched.due_at = since + varied(kRecovering);
      break;
    case Health::down:
      watched.due_at = since + varied(std::clamp<Duration>(lasted / 8, kDownMin, kDownMax));
      break;
  }
  if (!options_.probes && standing.health != Health::up) {
    if (is_new) ++watched.trials;
    const auto wait = std::min<Duration>(kTrialMin * (1 << std::min(watched.trials, 5)), kTrialMax);
    watched.due_at = standing.since + varied(wait);
  }
  return watched.due_at;
}

Task<void> Monitor::look(Watched& watched) {
  auto& link = watched.link;
  watched.due_at = net::kNever;
  watched.remember_addresses();
  auto targets = options_.targets;
  if (targets.empty() || link.upstream()) {
    targets.clear();
    for (const auto& peer : links_.probe_peers(link)) targets.push_back(probe_of(peer));
  }
  Evidence seen{Sign::trial, {}, "nobody is known whom it could be asked for"};
  if (options_.probes) {
    // One target may be dead, or out of this link's reach only: after a failure another one is
    // asked. A doubt is not to take longer than one answer may.
    if (options_.targets.empty() && !targets.empty()) {
      targets = {targets[watched.turn % targets.size()]};
    }
    for (const auto& target : targets) {
      const auto deadline = runtime_.clock().now() + probe_time(link);
      auto asked = co_await probe(runtime_, link, target, deadline);
      if (asked.passed) {
        seen = {Sign::probe_passed, {}, {}, asked.took, asked.peer};
        break;
      }
      if (seen.sign != Sign::probe_failed) seen = {Sign::probe_failed, {}, asked.reason};
      ++watched.turn;
    }
  } else {
    seen.what = "it has had time to recover";
  }
  seen.at = watched.looked = runtime_.clock().now();
  observe(links_, link, seen, runtime_.log());
}

Duration Monitor::varied(Duration delay) {
  constexpr std::uint64_t kSteps = 1001;
  const auto step = static_cast<std::int64_t>(runtime_.entropy().next() % kSteps);
  return delay * 9 / 10 + delay / 5 * step / 1000;
}

}  // namespace dispatch::link

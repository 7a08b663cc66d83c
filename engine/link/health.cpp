#include "engine/link/health.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace dispatch::link {
namespace {

constexpr int kFailuresToSuspect = 2;
constexpr int kFailuresToDown = 2;
constexpr int kSuccessesToUp = 3;
constexpr int kSuccessesForEachFlap = 2;
constexpr int kFlapsMax = 5;
// Who goes down so soon after it came back is flapping.
constexpr net::Duration kSteady = std::chrono::minutes(1);

bool is_success(Sign sign) {
  return sign == Sign::connected || sign == Sign::probe_passed;
}

}  // namespace

std::optional<Standing> HealthTracker::take(const Evidence& evidence, const HealthOptions& options,
                                            std::uint64_t received) {
  learn(evidence);
  if (!options.enabled) return std::nullopt;
  if (is_success(evidence.sign)) return succeed(evidence, options);
  if (evidence.sign != Sign::trial) return fail(evidence, options, received);
  if (standing_.health == Health::up) return std::nullopt;
  auto standing = become(Health::up, evidence, "on trial: " + evidence.what);
  on_trial_ = true;
  return standing;
}

void HealthTracker::adopt(const Standing& standing) {
  if (standing.health == Health::down && standing_.health != Health::down) {
    down_since_ = standing.since;
  }
  standing_ = standing;
  failures_ = successes_ = 0;
}

std::vector<net::Endpoint> HealthTracker::peers() const {
  std::vector<net::Endpoint> peers;
  if (last_peer_) peers.push_back(*last_peer_);
  if (failed_peer_ && failed_peer_ != last_peer_) peers.push_back(*failed_peer_);
  return peers;
}

void HealthTracker::learn(const Evidence& evidence) {
  if (!is_success(evidence.sign)) {
    if (evidence.peer) failed_peer_ = evidence.peer;
    return;
  }
  if (evidence.peer) last_peer_ = evidence.peer;
  const auto took = evidence.took;
  if (took == net::Duration::zero()) return;
  connect_time_ = took >= connect_time_ ? took : connect_time_ - (connect_time_ - took) / 8;
}

std::optional<Standing> HealthTracker::succeed(const Evidence& evidence,
                                               const HealthOptions& options) {
  if (evidence.sign == Sign::connected) {
    // What began before the doubt says nothing against it.
    const bool is_old = evidence.at - evidence.took < standing_.since;
    if (!options.connections_prove || (is_old && standing_.health != Health::up)) {
      return std::nullopt;
    }
  }
  failures_ = 0;
  ++successes_;
  switch (standing_.health) {
    case Health::up:
      on_trial_ = false;
      return std::nullopt;
    case Health::suspect:
      return become(Health::up, evidence, "works after all");
    case Health::down:
      return become(
          Health::recovering, evidence,
          fmt::format("answers again, after {:.1f} s", net::to_seconds(evidence.at - down_since_)));
    case Health::recovering:
      if (successes_ < kSuccessesToUp - 1 + flaps_ * kSuccessesForEachFlap) return std::nullopt;
      back_since_ = evidence.at;
      return become(Health::up, evidence,
                    fmt::format("works again, {:.1f} s after it went down",
                                net::to_seconds(evidence.at - down_since_)));
  }
  return std::nullopt;
}

// Enough for a doubt by itself. One early reset is not: targets have their moods.
bool HealthTracker::is_grave(Sign sign, std::uint64_t received) {
  if (sign == Sign::reset_early) {
    if (std::exchange(received_at_reset_, received) != received) early_resets_ = 0;
    return ++early_resets_ >= kFailuresToSuspect;
  }
  return sign == Sign::probe_failed || sign == Sign::no_route || sign == Sign::stalled;
}

std::optional<Standing> HealthTracker::fail(const Evidence& evidence, const HealthOptions& options,
                                            std::uint64_t received) {
  const bool is_gone = evidence.sign == Sign::gone;
  const bool grave = is_grave(evidence.sign, received);
  // A link that brings bytes is slow or lossy, and not dead. Who asks for more looks for more.
  const bool bytes_tell = !is_gone && evidence.sign != Sign::no_route &&
                          (options.connections_prove || evidence.sign != Sign::probe_failed);
  const bool progresses = bytes_tell && received != received_;
  received_ = received;
  failures_ = progresses ? 1 : failures_ + 1;
  successes_ = 0;
  switch (standing_.health) {
    case Health::up:
      if (is_gone || on_trial_) return become(Health::down, evidence, evidence.what);
      if (!grave && failures_ < kFailuresToSuspect) return std::nullopt;
      early_resets_ = 0;
      return become(Health::suspect, evidence, evidence.what);
    case Health::suspect:
      if (!is_gone && failures_ < kFailuresToDown) return std::nullopt;
      return become(Health::down, evidence, evidence.what);
    case Health::recovering:
      return become(Health::down, evidence, evidence.what);
    case Health::down:
      return std::nullopt;
  }
  return std::nullopt;
}

Standing HealthTracker::become(Health health, const Evidence& evidence, std::string reason) {
  if (health == Health::down) {
    if (standing_.health != Health::recovering) down_since_ = evidence.at;
    const bool was_back = back_since_ != net::TimePoint{} || standing_.health == Health::recovering;
    const bool flaps = was_back && evidence.at - back_since_ < kSteady;
    flaps_ = flaps ? std::min(flaps_ + 1, kFlapsMax) : 0;
  }
  on_trial_ = false;
  failures_ = successes_ = 0;
  standing_ = {health, std::move(reason), evidence.at};
  return standing_;
}

}  // namespace dispatch::link

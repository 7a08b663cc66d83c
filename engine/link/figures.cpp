#include "engine/link/figures.hpp"

#include "engine/link/link.hpp"

namespace dispatch::link {
namespace {

constexpr net::Duration kRateTime = std::chrono::seconds(1);
constexpr net::Duration kEpoch = std::chrono::milliseconds(500);
// What was seen once is forgotten so slowly: a link may be idle for a while.
constexpr net::Duration kBestTime = std::chrono::seconds(90);
constexpr net::Duration kCapacityTime = std::chrono::minutes(5);
// A link that has become slower is believed so fast.
constexpr net::Duration kLossTime = std::chrono::seconds(5);
// Of each new measurement: one of them alone is chance.
constexpr double kShareStep = 0.4;
constexpr net::Duration kFailureCost = std::chrono::seconds(1);

}  // namespace

void LinkFigures::observe(LinkCounters& counters, net::TimePoint now) {
  const auto passed = now - observed_at_;
  if (passed <= net::Duration::zero()) return;
  const auto sent = counters.sent.total();
  const auto received = counters.received.total();
  const auto more_sent = static_cast<double>(sent - sent_);
  const auto more_received = static_cast<double>(received - received_);
  const double left = fading(passed, kRateTime);
  sent_rate_ = sent_rate_ * left + more_sent / net::to_seconds(passed) * (1 - left);
  received_rate_ = received_rate_ * left + more_received / net::to_seconds(passed) * (1 - left);
  rate_ = std::max(sent_rate_, received_rate_);
  traffic_.add(more_sent + more_received, observed_at_, now);
  bytes_.add(more_sent + more_received, observed_at_, now);
  sent_ = sent;
  received_ = received;
  observed_at_ = now;
  if (now - epoch_began_ >= kEpoch) begin_epoch(counters, now);
}

// Of the connections that were active, those that still are there: short ones come and go, and
// count for the part of the time that they are there.
void LinkFigures::begin_epoch(LinkCounters& counters, net::TimePoint now) {
  const auto seen = std::max(counters.sent.begin_epoch(), counters.received.begin_epoch());
  active_ = std::min<std::uint64_t>(seen, counters.live);
  // Connections that are over as soon as they are begun say nothing of what a link could give: it
  // is their servers that they wait for.
  const bool lasting = seen >= 2 * begun_;
  const bool busy = seen > begun_ && 2 * rate_ >= capacity_;
  if (active_ > 0 && rate_ > 0 && (lasting || busy)) learn(now - epoch_began_, now);
  begun_ = 0;
  epoch_began_ = now;
}

void LinkFigures::learn(net::Duration passed, net::TimePoint now) {
  const double share = rate_ / static_cast<double>(active_);
  share_ = share_ > 0 ? share_ + kShareStep * (share - share_) : share;
  const double best = best_share_ * fading(passed, kBestTime);
  best_share_ = share_ > best ? share_ : best;
  capacity_ = std::max(capacity_ * fading(passed, kCapacityTime), rate_);
  if (is_shared_out()) capacity_ = rate_ + (capacity_ - rate_) * fading(passed, kLossTime);
  measured_at_ = now;
}

void LinkFigures::chosen(net::TimePoint now) {
  ++begun_;
  choices_.add(1, now);
}

void LinkFigures::failed(net::Duration after, net::TimePoint now) {
  latency_.observe(std::max(after, kFailureCost), now);
}

std::optional<double> LinkFigures::share_of_one_more() const {
  if (share_ <= 0) return std::nullopt;
  const auto others = static_cast<double>(active());
  const double part = capacity_ / (others + 1);
  if (active_ == 0 || is_shared_out()) return std::min(std::max(part, 1.0), best_share_);
  // Those that have just begun will take what they can.
  const auto seen = static_cast<double>(active_);
  return std::min(best_share_, std::max(part, share_ * (seen + 1) / (others + 1)));
}

}  // namespace dispatch::link

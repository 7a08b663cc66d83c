// A link: one way out of this host to the internet, by an interface or through another proxy.
#pragma once

#include "engine/link/attachment.hpp"
#include "engine/link/figures.hpp"
#include "engine/link/health.hpp"
#include "engine/link/limits.hpp"
#include "engine/link/standing.hpp"
#include "engine/link/upstream.hpp"
#include "engine/net/byte_counter.hpp"
#include "engine/net/network.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace dispatch::link {

// What a link has done so far.
struct LinkCounters {
  net::Counter dials;          // connections tried
  net::Counter dial_failures;  // of these, not established
  net::Counter connections;    // established in all
  net::Counter live;           // established and not yet ended
  net::Counter dialling;       // neither established nor failed yet
  net::ByteCounter sent;       // towards the targets, bytes of payload
  net::ByteCounter received;
};

// Whether a link may be used, as far as its data cap goes.
enum class Allowance : std::uint8_t {
  free,
  last_resort,  // where no other link is left
  spent,        // not
};

// How much of its cap a link has used.
struct CapUsage {
  DataCap cap;
  std::uint64_t bytes = 0;
  WallSpan period;
  bool reached = false;
  std::string reason{};  // where it is reached: one line for people
};

// Shared by the event loops of a dispatcher. What may change while it is used (weight, whether it
// is enabled, addresses, standing) is changed through the LinkSet, which tells those who watch it,
// and may be read on any thread: as it was a moment ago.
class Link {
 public:
  Link(std::string name, unsigned weight)
      : name_(std::move(name)),
        weight_(weight),
        down_(std::make_shared<net::TokenBucket>()),
        up_(std::make_shared<net::TokenBucket>()) {}
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // As the user wrote it: an interface or an address, a proxy's URL without credentials, or the
  // name given to it.
  const std::string& name() const { return name_; }
  // Its share is weight / sum of the weights of the links that can be chosen. Never 0.
  unsigned weight() const { return weight_.load(std::memory_order_relaxed); }

  // Whether people want it used: one that is not is never chosen, and keeps the connections that it
  // has.
  bool is_enabled() const { return enabled_.load(std::memory_order_relaxed); }

  // How it fares, and why. One that has no way out of this host at the moment is down.
  Standing standing() const {
    if (via_ && via_->is_absent()) return via_->standing();
    const std::scoped_lock lock(changing_);
    return absence_ ? *absence_ : standing_;
  }
  Health health() const {
    return is_absent() ? Health::down : health_.load(std::memory_order_relaxed);
  }
  // Nothing can leave by it: it, or the link to its proxy, has no address now.
  bool is_absent() const {
    return absent_.load(std::memory_order_relaxed) || (via_ && via_->is_absent());
  }

  // What connecting through it is known to take (HealthTracker::connect_time). Zero: not known.
  net::Duration connect_time() const {
    return net::Duration(connect_time_.load(std::memory_order_relaxed));
  }

  // How its sockets leave the host; empty where it has no address of that family. A link through a
  // proxy has none of its own: nothing can leave by it but through the proxy.
  std::optional<net::Egress> egress(net::Family family) const {
    const std::scoped_lock lock(changing_);
    return family == net::Family::v6 ? egress_v6_ : egress_v4_;
  }
  // What its addresses are those of, where that may change; of a link through a proxy, the link to
  // the proxy has it.
  const std::optional<Attachment>& attachment() const { return attachment_; }

  // By who makes the link, before it is in a LinkSet; from then on see LinkSet::set_presence.
  void attach(Attachment attachment) { attachment_ = std::move(attachment); }
  // Whether anything has changed; since `now`, then.
  bool set_presence(const Presence& presence, net::TimePoint now);
  Presence presence() const;
  void set_egress(net::Family family, std::optional<net::Egress> egress) {
    const std::scoped_lock lock(changing_);
    (family == net::Family::v6 ? egress_v6_ : egress_v4_) = std::move(egress);
  }

  // The proxy that its connections are made through, if any, and the link that leads there: never
  // chosen by itself. `via` without an egress of a family cannot reach the proxy's addresses of it.
  const std::optional<Upstream>& upstream() const { return upstream_; }
  Link& via() const { return *via_; }
  void set_upstream(Upstream upstream, std::unique_ptr<Link> via) {
    upstream_ = std::move(upstream);
    via_ = std::move(via);
  }

  // Whether targets of `family` can be asked for.
  bool serves(net::Family family) const {
    return upstream_ ? upstream_->serves(family) : has_egress(family);
  }
  bool has_egress(net::Family family) const {
    const std::scoped_lock lock(changing_);
    return (family == net::Family::v6 ? egress_v6_ : egress_v4_).has_value();
  }

  // At a time; 0: no limit. Beyond it the link is passed over: see LinkSet, which looks and takes
  // in one step. To be set before the link is used.
  std::size_t connections_max() const { return connections_max_; }
  void set_connections_max(std::size_t count) { connections_max_ = count; }
  bool is_full() const { return connections_max_ != 0 && places_taken_ >= connections_max_; }

  // What it may carry; changed while it is used by LinkSet::set_limits.
  LinkLimits limits() const {
    const std::scoped_lock lock(changing_);
    return limits_;
  }
  void set_limits(const LinkLimits& limits, net::TimePoint now);
  // Never null; without a rate where there is no limit.
  const std::shared_ptr<net::TokenBucket>& down() const { return down_; }
  const std::shared_ptr<net::TokenBucket>& up() const { return up_; }

  // As the UsageKeeper has found it. None: there is no cap, or it has not looked yet.
  std::optional<CapUsage> cap_usage() const {
    const std::scoped_lock lock(changing_);
    return cap_usage_;
  }
  Allowance allowance() const { return allowance_.load(std::memory_order_relaxed); }
  // Its connections are to end (AtCap::end).
  bool ends_connections() const;

  // Of the policy failover: the lower, the sooner it is used. To be set before the link is used.
  unsigned tier() const { return tier_; }
  void set_tier(unsigned tier) { tier_ = tier; }

  // What it can carry, in bytes per second, for the policy overflow; 0: to be learnt. To be set
  // before the link is used.
  double full_rate() const { return full_rate_; }
  void set_full_rate(double bytes_per_second) { full_rate_ = bytes_per_second; }

  // For policies, under the LinkSet's lock.
  LinkFigures& figures() { return figures_; }
  const LinkFigures& figures() const { return figures_; }

  LinkCounters& counters() { return counters_; }
  const LinkCounters& counters() const { return counters_; }

 private:
  friend class LinkPlace;
  friend class LinkSet;

  std::string name_;
  std::atomic<unsigned> weight_;
  std::atomic<bool> enabled_ = true;
  std::atomic<Health> health_ = Health::up;             // as in standing_
  std::atomic<bool> absent_ = false;                    // as in absence_
  std::atomic<Allowance> allowance_ = Allowance::free;  // as in cap_usage_
  std::atomic<net::Duration::rep> connect_time_ = 0;
  HealthTracker tracker_;        // under the LinkSet's lock
  mutable std::mutex changing_;  // guards the standings, the egresses, the limits and the usage
  Standing standing_;
  std::optional<Standing> absence_;
  std::optional<Attachment> attachment_;
  std::optional<net::Egress> egress_v4_;
  std::optional<net::Egress> egress_v6_;
  std::optional<Upstream> upstream_;
  std::unique_ptr<Link> via_;
  LinkLimits limits_;
  std::optional<CapUsage> cap_usage_;
  std::shared_ptr<net::TokenBucket> down_;
  std::shared_ptr<net::TokenBucket> up_;
  std::size_t connections_max_ = 0;
  unsigned tier_ = 1;
  double full_rate_ = 0;
  LinkFigures figures_;
  std::atomic<std::size_t> places_taken_ = 0;  // kept only where there is a maximum
  LinkCounters counters_;
};

// One of the connections that a link may have, for as long as it exists. A connection that is made
// and then stands takes its second place before it gives back the first: at no moment it has none.
class LinkPlace {
 public:
  explicit LinkPlace(Link& link) : link_(&link) {
    if (link.connections_max_ != 0) ++link.places_taken_;
  }
  LinkPlace(LinkPlace&& other) noexcept : link_(std::exchange(other.link_, nullptr)) {}
  LinkPlace& operator=(LinkPlace&& other) noexcept {
    std::swap(link_, other.link_);
    return *this;
  }
  ~LinkPlace() {
    if (link_ != nullptr && link_->connections_max_ != 0) --link_->places_taken_;
  }

  // Null: moved from.
  Link* link() const { return link_; }

 private:
  Link* link_;
};

// A connection of a link that is being made: counted as such for as long as this exists.
class LinkDial {
 public:
  explicit LinkDial(Link& link) : place_(link) { ++link.counters().dialling; }
  LinkDial(LinkDial&& other) noexcept = default;
  LinkDial& operator=(LinkDial&& other) noexcept = default;
  ~LinkDial() {
    if (auto* link = place_.link()) --link->counters().dialling;
  }

  Link& link() const { return *place_.link(); }

 private:
  LinkPlace place_;
};

// One established connection of a link: counts it as live for as long as it exists.
class LinkUse {
 public:
  explicit LinkUse(Link& link) : place_(link) {
    ++link.counters().connections;
    ++link.counters().live;
  }
  LinkUse(LinkUse&& other) noexcept = default;
  LinkUse& operator=(LinkUse&& other) noexcept = default;
  ~LinkUse() {
    if (auto* link = place_.link()) --link->counters().live;
  }

  Link& link() const { return *place_.link(); }

 private:
  LinkPlace place_;
};

}  // namespace dispatch::link

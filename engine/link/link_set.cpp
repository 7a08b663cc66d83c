#include "engine/link/link_set.hpp"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace dispatch::link {
namespace {

// The lower, the sooner it is used: by health, and a last resort only before what does not work.
int rank(const Link& link) {
  const auto health = link.health();
  const bool is_last = link.allowance() == Allowance::last_resort;
  if (health == Health::down) return is_last ? 5 : 4;
  return is_last ? 3 : static_cast<int>(health);
}

// Those that are as good as the best of them.
void keep_best(std::vector<Link*>& candidates) {
  const auto worse = [](const Link* a, const Link* b) { return rank(*a) < rank(*b); };
  const auto best = std::min_element(candidates.begin(), candidates.end(), worse);
  if (best == candidates.end()) return;
  std::erase_if(candidates,
                [least = rank(**best)](const Link* each) { return rank(*each) > least; });
}

}  // namespace

LinkSet::LinkSet(std::vector<std::unique_ptr<Link>> links, MakePolicy make_policy)
    : make_policy_(std::move(make_policy)), traits_(make_policy_()->traits()) {
  for (auto& link : links) links_.push_back({std::move(link)});
  for (const auto family : {net::Family::v4, net::Family::v6}) {
    direct_.set_egress(family, net::kAnyEgress);
  }
}

void Turn::give_back() {
  const std::scoped_lock lock(set_->choosing_);
  policy_->take_back(link(), candidates_);
}

template <typename Able>
std::optional<Turn> LinkSet::take_turn_of(Able is_able, const Need& need) {
  std::vector<bool> able;
  std::vector<Link*> candidates;
  const std::scoped_lock lock(choosing_);
  able.reserve(links_.size());
  candidates.reserve(links_.size());
  for (const auto& [link, retired] : links_) {
    able.push_back(!retired && link->is_enabled() && (is_able(*link) & need.families).any());
    if (!able.back() || link->is_full() || link->allowance() == Allowance::spent) continue;
    if (need.waits && link->allowance() == Allowance::last_resort) continue;
    if (std::find(need.tried.begin(), need.tried.end(), link.get()) != need.tried.end()) continue;
    candidates.push_back(link.get());
  }
  if (candidates.empty()) return std::nullopt;
  if (traits_.reads_rates) {
    for (auto* link : candidates) link->figures().observe(link->counters(), need.now);
  }
  keep_best(candidates);
  auto& policy = policies_[std::move(able)];
  if (!policy) policy = make_policy_();
  Turn turn(*this, policy, std::move(candidates), need);
  if (traits_.reads_rates) turn.link().figures().chosen(need.now);
  return turn;
}

void LinkSet::answered(Link& link, net::Duration after, net::TimePoint now) {
  const std::scoped_lock lock(choosing_);
  if (traits_.reads_rates) link.figures().answered(after, now);
}

void LinkSet::failed(Link& link, net::Duration after, net::TimePoint now) {
  const std::scoped_lock lock(choosing_);
  if (traits_.reads_rates) link.figures().failed(after, now);
}

void LinkSet::sample(net::TimePoint now) {
  const std::scoped_lock lock(choosing_);
  for (const auto& entry : links_) entry.link->figures().observe(entry.link->counters(), now);
}

PolicyTraits LinkSet::traits() const {
  const std::scoped_lock lock(choosing_);
  return traits_;
}

void LinkSet::set_policy(MakePolicy make_policy) {
  const auto traits = make_policy()->traits();
  const std::scoped_lock lock(choosing_);
  make_policy_ = std::move(make_policy);
  traits_ = traits;
  policies_.clear();
}

std::optional<Turn> LinkSet::take_turn(const Need& need) {
  return take_turn_of([](const Link& link) { return Families::of(link); }, need);
}

std::optional<Turn> LinkSet::take_socket_turn(const Need& need) {
  return take_turn_of([](const Link& link) { return Families::of_sockets(link); }, need);
}

std::optional<Turn> LinkSet::take_datagram_turn(const Need& need) {
  return take_turn_of([](const Link& link) { return Families::of_datagrams(link); }, need);
}

std::optional<LinkDial> LinkSet::take_place(Link& link) {
  const std::scoped_lock lock(choosing_);
  if (link.is_full() || link.allowance() == Allowance::spent) return std::nullopt;
  return LinkDial(link);
}

void LinkSet::set_standing(Link& link, Standing standing) {
  {
    const std::scoped_lock lock(choosing_);
    link.tracker_.adopt(standing);
    if (!store(link, std::move(standing))) return;
  }
  tell(link);
}

// Whether it is another one.
bool LinkSet::store(Link& link, Standing standing) {
  const std::scoped_lock lock(link.changing_);
  if (standing == link.standing_) return false;
  link.health_.store(standing.health, std::memory_order_relaxed);
  link.standing_ = std::move(standing);
  return true;
}

std::optional<Standing> LinkSet::observe(Link& link, const Evidence& evidence) {
  std::optional<Standing> changed;
  {
    const std::scoped_lock lock(choosing_);
    if (evidence.peer && !link.upstream()) last_peer_ = evidence.peer;
    const auto received = link.counters().received.total();
    changed = link.tracker_.take(evidence, health_options_, received);
    link.connect_time_.store(link.tracker_.connect_time().count(), std::memory_order_relaxed);
    if (!changed) return changed;
    store(link, *changed);
  }
  tell(link);
  return changed;
}

void observe(LinkSet& links, Link& link, const Evidence& evidence, net::Log& log) {
  const auto changed = links.observe(link, evidence);
  if (!changed) return;
  const bool is_bad = changed->health == Health::suspect || changed->health == Health::down;
  const auto line =
      fmt::format("{} is {}: {}", link.name(), to_string(changed->health), changed->reason);
  log.write(is_bad ? net::LogLevel::warning : net::LogLevel::info, line);
}

std::vector<net::Endpoint> LinkSet::probe_peers(const Link& link) const {
  std::vector<net::Endpoint> peers;
  {
    const std::scoped_lock lock(choosing_);
    peers = link.tracker_.peers();
    // Another link's peer is no proxy of this one's.
    const bool is_new = std::find(peers.begin(), peers.end(), last_peer_) == peers.end();
    if (last_peer_ && is_new && !link.upstream()) peers.push_back(*last_peer_);
  }
  const auto& through = link.upstream() ? link.via() : link;
  std::erase_if(peers, [&](const net::Endpoint& peer) {
    return !through.has_egress(net::family_of(peer.address));
  });
  return peers;
}

void LinkSet::set_weight(Link& link, unsigned weight) {
  if (link.weight_.exchange(weight) != weight) tell(link);
}

void LinkSet::set_enabled(Link& link, bool enabled) {
  if (link.enabled_.exchange(enabled) != enabled) tell(link);
}

void LinkSet::set_limits(Link& link, const LinkLimits& limits, net::TimePoint now) {
  link.set_limits(limits, now);
  tell(link);
}

void LinkSet::set_cap_usage(Link& link, const std::optional<CapUsage>& usage) {
  auto allowance = Allowance::free;
  if (usage && usage->reached) {
    const bool is_last = usage->cap.at_cap == AtCap::last_resort;
    allowance = is_last ? Allowance::last_resort : Allowance::spent;
  }
  {
    const std::scoped_lock lock(link.changing_);
    link.cap_usage_ = usage;
  }
  if (link.allowance_.exchange(allowance) != allowance) tell(link);
}

void LinkSet::set_presence(Link& link, const Presence& presence, net::TimePoint now) {
  auto& bound = link.upstream() ? link.via() : link;
  if (bound.set_presence(presence, now)) tell(link);
}

Link& LinkSet::add(std::unique_ptr<Link> link) {
  auto& added = *link;
  {
    const std::scoped_lock lock(choosing_);
    links_.push_back({std::move(link)});
  }
  tell(added);
  return added;
}

void LinkSet::retire(Link& link) {
  {
    const std::scoped_lock lock(choosing_);
    const auto is_it = [&](const Entry& entry) { return entry.link.get() == &link; };
    const auto found = std::find_if(links_.begin(), links_.end(), is_it);
    if (found == links_.end() || std::exchange(found->retired, true)) return;
  }
  tell(link);
}

std::shared_ptr<LinkWatch> LinkSet::watch(net::asio::any_io_executor executor,
                                          LinkWatch::Changed changed) {
  const std::shared_ptr<LinkWatch> watch(new LinkWatch(std::move(executor), std::move(changed)));
  const std::scoped_lock lock(choosing_);
  std::erase_if(watches_, [](const auto& each) { return each.expired(); });
  watches_.push_back(watch);
  return watch;
}

// The watch may go on its own thread meanwhile: whether it is still there is asked again there.
void LinkSet::tell(Link& link) {
  const std::scoped_lock lock(choosing_);
  for (const auto& each : watches_) {
    const auto watch = each.lock();
    if (!watch) continue;
    net::asio::post(watch->executor_, [each, &link] {
      if (const auto there = each.lock()) there->changed_(link);
    });
  }
}

template <typename Able>
bool LinkSet::any_link(Able is_able) const {
  const std::scoped_lock lock(choosing_);
  return std::any_of(links_.begin(), links_.end(),
                     [&](const Entry& entry) { return !entry.retired && is_able(*entry.link); });
}

bool LinkSet::has_better(const Link& link) const {
  return any_link([least = rank(link)](const Link& each) {
    return each.is_enabled() && each.allowance() != Allowance::spent && rank(each) < least;
  });
}

bool LinkSet::carries_datagrams() const {
  return any_link([](const Link& link) { return Families::of_datagrams(link).any(); });
}

bool LinkSet::any_enabled() const {
  return any_link([](const Link& link) { return link.is_enabled(); });
}

bool LinkSet::all_spent() const {
  return any_enabled() && !any_link([](const Link& link) {
           return link.is_enabled() && link.allowance() != Allowance::spent;
         });
}

bool LinkSet::has_last_resort(std::span<Link* const> tried) const {
  return any_link([&](const Link& link) {
    return link.is_enabled() && link.allowance() == Allowance::last_resort &&
           std::find(tried.begin(), tried.end(), &link) == tried.end();
  });
}

bool LinkSet::serves(net::Family family) const {
  return any_link([&](const Link& link) { return link.serves(family); });
}

bool LinkSet::has_absent() const {
  return any_link([](const Link& link) { return link.is_enabled() && link.is_absent(); });
}

bool LinkSet::has_address(net::Family family) const {
  return any_link([&](const Link& link) { return link.has_egress(family); });
}

std::vector<Link*> LinkSet::links() const {
  std::vector<Link*> listed;
  const std::scoped_lock lock(choosing_);
  listed.reserve(links_.size());
  for (const auto& [link, retired] : links_) {
    if (!retired) listed.push_back(link.get());
  }
  return listed;
}

}  // namespace dispatch::link

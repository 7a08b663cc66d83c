#include "engine/fleet/address_pool.hpp"

#include <algorithm>
#include <array>
#include <cassert>

namespace dispatch::fleet {
namespace {

constexpr std::array<std::string_view, 4> kStrategies = {"round-robin", "weighted", "least-busy",
                                                         "sticky"};
constexpr std::size_t kForgottenMax = 1024;  // addresses of an agent that it no longer has

// FNV-1a, then mixed: the same everywhere and always.
std::uint64_t hash_of(std::string_view a, std::string_view b, std::string_view c) {
  std::uint64_t hash = 14695981039346656037ull;
  for (const auto part : {a, b, c}) {
    for (const char each : part) {
      hash = (hash ^ static_cast<unsigned char>(each)) * 1099511628211ull;
    }
    hash = (hash ^ 0xff) * 1099511628211ull;
  }
  hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccdull;
  hash = (hash ^ hash >> 33) * 0xc4ceb9fe1a85ec53ull;
  return hash ^ hash >> 33;
}

bool is_gone(const AgentEntry& agent) {
  return !agent.is_connected() && agent.in_flight == 0;
}

}  // namespace

std::string_view to_string(Strategy strategy) {
  return kStrategies[static_cast<std::size_t>(strategy)];
}

std::optional<Strategy> parse_strategy(std::string_view text) {
  for (std::size_t i = 0; i < kStrategies.size(); ++i) {
    if (kStrategies[i] == text) return static_cast<Strategy>(i);
  }
  return std::nullopt;
}

AgentEntry* AddressPool::find(std::string_view agent_id) {
  const auto found = agents_.find(agent_id);
  return found == agents_.end() ? nullptr : found->second.get();
}

std::vector<std::string> AddressPool::gone_since(net::TimePoint since) const {
  std::vector<std::string> gone;
  for (const auto& [id, agent] : agents_) {
    if (is_gone(*agent) && agent->heard_at <= since) gone.push_back(id);
  }
  return gone;
}

std::optional<std::string> AddressPool::longest_gone() const {
  const AgentEntry* found = nullptr;
  for (const auto& [id, agent] : agents_) {
    if (is_gone(*agent) && (found == nullptr || agent->heard_at < found->heard_at)) {
      found = agent.get();
    }
  }
  if (found == nullptr) return std::nullopt;
  return found->info.agent_id;
}

std::size_t AddressPool::offered_addresses() const {
  std::size_t count = 0;
  for (const auto& [id, agent] : agents_) {
    for (const auto& [text, address] : agent->addresses) count += address->offered ? 1 : 0;
  }
  return count;
}

// In the ring as long as it can be used.
void AddressPool::settle(PoolAddress& address) {
  const bool usable = address.offered && address.agent->is_connected();
  if (usable == address.turn.has_value()) return;
  if (usable) {
    address.turn = ring_.insert(ring_.end(), &address);
  } else {
    ring_.erase(*address.turn);
    address.turn.reset();
  }
}

void AddressPool::settle_all(AgentEntry& agent) {
  for (const auto& [text, address] : agent.addresses) settle(*address);
}

AgentEntry& AddressPool::update(const Registration& registration, net::WallTime wall,
                                net::TimePoint now) {
  auto& slot = agents_[registration.agent_id];
  if (!slot) slot = std::make_unique<AgentEntry>();
  auto& agent = *slot;
  agent.info = registration;
  heard(agent, wall, now);
  for (const auto& [text, address] : agent.addresses) address->offered = false;
  // In the order in which the agent names them: so do their first turns come.
  for (const auto& text : registration.addresses) {
    auto& address = agent.addresses[text];
    if (!address) {
      address = std::make_unique<PoolAddress>();
      address->text = text;
      address->prefix = net::parse_prefix(text).value();
      address->agent = &agent;
    }
    address->offered = true;
    settle(*address);
  }
  settle_all(agent);
  if (agent.addresses.size() > registration.addresses.size() + kForgottenMax) {
    std::erase_if(agent.addresses, [](const auto& each) {
      return !each.second->offered && each.second->in_flight == 0;
    });
  }
  return agent;
}

void AddressPool::connected(AgentEntry& agent, std::uint64_t connection, net::WallTime wall,
                            net::TimePoint now) {
  connected_ += agent.is_connected() ? 0 : 1;
  agent.connection = connection;
  // What was wrong with an address may have been the connection.
  for (const auto& [text, address] : agent.addresses) address->resting_until = {};
  heard(agent, wall, now);
  for (const auto& text : agent.info.addresses) settle(*agent.addresses.at(text));
}

bool AddressPool::disconnected(AgentEntry& agent, std::uint64_t connection) {
  if (agent.connection != connection) return false;
  agent.connection = 0;
  --connected_;
  settle_all(agent);
  return true;
}

void AddressPool::heard(AgentEntry& agent, net::WallTime wall, net::TimePoint now) {
  agent.last_seen = wall;
  agent.heard_at = now;
}

void AddressPool::remove(const std::string& agent_id) {
  const auto found = agents_.find(agent_id);
  if (found == agents_.end()) return;
  auto& agent = *found->second;
  assert(agent.in_flight == 0);
  if (agent.is_connected()) disconnected(agent, agent.connection);
  agents_.erase(found);
}

bool AddressPool::fits(const PoolAddress& address, const Wish& wish) const {
  if (!wish.agent_id.empty() && address.agent->info.agent_id != wish.agent_id) return false;
  if (wish.family && address.family() != *wish.family) return false;
  if (!wish.source_ip.empty() && address.text != wish.source_ip) {
    const auto wanted = net::parse_address(wish.source_ip);
    if (!wanted || !address.is_prefix() || !address.prefix.contains(*wanted)) return false;
  }
  return std::ranges::find(wish.without, &address) == wish.without.end();
}

bool AddressPool::has_room(const PoolAddress& address) const {
  const auto& agent = *address.agent;
  const auto own = agent.info.concurrency;
  const auto limit = own == 0                 ? limits_.per_agent
                     : limits_.per_agent == 0 ? own
                                              : std::min(own, limits_.per_agent);
  if (limit != 0 && agent.in_flight >= limit) return false;
  return limits_.per_address == 0 || address.in_flight < limits_.per_address;
}

Choice::Why AddressPool::why_none(const Wish& wish) const {
  using Why = Choice::Why;
  if (!wish.without.empty()) return Why::all_tried;
  if (!wish.agent_id.empty()) {
    const auto found = agents_.find(wish.agent_id);
    if (found == agents_.end()) return Why::unknown_agent;
    if (!found->second->is_connected()) return Why::disconnected_agent;
  }
  bool any = false;
  bool any_fits = false;
  for (const auto& [id, agent] : agents_) {
    for (const auto& [text, address] : agent->addresses) {
      any = any || address->offered;
      any_fits = any_fits || (address->offered && fits(*address, wish));
    }
  }
  if (!any) return Why::empty;
  if (!wish.source_ip.empty() && !any_fits) return Why::unknown_address;
  return Why::none_available;
}

Choice AddressPool::choose(const Wish& wish, net::TimePoint now) {
  PoolAddress* best = nullptr;
  PoolAddress* resting = nullptr;
  bool busy = false;
  std::uint64_t best_hash = 0;
  std::int64_t weights = 0;
  for (auto* address : ring_) {
    if (!fits(*address, wish)) continue;
    if (!has_room(*address)) {
      busy = true;
      continue;
    }
    if (address->resting_until > now) {
      // Where there is no other, it is better than none.
      if (resting == nullptr) resting = address;
      continue;
    }
    const auto weight = static_cast<std::int64_t>(address->agent->info.weight);
    bool better = best == nullptr;
    switch (wish.strategy) {
      case Strategy::round_robin:
        break;
      case Strategy::weighted:
        weights += weight;
        address->credit += weight;
        better = better || address->credit > best->credit;
        break;
      case Strategy::least_busy: {
        const auto load = [](const PoolAddress& each) { return each.agent->in_flight + 1; };
        better = better || load(*address) * best->agent->info.weight <
                               load(*best) * address->agent->info.weight;
        break;
      }
      case Strategy::sticky: {
        const auto hash = hash_of(wish.session, address->agent->info.agent_id, address->text);
        better = better || hash > best_hash;
        if (better) best_hash = hash;
        break;
      }
    }
    if (better) best = address;
    if (wish.strategy == Strategy::round_robin) break;
  }
  if (best != nullptr && wish.strategy == Strategy::weighted) best->credit -= weights;
  if (best == nullptr && !busy) best = resting;
  if (best != nullptr) return {Choice::Why::chosen, best};
  if (busy) return {Choice::Why::busy, nullptr};
  return {why_none(wish), nullptr};
}

void AddressPool::begin(PoolAddress& address) {
  ++address.in_flight;
  ++address.agent->in_flight;
  if (address.turn) ring_.splice(ring_.end(), ring_, *address.turn);
}

void AddressPool::give_back(PoolAddress& address) {
  assert(address.in_flight != 0 && address.agent->in_flight != 0);
  --address.in_flight;
  --address.agent->in_flight;
}

void AddressPool::end(PoolAddress& address, bool answered, net::WallTime now) {
  give_back(address);
  ++address.requests;
  ++address.agent->requests;
  address.last_used = now;
  if (answered) return;
  ++address.failures;
  ++address.agent->failures;
}

}  // namespace dispatch::fleet

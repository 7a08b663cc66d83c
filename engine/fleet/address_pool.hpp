// The agents that a coordinator knows, the source addresses that they offer, and whose turn it is.
// A state machine of names and times: it knows no sockets.
#pragma once

#include "engine/fleet/agent_message.hpp"
#include "engine/net/time.hpp"

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::fleet {

struct AgentEntry;

// One source address of one agent, or one prefix of which the agent draws addresses. Two agents may
// have the same one (behind NATs). It is kept, with its counters, when the agent loses it and gets
// it back.
struct PoolAddress {
  std::string text;
  net::Prefix prefix;  // of an address: all its bits
  AgentEntry* agent = nullptr;
  bool offered = false;            // the agent has it now
  net::TimePoint resting_until{};  // after a failure that was its own
  std::uint64_t in_flight = 0;
  std::uint64_t requests = 0;  // attempts that ended
  std::uint64_t failures = 0;  // of these, without an answer of the target's
  std::optional<net::WallTime> last_used;
  std::int64_t credit = 0;  // of the weighted choice

  bool is_prefix() const { return prefix.length != (prefix.address.is_v6() ? 128 : 32); }
  net::Family family() const { return net::family_of(prefix.address); }

 private:
  friend class AddressPool;
  std::optional<std::list<PoolAddress*>::iterator> turn;  // in the ring
};

struct AgentEntry {
  Registration info;
  std::uint64_t connection = 0;  // whose word counts; 0: it is not connected
  net::WallTime last_seen{};
  net::TimePoint heard_at{};
  std::uint64_t in_flight = 0;
  std::uint64_t requests = 0;  // attempts that ended
  std::uint64_t failures = 0;
  std::map<std::string, std::unique_ptr<PoolAddress>> addresses;

  bool is_connected() const { return connection != 0; }
};

enum class Strategy : std::uint8_t { round_robin, weighted, least_busy, sticky };

std::string_view to_string(Strategy strategy);  // "round-robin"
std::optional<Strategy> parse_strategy(std::string_view text);

// What a request asks of its way out.
struct Wish {
  Strategy strategy = Strategy::round_robin;
  std::string agent_id;   // only this one; empty: any
  std::string source_ip;  // only this address, or one of a prefix that has it; empty: any
  std::string session;    // of the sticky choice: the same address for the same text
  std::optional<net::Family> family;
  std::vector<const PoolAddress*> without;  // tried already
};

struct PoolLimits {
  std::uint64_t per_agent = 100;  // requests in flight
  std::uint64_t per_address = 0;  // 0: no limit
};

struct Choice {
  enum class Why : std::uint8_t {
    chosen,
    busy,            // one that would do is at a limit: wait
    empty,           // nobody has registered an address
    none_available,  // no address of a connected agent, or none of the family
    unknown_agent,
    disconnected_agent,
    unknown_address,
    all_tried,
  };

  Why why = Why::empty;
  PoolAddress* address = nullptr;
};

class AddressPool {
 public:
  explicit AddressPool(const PoolLimits& limits) : limits_(limits) {}

  // A new agent, or news of one: its counters stay, and so does the place in the ring of the
  // addresses that it keeps.
  AgentEntry& update(const Registration& registration, net::WallTime wall, net::TimePoint now);
  // From now on this connection speaks for the agent; that before it no longer does.
  void connected(AgentEntry& agent, std::uint64_t connection, net::WallTime wall,
                 net::TimePoint now);
  // False: another connection speaks for it by now.
  bool disconnected(AgentEntry& agent, std::uint64_t connection);
  void heard(AgentEntry& agent, net::WallTime wall, net::TimePoint now);
  // Its requests must have ended.
  void remove(const std::string& agent_id);

  AgentEntry* find(std::string_view agent_id);

  // Agents that are not connected, were not heard of since then, and have nothing under way.
  std::vector<std::string> gone_since(net::TimePoint since) const;
  // Of all that are not connected, the one that was heard of longest ago.
  std::optional<std::string> longest_gone() const;

  // Round robin: the one whose turn was longest ago, so that shares are exact over any span in
  // which the same addresses are available. Weighted: smoothly, by the agents' weights. Least busy:
  // with the fewest requests in flight for its weight; of equals, the one whose turn was longest
  // ago. Sticky: by the session's rendezvous hash, so that other sessions stay where they are when
  // addresses come and go.
  Choice choose(const Wish& wish, net::TimePoint now);

  // A request goes out by it: it has had its turn.
  void begin(PoolAddress& address);
  // It has ended. `answered`: by the target.
  void end(PoolAddress& address, bool answered, net::WallTime now);
  // It was never sent to the agent.
  void give_back(PoolAddress& address);
  // Nothing goes out by it until then, where others can be had.
  void rest(PoolAddress& address, net::TimePoint until) { address.resting_until = until; }
  bool is_available(const PoolAddress& address, net::TimePoint now) const {
    return address.turn.has_value() && address.resting_until <= now;
  }

  const std::map<std::string, std::unique_ptr<AgentEntry>, std::less<>>& agents() const {
    return agents_;
  }
  std::size_t connected_agents() const { return connected_; }
  std::size_t offered_addresses() const;

 private:
  bool fits(const PoolAddress& address, const Wish& wish) const;
  bool has_room(const PoolAddress& address) const;
  void settle(PoolAddress& address);
  void settle_all(AgentEntry& agent);
  Choice::Why why_none(const Wish& wish) const;

  PoolLimits limits_;
  std::map<std::string, std::unique_ptr<AgentEntry>, std::less<>> agents_;
  std::list<PoolAddress*> ring_;  // of connected agents; whose turn was longest ago in front
  std::size_t connected_ = 0;
};

}  // namespace dispatch::fleet

// The agent: offers its addresses to coordinators, and executes what they ask for.
//
// For each coordinator it keeps one connection: it registers there (POST /api/agents/register) and
// makes the same connection a WebSocket (/ws/agent/ID), over which commands and results go. Where
// that ends it begins anew, registration and all, so that a coordinator that was restarted knows it
// again. What a connection asked for ends with it.
#pragma once

#include "engine/fleet/address_finder.hpp"
#include "engine/fleet/agent_message.hpp"
#include "engine/fleet/http_fetcher.hpp"
#include "engine/fleet/websocket.hpp"
#include "engine/net/condition.hpp"
#include "engine/net/runtime.hpp"
#include "engine/net/task_group.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dispatch::fleet {

struct AgentOptions {
  std::string id;
  std::string hostname;
  std::vector<TargetUrl> coordinators;      // http or https; all of them are served
  std::string token;                        // empty: none is shown
  std::shared_ptr<const tls::Context> tls;  // of https coordinators
  AddressChoice addresses;
  std::uint64_t weight = 1;
  std::uint64_t concurrency = 0;       // requests at once, of each coordinator; 0: as it has it
  std::size_t executing_max = 20'000;  // in all: beyond, a request is refused
  net::Duration heartbeat = std::chrono::seconds(30);
  net::Duration reconnect_max = std::chrono::seconds(4);  // between two attempts
  net::Duration connect_timeout = std::chrono::seconds(10);
  WebSocketLimits socket;
  FetcherOptions fetcher;
  std::optional<TargetPolicy> targets;  // its own, beside the coordinators'
};

struct AgentCounters {
  std::uint64_t executed = 0;     // requests that ended
  std::uint64_t answered = 0;     // of these, by the target
  std::uint64_t connections = 0;  // to coordinators, that became WebSockets
};

class Agent {
 public:
  // `options` outlive it.
  Agent(net::Runtime& runtime, const AgentOptions& options);
  ~Agent();

  // Until it is cancelled, or every coordinator has removed it.
  net::Task<void> run();

  const std::vector<std::string>& addresses() const { return addresses_; }
  const AgentCounters& counters() const { return counters_; }
  std::size_t connected() const { return connected_; }
  std::size_t executing() const { return executing_; }

 private:
  struct Session;
  struct Running;
  enum class Ended : std::uint8_t { before, after_connecting, replaced, removed };

  net::Task<void> serve(const TargetUrl& coordinator);
  net::Task<Ended> session(const TargetUrl& coordinator);
  net::Task<void> listen_to(std::shared_ptr<Session> shared);
  net::Task<void> send_heartbeats(Session& session);
  net::Task<void> follow_addresses();
  void refresh_addresses();
  bool is_local(const net::Address& address) const;
  void take_command(const std::shared_ptr<Session>& shared, std::string_view text);
  net::Task<void> execute(std::shared_ptr<Session> shared, ExecuteCommand command);
  std::optional<net::Address> source_for(const std::string& text);
  Registration registration() const;
  void complain(const TargetUrl& coordinator, const std::string& what);

  net::Runtime& runtime_;
  const AgentOptions& options_;
  HttpFetcher fetcher_;
  std::vector<std::string> addresses_;
  std::vector<net::Prefix> local_;  // what the interfaces have
  net::Condition addresses_changed_;
  net::TaskGroup tasks_;
  AgentCounters counters_;
  std::size_t connected_ = 0;
  std::size_t executing_ = 0;
  std::map<std::string, std::string> complaints_;  // by coordinator: the last one, not told again
};

}  // namespace dispatch::fleet

// A coordinator, agents, a target and a caller, each on a simulated host.
#pragma once

#include "engine/fleet/agent.hpp"
#include "engine/fleet/api_server.hpp"
#include "engine/fleet/coordinator.hpp"
#include "engine/traffic/ledger.hpp"
#include "sim/core/simulation.hpp"
#include "sim/host/dns_server.hpp"
#include "sim/host/world.hpp"
#include "sim/link/link.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>
#include <vector>

namespace dispatch::fleet {

using namespace std::chrono_literals;  // NOLINT: tests speak of times all the time

inline net::Prefix prefix(const std::string& text) {
  return net::parse_prefix(text).value();
}

// What a caller hears.
struct Answer {
  unsigned status = 0;  // 0: the connection failed
  std::string body;
  bool ended = false;

  json::object object() const { return json::parse(body).as_object(); }
  std::string text(const char* key) const { return std::string(object().at(key).as_string()); }
  std::string source() const {
    return std::string(object().at("metadata").at("source_ip").as_string());
  }
};

// One agent on a host of its own, with addresses 198.51.N.1, .2 ...
struct AgentNode {
  sim::Host* host = nullptr;
  sim::Link* link = nullptr;
  std::unique_ptr<AgentOptions> options;
  std::unique_ptr<Agent> agent;
};

// The coordinator's program, which can be killed and started again; its history stays.
struct CoordinatorNode {
  CoordinatorNode(sim::Host& on, const CoordinatorOptions& with, HistoryStore& store)
      : coordinator(on, with, store), server(coordinator) {}
  Coordinator coordinator;
  ApiServer server;
};

struct FleetWorld {
  explicit FleetWorld(CoordinatorOptions with = {}, std::uint64_t seed = 1);
  ~FleetWorld() { simulation.drop_tasks(); }

  static constexpr auto kUrl = "http://203.0.113.80/";

  AgentNode& add_agent(const std::string& name, unsigned addresses = 1,
                       const std::function<void(AgentOptions&)>& change = nullptr);
  void start_agent(AgentNode& node);
  void start_coordinator();
  void kill_coordinator() { hub.kill(); }

  static sim::DirectionOptions usual();
  static AgentOptions agent_options(const std::string& name);

  // Sends a call as it is; its answer is there when it has ended.
  std::shared_ptr<Answer> send(const std::string& method, const std::string& text);
  std::shared_ptr<Answer> call(const std::string& method, const std::string& target,
                               const std::string& body = "", const std::string& token = "");
  // The same, and waits for it.
  Answer ask(const std::string& method, const std::string& target, const std::string& body = "");
  std::shared_ptr<Answer> execute(const std::string& name, json::object more = {});
  Answer execute_now(const std::string& name, json::object more = {});

  void run_for(net::Duration span) { simulation.run_until(simulation.now() + span); }
  Coordinator& coordinator() { return node->coordinator; }
  std::uint64_t times(const std::string& name) const;

  sim::Simulation simulation;
  sim::World world;
  sim::Host& hub;
  sim::Host& shop;
  sim::Host& caller;
  sim::Link* hub_link;
  sim::Link* shop_link;
  sim::DnsServer names;  // the target's, under shop.example
  CoordinatorOptions options;
  bool agents_have_v6 = false;
  MemoryHistory history{1000};
  std::vector<std::unique_ptr<CoordinatorNode>> gone;  // programs that were killed
  std::unique_ptr<CoordinatorNode> node;
  std::vector<std::unique_ptr<AgentNode>> agents;
  std::vector<std::unique_ptr<Agent>> gone_agents;
  std::unique_ptr<traffic::Ledger> ledger;
};

}  // namespace dispatch::fleet

// The world of a scenario: the machine with its links, the internet's hosts, and the real engine.
#pragma once

#include "engine/link/link_set.hpp"
#include "engine/proxy/server.hpp"
#include "engine/traffic/origin.hpp"
#include "sim/core/simulation.hpp"
#include "sim/host/dns_server.hpp"
#include "sim/host/world.hpp"
#include "sim/scenario/scenario.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace dispatch::scenario {

// Destroys what waits in a simulation, for whoever owns what coroutines refer to: the last member.
class TaskDropper {
 public:
  explicit TaskDropper(sim::Simulation& simulation) : simulation_(simulation) {}
  ~TaskDropper() { simulation_.drop_tasks(); }
  TaskDropper(const TaskDropper&) = delete;
  TaskDropper& operator=(const TaskDropper&) = delete;

 private:
  sim::Simulation& simulation_;
};

// Throws net::ConfigError or ScenarioError where the scenario is not one that can be built.
class ScenarioWorld {
 public:
  // `scenario` has been checked and outlives this. Everything serves from the start: name server,
  // origins and proxy.
  ScenarioWorld(const Scenario& scenario, std::uint64_t seed);

  sim::Simulation& simulation() { return simulation_; }
  // Where the engine and its clients run.
  sim::Host& machine() { return *machine_; }
  net::Endpoint proxy() const { return proxy_; }

  // By the order of the scenario's links.
  sim::Link& link(std::size_t index) { return *links_[index]; }
  // The engine's links that leave by it: none, one, or one for each of its addresses.
  const std::vector<const link::Link*>& engine_links(std::size_t index) const {
    return engine_links_[index];
  }

  void apply(const EventSpec& event);

 private:
  void add_links();
  void add_hosts();
  void add_name_server();
  void start_engine();
  std::size_t link_of(const std::string& target) const;

  const Scenario& scenario_;
  sim::Simulation simulation_;
  sim::World world_;
  sim::Host* machine_;
  std::vector<sim::Link*> links_;
  std::vector<std::unique_ptr<traffic::Origin>> origins_;
  std::unique_ptr<sim::DnsServer> name_server_;
  std::unique_ptr<link::LinkSet> link_set_;
  std::vector<std::vector<const link::Link*>> engine_links_;
  std::unique_ptr<proxy::Server> server_;
  net::Endpoint proxy_;
  TaskDropper dropper_{simulation_};
};

}  // namespace dispatch::scenario

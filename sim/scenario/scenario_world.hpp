// The world of a scenario: the machine with its links, the internet's hosts, and the real engine.
#pragma once

#include "engine/link/follower.hpp"
#include "engine/link/link_set.hpp"
#include "engine/link/link_spec.hpp"
#include "engine/link/policy/registry.hpp"
#include "engine/proxy/server.hpp"
#include "engine/traffic/origin.hpp"
#include "sim/core/simulation.hpp"
#include "sim/host/dns_server.hpp"
#include "sim/host/world.hpp"
#include "sim/scenario/certificates.hpp"
#include "sim/scenario/fleet_programs.hpp"
#include "sim/scenario/portal_site.hpp"
#include "sim/scenario/scenario.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
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

// The links of an engine on `host`.
std::unique_ptr<link::LinkSet> make_link_set(sim::Host& host,
                                             const std::vector<link::LinkSpec>& specs,
                                             const link::PolicyChoice& policy);

// Throws net::ConfigError or ScenarioError where the scenario is not one that can be built.
class ScenarioWorld {
 public:
  // `scenario` has been checked and outlives this. Everything serves from the start: name server,
  // origins and proxy.
  ScenarioWorld(const Scenario& scenario, std::uint64_t seed);

  sim::Simulation& simulation() { return simulation_; }
  sim::World& world() { return world_; }

  // Where the programs of a workload run, and the machine whose dispatch they are pointed at.
  struct Place {
    std::vector<sim::Host*> hosts;  // at least one
    std::size_t machine = 0;
    std::optional<net::Address> proxy;  // none: on the machine itself
  };
  Place place_of(const WorkloadSpec& workload) const;

  // As the scenario has them.
  const std::vector<proxy::ListenerSpec>& listeners(std::size_t machine) const {
    return dispatches_[machine]->listeners;
  }
  // The name of the link that the machine's dispatch has given the connection of this client;
  // empty: it has none now, or there are hundreds of connections.
  std::string link_of_client(std::size_t machine, const net::Endpoint& client) const;
  // The name of the link that one of these addresses belongs to, as the links and their NATs have
  // them now; empty: none does.
  std::string_view link_between(const net::Address& a, const net::Address& b) const;
  // Null: there is no host of that name.
  sim::Host* host_named(std::string_view name) const;
  // Whom its clients believe; null: nobody has a certificate.
  std::shared_ptr<const tls::Context> believed() const { return certificates_.client(); }

  // A way out of the machine, and the engine's links that leave by it: none, one, or one for each
  // of its addresses.
  struct Way {
    std::string name;
    std::size_t machine = 0;
    const sim::Link* line = nullptr;  // null: it has none of its own (a proxy, the host's routes)
    std::vector<const link::Link*> engine{};
  };
  // The scenario's links in their order, then other_ways().
  const std::vector<Way>& ways() const { return ways_; }

  // Of every engine, from now on.
  void set_policy(const link::LinkSet::MakePolicy& make);

  // Null: there is none.
  const FleetPrograms* fleet() const { return fleet_.get(); }

  // `event` outlives the run. `done` is called when it is over: at once, but for ramps, flaps,
  // reboots and what lasts.
  void apply(const EventSpec& event, std::function<void()> done);

 private:
  void add_links();
  void add_hosts();
  void add_name_server();
  std::unique_ptr<sim::DnsServer> make_name_server(sim::Host& host) const;
  void start_programs(std::size_t host);
  void start_fleet_on(const std::string& name, sim::Host& host,
                      const std::vector<net::Address>& addresses);
  sim::HostOptions machine_options(std::size_t machine) const;

  // In scenario_machines.cpp.
  void add_lans();
  void start_engine(std::size_t machine);
  void find_ways();
  void list_way_of(std::size_t machine, const link::Link& link);
  void name_upstreams(std::size_t machine, const std::vector<link::LinkSpec>& specs);
  void trust_upstreams(std::vector<link::LinkSpec>& specs);
  void open_listeners(std::size_t machine);
  sim::Host& machine_of(std::size_t link) {
    return *dispatches_[scenario_.links[link].machine]->host;
  }

  // In scenario_faults.cpp.
  void add_access(std::size_t link);  // its NAT and its portal
  void add_portal();
  void set_portal(std::size_t link, const std::optional<PortalSpec>& portal);
  void set_link_dns(std::size_t link, const std::optional<sim::DnsBehaviour>& behaviour);
  void set_dns(const EventSpec& event, const std::optional<sim::DnsBehaviour>& behaviour);
  void end_host_faults(std::size_t host);
  void apply_to_host(const EventSpec& event, std::function<void()> done);
  void apply_to_link(const EventSpec& event, std::function<void()> done);

  // In scenario_addresses.cpp.
  void change_address(std::size_t link, const std::vector<net::Prefix>& to);
  void take_addresses(std::size_t link, std::optional<net::Family> family);
  void take_routes(std::size_t link, std::optional<net::Family> family);
  void give_back(std::size_t link);

  void add_proxies(std::size_t index, sim::Host& host);
  std::shared_ptr<const tls::Context> shown_by(std::size_t host, const std::string& name);

  // A machine with its engine.
  struct Dispatch {
    sim::Host* host = nullptr;
    std::unique_ptr<link::LinkSet> links;
    std::unique_ptr<proxy::Server> server;
    std::unique_ptr<link::LinkFollower> follower;
    std::unique_ptr<net::TaskGroup> beside;  // runs it
    std::shared_ptr<link::LinkWatch> newcomers;
    std::vector<proxy::ListenerSpec> listeners;
  };

  // What events took from an interface, and `up` gives back.
  struct Taken {
    std::vector<net::Prefix> addresses;
    std::array<std::optional<std::uint32_t>, 2> metrics;  // of the default routes, IPv4 and IPv6
  };

  const Scenario& scenario_;
  sim::Simulation simulation_;
  sim::World world_;
  std::vector<sim::Link*> links_;
  std::vector<std::vector<net::Prefix>> addresses_;  // of the links, as they are now
  std::vector<Taken> taken_;
  std::vector<std::optional<sim::DnsBehaviour>> link_dns_;  // as of addresses_
  std::vector<std::uint64_t> rebindings_;                   // of the links' NATs
  std::vector<sim::Host*> hosts_;
  std::vector<sim::Link*> host_lines_;
  std::vector<std::uint64_t> reboots_;  // of the hosts
  std::vector<bool> off_;               // until the end of a reboot
  std::vector<std::unique_ptr<traffic::Origin>> origins_;
  std::unique_ptr<sim::DnsServer> name_server_;
  std::vector<std::pair<std::size_t, std::unique_ptr<sim::DnsServer>>> host_name_servers_;
  std::unique_ptr<PortalSite> portal_;
  std::unique_ptr<FleetPrograms> fleet_;
  Certificates certificates_;
  std::vector<std::unique_ptr<link::LinkSet>> upstream_links_;
  std::vector<std::unique_ptr<proxy::Server>> upstreams_;
  std::vector<std::vector<sim::Host*>> clients_;  // of each ClientSpec
  std::vector<Way> ways_;
  std::vector<std::unique_ptr<Dispatch>> dispatches_;  // of the machines
  TaskDropper dropper_{simulation_};
};

}  // namespace dispatch::scenario

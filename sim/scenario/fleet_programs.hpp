// A scenario's fleet: the coordinator, its agents, and the targets' ledgers, as programs of hosts.
#pragma once

#include "engine/fleet/agent.hpp"
#include "engine/fleet/api_server.hpp"
#include "engine/fleet/coordinator.hpp"
#include "engine/traffic/ledger.hpp"
#include "sim/host/host.hpp"
#include "sim/scenario/scenario.hpp"

#include <memory>
#include <string>
#include <vector>

namespace dispatch::scenario {

// Programs that were killed and started again: the objects of those before stay to the end, as
// their memory would. The history is the coordinators', as a file of the disk.
class FleetPrograms {
 public:
  static constexpr std::uint16_t kPort = 8000;
  static constexpr std::uint16_t kTargetPort = 8080;

  // `coordinator`: an address of its host.
  FleetPrograms(const FleetSpec& spec, const net::Address& coordinator);

  // What the fleet has on that host, if anything. Where the host cannot listen: what is wrong.
  std::string start_on(const std::string& name, sim::Host& host,
                       const std::vector<net::Address>& addresses);

  net::Endpoint coordinator() const { return {coordinator_, kPort}; }
  // How often the target has executed the request of that name.
  std::uint64_t times(const std::string& target, const std::string& name) const;
  const fleet::MemoryHistory& history() const { return history_; }

 private:
  struct Hub {
    Hub(sim::Host& host, const fleet::CoordinatorOptions& options, fleet::HistoryStore& store)
        : coordinator(host, options, store), server(coordinator) {}
    fleet::Coordinator coordinator;
    fleet::ApiServer server;
  };
  struct Member {
    Member(sim::Host& host, fleet::AgentOptions its)
        : options(std::move(its)), agent(host, options) {}
    fleet::AgentOptions options;
    fleet::Agent agent;
  };
  struct Counting {
    std::string target;
    std::unique_ptr<traffic::Ledger> ledger;
  };

  const FleetSpec& spec_;
  net::Address coordinator_;
  fleet::CoordinatorOptions options_;
  fleet::MemoryHistory history_;
  std::vector<std::unique_ptr<Hub>> hubs_;
  std::vector<std::unique_ptr<Member>> members_;
  std::vector<Counting> ledgers_;
};

}  // namespace dispatch::scenario

// The machines of a scenario: their engines, their links as the engine has them, and the clients in
// their local networks.
#include "sim/scenario/engine_options.hpp"
#include "sim/scenario/plan.hpp"
#include "sim/scenario/scenario_world.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dispatch::scenario {

// Each client has a line of its own to the machine, which has one interface for all of them. No
// packet from elsewhere comes in by it, and none of the machine's leaves by it for elsewhere.
void ScenarioWorld::add_lans() {
  clients_.resize(scenario_.clients.size());
  for (std::size_t machine = 0; machine < dispatches_.size(); ++machine) {
    if (!has_clients(scenario_, machine)) continue;
    auto& host = *dispatches_[machine]->host;
    sim::DirectionOptions unlimited;
    unlimited.rate = sim::DataRate::unlimited();
    unlimited.delay = {};
    world_.attach(host, kLan, {lan_address(machine)}, sim::LinkOptions::symmetric(unlimited));
    host.remove_route({net::any_address(net::Family::v4), 0}, kLan);
    std::size_t number = 0;
    for (std::size_t i = 0; i < clients_.size(); ++i) {
      const auto& spec = scenario_.clients[i];
      if (scenario::machine_of(scenario_, spec.of) != machine) continue;
      sim::DirectionOptions line;
      line.rate = sim::DataRate::bits_per_second(spec.rate.bits_per_second);
      line.delay = spec.delay;
      for (std::uint64_t n = 1; n <= spec.count; ++n) {
        const auto name =
            spec.count == 1 ? "clients/" + spec.name : fmt::format("clients/{}-{}", spec.name, n);
        auto& client = world_.add_host(name, machine_options(machine));
        world_.attach(client, "eth0", {lan_address(machine, number++)},
                      sim::LinkOptions::symmetric(line));
        clients_[i].push_back(&client);
      }
    }
  }
}

ScenarioWorld::Place ScenarioWorld::place_of(const WorkloadSpec& workload) const {
  Place place;
  if (const auto machine = scenario::machine_of(scenario_, workload.client)) {
    place.machine = *machine;
    place.hosts.push_back(dispatches_[*machine]->host);
    return place;
  }
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    if (scenario_.clients[i].name != workload.client) continue;
    place.hosts = clients_[i];
    place.machine = scenario::machine_of(scenario_, scenario_.clients[i].of).value();
    place.proxy = lan_address(place.machine).address;
  }
  return place;
}

std::string ScenarioWorld::link_of_client(std::size_t machine, const net::Endpoint& client) const {
  constexpr std::size_t kMost = 500;  // looking through more would cost more than it tells
  const auto& server = *dispatches_[machine]->server;
  const auto view = server.view(kMost);
  if (view.connections.size() == kMost) return {};
  const auto name = net::to_string(client);
  for (auto each = view.connections.rbegin(); each != view.connections.rend(); ++each) {
    if (each->client == name) return each->link;
  }
  return {};
}

void ScenarioWorld::start_engine(std::size_t machine) {
  auto& dispatch = *dispatches_[machine];
  const auto& engine = engine_of(scenario_, machine);
  std::vector<link::LinkSpec> specs;
  for (const auto& start : engine.start) specs.push_back(link_spec_of(start));
  if (specs.empty() && has_clients(scenario_, machine)) {  // all but the way to them
    for (const auto& name : engine_link_names(scenario_, machine)) {
      specs.push_back(link::parse_link_spec(name));
    }
  }
  name_upstreams(machine, specs);
  trust_upstreams(specs);
  dispatch.links = make_link_set(*dispatch.host, specs, link::parse_policy(engine.policy.text));
  dispatch.listeners = listeners_of(scenario_, machine);
  auto options = server_options_of(engine);
  std::vector<std::string> names{"localhost", "127.0.0.1", "::1"};
  bool within_tls = false;
  for (const auto& each : dispatch.listeners) {
    names.push_back(net::to_string(each.endpoint.address));
    within_tls = within_tls || each.entrance.tls_only;
  }
  if (has_clients(scenario_, machine)) {
    names.push_back(net::to_string(lan_address(machine).address));
  }
  if (within_tls) options.tls = certificates_.server(names);
  dispatch.server =
      std::make_unique<proxy::Server>(*dispatch.host, *dispatch.links, std::move(options));
  open_listeners(machine);
  dispatch.server->start();
  dispatch.follower = std::make_unique<link::LinkFollower>(*dispatch.host, *dispatch.links,
                                                           link::automatic_spec(specs));
  dispatch.beside = std::make_unique<net::TaskGroup>(dispatch.host->executor(), nullptr);
  dispatch.beside->spawn(dispatch.follower->run());
  dispatch.newcomers =
      dispatch.links->watch(dispatch.host->executor(), [this, machine](link::Link& link) {
        if (link.attachment() && link.attachment()->automatic) list_way_of(machine, link);
      });
}

void ScenarioWorld::set_policy(const link::LinkSet::MakePolicy& make) {
  for (const auto& dispatch : dispatches_) dispatch->links->set_policy(make);
}

void ScenarioWorld::open_listeners(std::size_t machine) {
  auto& dispatch = *dispatches_[machine];
  for (std::size_t i = 0; i < dispatch.listeners.size(); ++i) {
    const auto opened = dispatch.server->open(dispatch.listeners[i]);
    if (opened) continue;
    const auto& written = engine_of(scenario_, machine).listen;
    throw ScenarioError(
        scenario_.source, i < written.size() ? written[i].position : Position{},
        fmt::format("the proxy cannot listen at {}: {}",
                    net::to_string(dispatch.listeners[i].endpoint), opened.error().message()));
  }
}

void ScenarioWorld::trust_upstreams(std::vector<link::LinkSpec>& specs) {
  for (auto& spec : specs) {
    if (!spec.upstream || spec.upstream->protocol != link::UpstreamProtocol::https) continue;
    auto believed = spec.insecure ? nullptr : certificates_.client();
    // Where nobody has a certificate, everyone who shows one is an impostor.
    if (!believed && !spec.insecure) believed = tls::Context::client_of_system();
    spec.upstream->tls = believed ? std::move(believed) : tls::Context::client_of_anyone();
  }
}

// A proxy may be called by its host's name in the scenario.
void ScenarioWorld::name_upstreams(std::size_t machine, const std::vector<link::LinkSpec>& specs) {
  for (const auto& spec : specs) {
    if (!spec.upstream) continue;
    for (std::size_t i = 0; i < scenario_.hosts.size(); ++i) {
      const auto& name = scenario_.hosts[i].name;
      if (spec.upstream->host != std::variant<net::Address, std::string>(name)) continue;
      dispatches_[machine]->host->add_host_name(name, addresses_of_host(scenario_, i));
    }
  }
}

void ScenarioWorld::list_way_of(std::size_t machine, const link::Link& link) {
  if (link.upstream()) {
    ways_.push_back({prefix_of(scenario_, machine) + link.name(), machine, nullptr, {&link}});
    return;
  }
  const auto& by = link.attachment().value();
  const auto target = by.address ? by.address->to_string() : by.interface;
  auto& engine = ways_[link_of(scenario_, target, machine).value()].engine;
  if (std::ranges::find(engine, &link) == engine.end()) engine.push_back(&link);
}

void ScenarioWorld::find_ways() {
  for (std::size_t i = 0; i < scenario_.links.size(); ++i) {
    ways_.push_back({scenario_.links[i].name, scenario_.links[i].machine, links_[i], {}});
  }
  for (std::size_t i = 0; i < dispatches_.size(); ++i) {
    for (const auto* link : dispatches_[i]->links->links()) list_way_of(i, *link);
    if (engine_of(scenario_, i).routes.empty()) continue;
    ways_.push_back({prefix_of(scenario_, i) + std::string(kDirect),
                     i,
                     nullptr,
                     {&dispatches_[i]->links->direct()}});
  }
}

}  // namespace dispatch::scenario

#include "sim/scenario/scenario_world.hpp"

#include "engine/link/link_spec.hpp"
#include "engine/link/smooth_weighted_round_robin.hpp"
#include "sim/scenario/plan.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dispatch::scenario {
namespace {

using Action = EventSpec::Action;

constexpr std::uint16_t kDnsPort = 53;
constexpr const char* kMachine = "client";
constexpr const char* kNameServer = "dns-server";

sim::Jitter jitter_of(Duration amount) {
  if (amount == Duration::zero()) return {};
  return {sim::Jitter::Shape::uniform, amount, false};
}

sim::DirectionOptions options_of(const DirectionSpec& spec) {
  sim::DirectionOptions options;
  options.rate = sim::DataRate::bits_per_second(spec.rate.bits_per_second);
  options.delay = spec.delay;
  options.jitter = jitter_of(spec.jitter);
  options.loss = spec.loss.value();
  options.queue = sim::QueueLimit::of(sim::ByteSize::bytes(queue_of(spec).count));
  return options;
}

void change(sim::LinkDirection& direction, const DirectionChange& change) {
  if (change.rate) direction.set_rate(sim::DataRate::bits_per_second(change.rate->bits_per_second));
  if (change.delay) direction.set_delay(*change.delay);
  if (change.jitter) direction.set_jitter(jitter_of(*change.jitter));
  if (change.loss) direction.set_loss(change.loss->value());
  if (change.queue) {
    direction.set_queue(sim::QueueLimit::of(sim::ByteSize::bytes(change.queue->count)));
  }
}

std::vector<net::Prefix> with_length(const std::vector<net::Address>& addresses) {
  std::vector<net::Prefix> prefixes;
  for (const auto& address : addresses) {
    prefixes.push_back({address, static_cast<std::uint8_t>(address.is_v6() ? 64 : 24)});
  }
  return prefixes;
}

std::vector<net::Endpoint> name_server_endpoints() {
  std::vector<net::Endpoint> endpoints;
  for (const auto& address : name_server_addresses()) endpoints.push_back({address, kDnsPort});
  return endpoints;
}

}  // namespace

ScenarioWorld::ScenarioWorld(const Scenario& scenario, std::uint64_t seed)
    : scenario_(scenario), simulation_(seed), world_(simulation_) {
  sim::HostOptions options;
  if (scenario.dns) options.nameservers = name_server_endpoints();
  machine_ = &world_.add_host(kMachine, options);
  add_links();
  add_hosts();
  if (scenario.dns) add_name_server();
  start_engine();
}

void ScenarioWorld::add_links() {
  for (std::size_t i = 0; i < scenario_.links.size(); ++i) {
    const auto& spec = scenario_.links[i];
    sim::LinkOptions options;
    options.down = options_of(spec.down);
    options.up = options_of(spec.up);
    links_.push_back(
        &world_.attach(*machine_, spec.name, addresses_of_link(scenario_, i), options));
  }
}

void ScenarioWorld::add_hosts() {
  for (std::size_t i = 0; i < scenario_.hosts.size(); ++i) {
    const auto& spec = scenario_.hosts[i];
    // Apart from the machine's name, whatever the user calls it.
    auto& host = world_.add_host("host/" + spec.name);
    const auto addresses = addresses_of_host(scenario_, i);
    sim::DirectionOptions access;
    access.delay = spec.delay;
    world_.attach(host, "eth0", with_length(addresses), sim::LinkOptions::symmetric(access));
    auto& origin = *origins_.emplace_back(std::make_unique<traffic::Origin>(host));
    for (const auto& address : addresses) {
      for (const auto port : spec.http_ports) {
        const auto listening = origin.listen({address, port});
        if (!listening) {
          throw ScenarioError(scenario_.source, spec.position,
                              fmt::format("host \"{}\" cannot serve at port {}: {}", spec.name,
                                          port, listening.error().message()));
        }
      }
    }
    origin.start();
  }
}

void ScenarioWorld::add_name_server() {
  auto& host = world_.add_host(kNameServer);
  const auto addresses = name_server_addresses();
  world_.attach(host, "eth0", with_length(addresses), {});
  name_server_ = std::make_unique<sim::DnsServer>(host);
  name_server_->set_delay(scenario_.dns->delay);
  for (const auto& record : scenario_.dns->records) {
    switch (record.outcome) {
      case DnsOutcome::answer:
        name_server_->add(record.name, addresses_of_record(scenario_, record));
        break;
      case DnsOutcome::servfail:
        name_server_->add_failure(record.name);
        break;
      case DnsOutcome::nxdomain:
        break;  // as every name that is not there
    }
  }
  for (const auto& address : addresses) host.spawn(name_server_->serve({address, kDnsPort}));
}

void ScenarioWorld::start_engine() {
  std::vector<link::LinkSpec> specs;
  for (const auto& start : scenario_.engine.start)
    specs.push_back(link::parse_link_spec(start.text));
  const auto interfaces = machine_->interfaces().list();
  if (!interfaces) throw std::runtime_error("interfaces: " + interfaces.error().message());
  link_set_ = std::make_unique<link::LinkSet>(
      link::make_links(specs, *interfaces, machine_->network()),
      [] { return std::make_unique<link::SmoothWeightedRoundRobin>(); });
  engine_links_.resize(scenario_.links.size());
  for (const auto& each : link_set_->links()) {
    engine_links_[link_of(each->name())].push_back(each.get());
  }
  server_ = std::make_unique<proxy::Server>(*machine_, *link_set_, proxy::ServerOptions{});
  const auto listening =
      server_->listen({net::loopback_address(net::Family::v4), scenario_.engine.port});
  if (!listening)
    throw std::runtime_error("the proxy cannot listen: " + listening.error().message());
  proxy_ = *listening;
  server_->start();
}

// The scenario's link of that name or address.
std::size_t ScenarioWorld::link_of(const std::string& target) const {
  const auto address = net::parse_address(target);
  for (std::size_t i = 0; i < scenario_.links.size(); ++i) {
    if (scenario_.links[i].name == target) return i;
    for (const auto& prefix : addresses_of_link(scenario_, i)) {
      if (address && prefix.address == *address) return i;
    }
  }
  throw std::logic_error("the engine made a link \"" + target + "\" of nothing");
}

void ScenarioWorld::apply(const EventSpec& event) {
  const auto named = [&](const LinkSpec& link) { return link.name == event.link; };
  const auto it = std::find_if(scenario_.links.begin(), scenario_.links.end(), named);
  auto& link = *links_[static_cast<std::size_t>(it - scenario_.links.begin())];
  switch (event.action) {
    case Action::blackhole:
      return link.set_state(sim::LinkState::blackhole);
    case Action::blackhole_down:
      return link.set_state(sim::LinkState::blackhole_down);
    case Action::blackhole_up:
      return link.set_state(sim::LinkState::blackhole_up);
    case Action::down:
      return link.set_state(sim::LinkState::down);
    case Action::up:
      return link.set_state(sim::LinkState::up);
    case Action::set:
      change(link.down(), event.down_change);
      change(link.up(), event.up_change);
      return;
  }
}

}  // namespace dispatch::scenario

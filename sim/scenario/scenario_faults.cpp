// What goes wrong in the world of a scenario.
#include "sim/host/captive_portal.hpp"
#include "sim/host/nat.hpp"
#include "sim/scenario/link_change.hpp"
#include "sim/scenario/plan.hpp"
#include "sim/scenario/scenario_world.hpp"

#include <algorithm>

namespace dispatch::scenario {
namespace {

using Action = EventSpec::Action;

template <typename Spec>
std::size_t index_of(const std::vector<Spec>& specs, const std::string& name) {
  const auto named = [&](const Spec& spec) { return spec.name == name; };
  return static_cast<std::size_t>(std::find_if(specs.begin(), specs.end(), named) - specs.begin());
}

sim::LinkState state_of(Action action) {
  switch (action) {
    case Action::blackhole:
      return sim::LinkState::blackhole;
    case Action::blackhole_down:
      return sim::LinkState::blackhole_down;
    case Action::blackhole_up:
      return sim::LinkState::blackhole_up;
    case Action::down:
      return sim::LinkState::down;
    default:
      return sim::LinkState::up;
  }
}

}  // namespace

void ScenarioWorld::add_access(std::size_t index) {
  const auto& spec = scenario_.links[index];
  if (spec.nat) {
    auto nat = *spec.nat;
    nat.external = nat_address(scenario_, index, 0);
    world_.set_nat(*links_[index], nat);
  }
  if (spec.portal) set_portal(index, *spec.portal);
}

void ScenarioWorld::set_portal(std::size_t index, const std::optional<PortalSpec>& portal) {
  const auto addresses = portal_addresses();
  std::optional<sim::CaptivePortalOptions> options;
  if (portal)
    options = sim::CaptivePortalOptions{addresses[0], addresses[1], portal->refuses_others};
  world_.set_portal(*links_[index], options);
}

void ScenarioWorld::add_portal() {
  const auto begins = [](const EventSpec& event) { return event.action == Action::portal; };
  const auto has_one = [](const LinkSpec& link) { return link.portal.has_value(); };
  if (std::none_of(scenario_.events.begin(), scenario_.events.end(), begins) &&
      std::none_of(scenario_.links.begin(), scenario_.links.end(), has_one)) {
    return;
  }
  auto& host = world_.add_host("portal");
  std::vector<net::Prefix> prefixes;
  const auto addresses = portal_addresses();
  for (const auto& address : addresses) {
    prefixes.push_back({address, static_cast<std::uint8_t>(address.is_v6() ? 64 : 24)});
  }
  world_.attach(host, "eth0", prefixes, {});
  portal_ = std::make_unique<PortalSite>(host);
  portal_->start(addresses);
}

void ScenarioWorld::set_link_dns(std::size_t index,
                                 const std::optional<sim::DnsBehaviour>& behaviour) {
  const auto sources = sources_of_link(scenario_, index);
  link_dns_[index] = behaviour;
  if (name_server_) name_server_->set_behaviour(sources, behaviour);
  for (const auto& [host, server] : host_name_servers_) server->set_behaviour(sources, behaviour);
}

// `behaviour`: none for that of the beginning.
void ScenarioWorld::set_dns(const EventSpec& event,
                            const std::optional<sim::DnsBehaviour>& behaviour) {
  if (!event.link.empty()) {
    const auto index = index_of(scenario_.links, event.link);
    return set_link_dns(index, behaviour ? behaviour : scenario_.links[index].dns);
  }
  if (event.host.empty()) {
    name_server_->set_behaviour(behaviour.value_or(sim::DnsBehaviour{scenario_.dns->fault}));
    return;
  }
  const auto index = index_of(scenario_.hosts, event.host);
  std::size_t number = 0;
  for (const auto& [host, server] : host_name_servers_) {
    if (host != index) continue;
    const auto& specs = scenario_.hosts[index].name_servers;
    server->set_behaviour(behaviour.value_or(specs[number++ % specs.size()].behaviour));
  }
}

void ScenarioWorld::end_host_faults(std::size_t index) {
  auto& host = *hosts_[index];
  host.thaw();
  host.set_backlog_full(false);
  host.set_slow_reader(std::nullopt);
  host.set_slow_writer(std::nullopt);
  world_.set_refusal(*host_lines_[index], std::nullopt);
  host_lines_[index]->set_state(sim::LinkState::up);
}

void ScenarioWorld::apply_to_host(const EventSpec& event, std::function<void()> done) {
  const auto index = index_of(scenario_.hosts, event.host);
  auto& host = *hosts_[index];
  auto& line = *host_lines_[index];
  const auto rate = sim::DataRate::bits_per_second(event.rate.bits_per_second);
  switch (event.action) {
    case Action::freeze:
      host.freeze();
      break;
    case Action::kill:
      host.kill();
      break;
    case Action::restart:
      if (off_[index]) break;
      host.kill();
      host.thaw();
      start_programs(index);
      break;
    case Action::reboot:
      host.reboot();
      off_[index] = true;
      line.set_state(sim::LinkState::blackhole);
      simulation_.after(event.reboot_for,
                        [this, index, &line, number = ++reboots_[index], done = std::move(done)] {
                          // Unless it has been rebooted again meanwhile.
                          if (number == reboots_[index]) {
                            line.set_state(sim::LinkState::up);
                            off_[index] = false;
                            start_programs(index);
                          }
                          done();
                        });
      return;
    case Action::backlog_full:
      host.set_backlog_full(true);
      break;
    case Action::slow_reader:
      host.set_slow_reader(rate);
      break;
    case Action::slow_writer:
      host.set_slow_writer(rate);
      break;
    case Action::unreachable:
      world_.set_refusal(line, event.reason);
      break;
    case Action::up:
      end_host_faults(index);
      break;
    default:
      line.set_state(state_of(event.action));
      break;
  }
  done();
}

void ScenarioWorld::apply_to_link(const EventSpec& event, std::function<void()> done) {
  const auto index = index_of(scenario_.links, event.link);
  auto& link = *links_[index];
  switch (event.action) {
    case Action::set:
      return begin_change(simulation_, link, event.change, std::move(done));
    case Action::flap:
      link.set_state(sim::LinkState::blackhole);
      simulation_.after(event.flap_for, [&link, done = std::move(done)] {
        link.set_state(sim::LinkState::up);
        done();
      });
      return;
    case Action::unplug:
      machine_of(index).unplug(interface_of(scenario_.links[index]));
      break;
    case Action::address:
      change_address(index, event.addresses);
      break;
    case Action::no_address:
      take_addresses(index, event.family);
      break;
    case Action::no_route:
      take_routes(index, event.family);
      break;
    case Action::unreachable:
      world_.set_refusal(link, event.reason);
      break;
    case Action::rebind:
      world_.rebind(link, nat_address(scenario_, index, ++rebindings_[index]));
      break;
    case Action::portal:
      set_portal(index, event.portal);
      break;
    case Action::sign_in:
      set_portal(index, std::nullopt);
      break;
    case Action::up:
      machine_of(index).plug_in(interface_of(scenario_.links[index]));
      give_back(index);
      world_.set_refusal(link, std::nullopt);
      link.set_state(sim::LinkState::up);
      break;
    default:
      link.set_state(state_of(event.action));
      break;
  }
  done();
}

void ScenarioWorld::apply(const EventSpec& event, std::function<void()> done) {
  if (event.action == Action::dns) {
    set_dns(event, event.dns);
    if (event.lasts == Duration::zero()) return done();
    simulation_.after(event.lasts, [this, &event, done = std::move(done)] {
      set_dns(event, std::nullopt);
      done();
    });
    return;
  }
  if (event.host.empty()) return apply_to_link(event, std::move(done));
  apply_to_host(event, std::move(done));
}

}  // namespace dispatch::scenario

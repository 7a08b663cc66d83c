// Addresses and routes of the machine's interfaces, as events change them.
#include "sim/scenario/plan.hpp"
#include "sim/scenario/scenario_world.hpp"

#include <algorithm>
#include <utility>

namespace dispatch::scenario {
namespace {

net::Family family_of(const net::Prefix& prefix) {
  return net::family_of(prefix.address);
}

bool any_of_family(const std::vector<net::Prefix>& prefixes, net::Family family) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](const net::Prefix& each) { return family_of(each) == family; });
}

}  // namespace

std::string_view ScenarioWorld::link_between(const net::Address& a, const net::Address& b) const {
  for (std::size_t i = 0; i < addresses_.size(); ++i) {
    const auto& link = scenario_.links[i];
    const auto is_its = [&](const net::Prefix& each) {
      return each.address == a || each.address == b;
    };
    if (std::any_of(addresses_[i].begin(), addresses_[i].end(), is_its)) return link.name;
    if (!link.nat) continue;
    const auto external = nat_address(scenario_, i, rebindings_[i]);
    if (external == a || external == b) return link.name;
  }
  return {};
}

void ScenarioWorld::change_address(std::size_t index, const std::vector<net::Prefix>& to) {
  const auto name = interface_of(scenario_.links[index]);
  auto& current = addresses_[index];
  const auto family = [](const net::Prefix& prefix) { return prefix.address.is_v6(); };
  for (const bool v6 : {false, true}) {
    if (std::none_of(to.begin(), to.end(), [&](const auto& each) { return family(each) == v6; })) {
      continue;
    }
    for (const auto& old : current) {
      if (family(old) == v6) machine_of(index).remove_address(name, old.address);
    }
    std::erase_if(current, [&](const auto& old) { return family(old) == v6; });
    std::erase_if(taken_[index].addresses, [&](const auto& old) { return family(old) == v6; });
    for (const auto& each : to) {
      if (family(each) != v6) continue;
      machine_of(index).add_address(name, each);
      current.push_back(each);
    }
  }
}

// Of a family, or of both.
void ScenarioWorld::take_addresses(std::size_t index, std::optional<net::Family> family) {
  auto& current = addresses_[index];
  const auto goes = [&](const net::Prefix& each) { return !family || family_of(each) == *family; };
  for (const auto& each : current) {
    if (!goes(each)) continue;
    machine_of(index).remove_address(interface_of(scenario_.links[index]), each.address);
    taken_[index].addresses.push_back(each);
  }
  std::erase_if(current, goes);
}

void ScenarioWorld::take_routes(std::size_t index, std::optional<net::Family> family) {
  const auto configured = addresses_of_link(scenario_, index);
  for (const auto each : {net::Family::v4, net::Family::v6}) {
    auto& metric = taken_[index].metrics[each == net::Family::v6];
    if ((family && *family != each) || metric || !any_of_family(configured, each)) continue;
    metric = machine_of(index).remove_route({net::any_address(each), 0},
                                            interface_of(scenario_.links[index]));
  }
}

void ScenarioWorld::give_back(std::size_t index) {
  const auto name = interface_of(scenario_.links[index]);
  auto& current = addresses_[index];
  const auto taken = std::exchange(taken_[index], {});
  for (const auto each : {net::Family::v4, net::Family::v6}) {
    const auto& metric = taken.metrics[each == net::Family::v6];
    if (metric) machine_of(index).add_route({net::any_address(each), 0}, name, *metric);
    for (const auto& address : taken.addresses) {
      if (family_of(address) != each) continue;
      machine_of(index).add_address(name, address);
      current.push_back(address);
    }
  }
}

}  // namespace dispatch::scenario

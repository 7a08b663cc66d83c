// What a file says of a fleet.
#include "sim/scenario/load_parts.hpp"
#include "sim/scenario/shape.hpp"

#include <algorithm>
#include <array>

namespace dispatch::scenario {
namespace {

constexpr std::uint64_t kLimitMax = 1'000'000;

std::vector<std::string> read_names(const YamlValue& value, std::string_view what) {
  std::vector<std::string> names;
  for (const auto& each : value.one_or_more(what)) names.push_back(each.text(what));
  return names;
}

}  // namespace

FleetSpec read_fleet(const YamlValue& value) {
  const auto map = value.map(fleet_shape());
  FleetSpec fleet;
  fleet.position = value.position();
  fleet.coordinator = map.require("coordinator", "hub").text("the name of a host");
  fleet.agents = read_names(map.require("agents", "[alpha, beta]"), "a host or a machine");
  fleet.targets = read_names(map.require("targets", "[shop]"), "a host");
  if (const auto* strategy = map.find("strategy")) {
    fleet.strategy = strategy->text("a strategy such as round-robin");
    constexpr std::array<std::string_view, 4> kKnown = {"round-robin", "weighted", "least-busy",
                                                        "sticky"};
    if (std::ranges::find(kKnown, std::string_view(fleet.strategy)) == kKnown.end()) {
      strategy->fail("write round-robin, weighted, least-busy or sticky");
    }
  }
  if (const auto* interval = map.find("ping_interval")) {
    fleet.ping_interval = read_positive_duration(*interval);
  }
  if (const auto* most = map.find("max_per_agent")) fleet.per_agent = most->count(0, kLimitMax);
  if (const auto* most = map.find("max_per_host")) fleet.per_host = most->count(0, kLimitMax);
  return fleet;
}

}  // namespace dispatch::scenario

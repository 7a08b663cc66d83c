#include "sim/scenario/load.hpp"

#include "engine/units/suggestion.hpp"
#include "sim/scenario/check.hpp"
#include "sim/scenario/load_parts.hpp"
#include "sim/scenario/plan.hpp"
#include "sim/scenario/yaml_reader.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>

namespace dispatch::scenario {

namespace {

constexpr std::uint64_t kVersion = 1;

// `{eventually: api.active == 0 within 5s}` is another way to write `eventually api.active ...`.
ExpectationSpec read_expectation(const YamlValue& value) {
  ExpectationSpec expectation;
  if (value.is_map()) {
    const auto map = value.map(expectation_shape()->inner.back());
    const auto mode = map.one_of();
    const auto& condition = *map.find(mode);
    expectation.text = fmt::format("{} {}", mode, condition.text("a condition"));
    // So that offsets into the text lead into the condition.
    expectation.position = condition.position_in_text(0);
    if (expectation.position.line != 0) {
      expectation.position.column -= static_cast<int>(mode.size()) + 1;
    }
    return expectation;
  }
  expectation.text = value.text("an expectation such as big.completed");
  expectation.position = value.position_in_text(0);
  return expectation;
}

traffic::Content read_content(const YamlValue& value) {
  constexpr std::string_view kNames[] = {"checked", "counted"};
  const auto text = value.text("checked or counted");
  if (text == "checked") return traffic::Content::checked;
  if (text == "counted") return traffic::Content::counted;
  value.fail(fmt::format("unknown content \"{}\"{}", text, units::hint(text, kNames)));
}

void read_links(const YamlValue& links, const std::string& prefix, std::size_t machine,
                Scenario& scenario) {
  const auto entries = links.names("links by their names").entries();
  for (const auto& [name, key, link] : entries) {
    scenario.links.push_back(read_link(prefix + name, key.position(), link));
    scenario.links.back().machine = machine;
  }
  if (entries.empty()) links.fail("no links: the machine needs at least one");
}

void read_machines(const YamlValue& value, Scenario& scenario) {
  for (const auto& [name, key, machine] : value.names("machines by their names").entries()) {
    const auto map = machine.map(machine_shape());
    auto& spec = scenario.machines.emplace_back();
    spec.name = name;
    spec.position = key.position();
    if (const auto* engine = map.find("engine")) spec.engine = read_engine(*engine);
    read_links(map.require("links", "{wifi: {rate: 20 Mbit/s}}"), name + ".",
               scenario.machines.size(), scenario);
  }
}

void read_clients(const YamlValue& value, Scenario& scenario) {
  for (const auto& [name, key, clients] : value.names("clients by their names").entries()) {
    const auto map = clients.map_or_nothing(client_shape());
    auto& spec = scenario.clients.emplace_back();
    spec.name = name;
    spec.position = key.position();
    if (const auto* of = map.find("of")) spec.of = of->text("the name of a machine");
    if (const auto* count = map.find("count")) spec.count = count->count(1, kClientsMax);
    if (const auto* rate = map.find("rate")) {
      spec.rate = rate->rate();
      if (spec.rate.bits_per_second == 0) rate->fail("a rate of 0");
    }
    if (const auto* delay = map.find("delay")) spec.delay = delay->duration();
  }
}

Scenario read_scenario(const YamlValue& document) {
  const auto map = document.map(scenario_shape());
  const auto& version = map.require("dispatch", "1");
  if (version.count(0, std::numeric_limits<std::uint32_t>::max()) != kVersion) {
    version.fail(fmt::format("version {} of the format: this program reads version {}",
                             version.text("a version"), kVersion));
  }
  Scenario scenario;
  scenario.source = document.file();
  if (const auto* name = map.find("name")) scenario.name = name->text("a name");
  if (const auto* seed = map.find("seed")) {
    scenario.seed = seed->count(0, std::numeric_limits<std::int64_t>::max());
  }
  if (const auto* seeds = map.find("seeds")) {
    scenario.seeds = seeds->seeds();
    if (map.find("seed") == nullptr) scenario.seed = scenario.seeds.front().first;
  }
  if (const auto* duration = map.find("duration")) {
    scenario.duration = read_positive_duration(*duration);
  }
  if (const auto* congestion = map.find("congestion")) {
    scenario.congestion = read_congestion(*congestion);
  }
  if (const auto* ecn = map.find("ecn")) scenario.ecn = read_ecn(*ecn);
  if (const auto* content = map.find("content")) scenario.content = read_content(*content);
  read_links(map.require("links", "{wifi: {rate: 20 Mbit/s}}"), "", 0, scenario);
  if (const auto* hosts = map.find("hosts")) {
    for (const auto& [name, key, host] : hosts->names("hosts by their names").entries()) {
      scenario.hosts.push_back(read_host(name, key.position(), host));
    }
  }
  if (const auto* dns = map.find("dns")) scenario.dns = read_dns(*dns);
  if (const auto* engine = map.find("engine")) scenario.engine = read_engine(*engine);
  if (const auto* machines = map.find("machines")) read_machines(*machines, scenario);
  if (const auto* clients = map.find("clients")) read_clients(*clients, scenario);
  if (const auto* fleet = map.find("fleet")) scenario.fleet = read_fleet(*fleet);
  if (const auto* workloads = map.find("workloads")) {
    for (const auto& each : workloads->list("a list of workloads")) {
      scenario.workloads.push_back(read_workload(each));
    }
  }
  if (const auto* events = map.find("events")) {
    for (const auto& each : events->list("a list of events")) {
      scenario.events.push_back(read_event(each));
    }
  }
  if (const auto* expectations = map.find("expect")) {
    for (const auto& each : expectations->list("a list of expectations")) {
      scenario.expectations.push_back(read_expectation(each));
    }
  }
  return scenario;
}

}  // namespace

Duration read_positive_duration(const YamlValue& value) {
  const auto duration = value.duration();
  if (duration == Duration::zero()) value.fail("a duration of 0");
  return duration;
}

Duration read_period(const YamlValue& value) {
  const auto duration = read_positive_duration(value);
  if (duration > kPeriodMax) {
    value.fail(fmt::format("longer than {}: no scenario lasts so long", to_string(kPeriodMax)));
  }
  return duration;
}

Scenario load_text(std::string_view text, std::string name, const LoadOptions& options) {
  auto tree = parse_tree(text, std::move(name));
  include_files(tree);
  for (const auto& assignment : options.set) set_value(tree, assignment);
  auto scenario = read_scenario(YamlValue::of(std::move(tree)));
  check(scenario);
  return scenario;
}

Scenario load_file(const std::filesystem::path& path, const LoadOptions& options) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    throw ScenarioError(path.string(), {}, "is a directory");
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) throw ScenarioError(path.string(), {}, std::strerror(errno));
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  if (file.bad()) throw ScenarioError(path.string(), {}, "cannot be read");
  return load_text(text, path.string(), options);
}

}  // namespace dispatch::scenario

#include "sim/scenario/load.hpp"

#include "engine/units/suggestion.hpp"
#include "sim/scenario/check.hpp"
#include "sim/scenario/load_parts.hpp"
#include "sim/scenario/yaml_reader.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>

namespace dispatch::scenario {

namespace {

constexpr std::string_view kTopKeys[] = {"dispatch",  "name",   "seed",   "duration",   "links",
                                         "hosts",     "dns",    "engine", "congestion", "ecn",
                                         "workloads", "events", "expect", "content"};
constexpr std::string_view kTopLater[] = {"seeds", "include", "clients", "engines"};
constexpr std::uint64_t kVersion = 1;

// Expectations that are maps are part of the language to come: {eventually: ...}.
ExpectationSpec read_expectation(const YamlValue& value) {
  if (value.is_map()) {
    constexpr std::string_view kLater[] = {"eventually", "during", "sometimes", "always", "never"};
    value.map("an expectation", {}, kLater);
  }
  ExpectationSpec expectation;
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

Scenario read_scenario(const YamlValue& document) {
  const auto map = document.map("a scenario", kTopKeys, kTopLater);
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
  if (const auto* duration = map.find("duration")) {
    scenario.duration = read_positive_duration(*duration);
  }
  if (const auto* congestion = map.find("congestion")) {
    scenario.congestion = read_congestion(*congestion);
  }
  if (const auto* ecn = map.find("ecn")) scenario.ecn = read_ecn(*ecn);
  if (const auto* content = map.find("content")) scenario.content = read_content(*content);
  for (const auto& [name, key, link] :
       map.require("links", "{wifi: {rate: 20 Mbit/s}}").names("links by their names").entries()) {
    scenario.links.push_back(read_link(name, key.position(), link));
  }
  if (scenario.links.empty()) map.find("links")->fail("no links: the machine needs at least one");
  if (const auto* hosts = map.find("hosts")) {
    for (const auto& [name, key, host] : hosts->names("hosts by their names").entries()) {
      scenario.hosts.push_back(read_host(name, key.position(), host));
    }
  }
  if (const auto* dns = map.find("dns")) scenario.dns = read_dns(*dns);
  if (const auto* engine = map.find("engine")) scenario.engine = read_engine(*engine);
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

Scenario load_text(std::string_view text, std::string name) {
  auto scenario = read_scenario(YamlValue::parse(text, std::move(name)));
  check(scenario);
  return scenario;
}

Scenario load_file(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    throw ScenarioError(path.string(), {}, "is a directory");
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) throw ScenarioError(path.string(), {}, std::strerror(errno));
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  if (file.bad()) throw ScenarioError(path.string(), {}, "cannot be read");
  return load_text(text, path.string());
}

}  // namespace dispatch::scenario

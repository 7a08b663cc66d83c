// Who works where: machines, clients and workloads.
#include "engine/units/suggestion.hpp"
#include "sim/scenario/check_parts.hpp"
#include "sim/scenario/engine_options.hpp"
#include "sim/scenario/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace dispatch::scenario {

using units::hint;
using units::suggestion;

namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string near(std::string_view word, const std::vector<std::string>& names) {
  const auto best = suggestion(word, names);
  return best.empty() ? std::string() : fmt::format("; did you mean \"{}\"?", best);
}

class WorkloadChecker {
 public:
  explicit WorkloadChecker(const Scenario& scenario) : scenario_(scenario) {}

  void check(const WorkloadSpec& workload) const {
    if (workload.at >= scenario_.duration) {
      fail(workload, fmt::format("\"{}\" begins at {}, the scenario ends at {}", workload.name,
                                 to_string(workload.at), to_string(scenario_.duration)));
    }
    const auto machine = check_client(workload);
    const auto& access = access_of(workload);
    check_target(workload, access.host);
    check_user(workload, access.user, machine);
    check_listener(workload, access.listener, machine);
    std::visit([&](const auto& work) { check(workload, work); }, workload.work);
  }

 private:
  [[noreturn]] void fail(const WorkloadSpec& workload, std::string message) const {
    throw ScenarioError(scenario_.source, workload.position, std::move(message));
  }

  void check(const WorkloadSpec& workload, const BulkSpec& bulk) const {
    if (bulk.count == 0 || bulk.parallel == 0) {
      fail(workload, fmt::format("\"{}\" makes no transfer", workload.name));
    }
    if (bulk.size.count == 0)
      fail(workload, fmt::format("\"{}\" transfers nothing", workload.name));
    check_times(workload, {bulk.timeout, bulk.stall_timeout});
  }

  void check(const WorkloadSpec& workload, const RequestsSpec& requests) const {
    check_end(workload, requests.until);
    const bool has_rate =
        requests.rate && requests.rate->count > 0 && requests.rate->period > Duration::zero();
    if (!has_rate && requests.users == 0) {
      fail(workload, fmt::format("\"{}\" sends no request", workload.name));
    }
    check_times(workload, {requests.timeout});
  }

  void check(const WorkloadSpec& workload, const BrowseSpec& browse) const {
    if (browse.pages == 0) check_end(workload, browse.until);
    if (browse.users == 0 || browse.parallel == 0) {
      fail(workload, fmt::format("\"{}\" loads nothing", workload.name));
    }
    check_times(workload, {browse.timeout});
  }

  void check(const WorkloadSpec& workload, const ChatSpec& chat) const {
    check_end(workload, chat.until);
    if (chat.users == 0) fail(workload, fmt::format("\"{}\" says nothing", workload.name));
    check_times(workload, {chat.timeout});
  }

  void check(const WorkloadSpec& workload, const VideoSpec& video) const {
    check_times(workload, {video.timeout, video.length, video.segment});
    if (video.buffer < video.segment) {
      fail(workload, fmt::format("the buffer of \"{}\" holds less than a segment", workload.name));
    }
  }

  void check(const WorkloadSpec& workload, const CallSpec& call) const {
    check_end(workload, call.until);
    if (!echo_of(scenario_, call.host)) {
      fail(workload,
           fmt::format(
               "\"{}\" calls \"{}\", where nobody answers: write serves: [{{echo: 7}}] there",
               workload.name, call.host));
    }
    for (const auto& each : listeners_of(scenario_, machine_for(workload))) {
      if (!call.listener.empty() && net::to_string(each.endpoint) != call.listener) continue;
      if (!each.entrance.tls_only && !each.entrance.accept_proxy) return;
      fail(workload,
           fmt::format("\"{}\" cannot come by a listener with tls or accept-proxy", workload.name));
    }
  }

  void check(const WorkloadSpec& workload, const StreamSpec& stream) const {
    constexpr std::uint64_t kBytesMost = 1'000'000'000;
    check_end(workload, stream.until);
    const auto names = names_among(scenario_.hosts);
    if (std::find(names.begin(), names.end(), stream.host) == names.end()) {
      fail(workload, fmt::format("\"{}\" is recorded at \"{}\", which is no host{}", workload.name,
                                 stream.host, near(stream.host, names)));
    }
    if (bytes_of(workload, stream) > kBytesMost) {
      fail(workload, fmt::format("\"{}\" sends more than 1 GB", workload.name));
    }
    const auto machine = machine_for(workload);
    for (const auto& text : stream.links) {
      try {
        const auto link = link::parse_link_spec(text);
        if (link_of(scenario_, link.target, machine)) continue;
        fail(workload, fmt::format("\"{}\" leaves by \"{}\", which is no link of its machine",
                                   workload.name, text));
      } catch (const net::ConfigError& error) {
        fail(workload, error.what());
      }
    }
  }

  void check(const WorkloadSpec& workload, const ExecuteSpec& execute) const {
    check_end(workload, execute.until);
    check_times(workload, {execute.timeout});
    if (execute.rate.count == 0 || execute.rate.period <= Duration::zero()) {
      fail(workload, fmt::format("\"{}\" sends no request", workload.name));
    }
    if (!scenario_.fleet) {
      fail(workload,
           fmt::format("\"{}\" needs a fleet: write fleet: {{coordinator: ...}}", workload.name));
    }
    const auto& targets = scenario_.fleet->targets;
    if (std::find(targets.begin(), targets.end(), execute.host) != targets.end()) return;
    fail(workload, fmt::format("\"{}\" goes to \"{}\", which is no target of the fleet{}",
                               workload.name, execute.host, near(execute.host, targets)));
  }

  void check_end(const WorkloadSpec& workload, Duration until) const {
    if (until > workload.at) return;
    fail(workload,
         fmt::format("\"{}\" ends at {}, before it begins", workload.name, to_string(until)));
  }

  void check_times(const WorkloadSpec& workload, std::initializer_list<Duration> times) const {
    for (const auto time : times) {
      if (time <= Duration::zero()) {
        fail(workload, fmt::format("a timeout of \"{}\" is 0", workload.name));
      }
    }
  }

  std::size_t machine_for(const WorkloadSpec& workload) const {
    if (const auto machine = machine_of(scenario_, workload.client)) return *machine;
    return machine_of(scenario_, clients_of(scenario_, workload.client)->of).value();
  }

  // The machine whose dispatch it asks.
  std::size_t check_client(const WorkloadSpec& workload) const {
    if (machine_of(scenario_, workload.client)) return machine_for(workload);
    if (clients_of(scenario_, workload.client) == nullptr) {
      auto names = names_among(scenario_.clients);
      for (const auto& machine : scenario_.machines) names.push_back(machine.name);
      fail(workload,
           fmt::format(
               "\"{}\" is of client \"{}\", which is neither one of the clients nor a machine{}",
               workload.name, workload.client, near(workload.client, names)));
    }
    const auto& access = access_of(workload);
    if (access.via == Via::direct) {
      fail(workload, fmt::format("\"{}\" goes direct, and its client has no links of its own",
                                 workload.name));
    }
    const auto machine = machine_for(workload);
    for (const auto& each : listeners_of(scenario_, machine)) {
      if (!access.listener.empty() && net::to_string(each.endpoint) != access.listener) continue;
      if (each.endpoint.address.is_unspecified()) return machine;
      fail(workload, fmt::format("\"{}\" cannot reach the proxy at {}: let it listen at 0.0.0.0",
                                 workload.name, net::to_string(each.endpoint)));
    }
    return machine;
  }

  void check_user(const WorkloadSpec& workload, const std::string& user,
                  std::size_t machine) const {
    const auto names = names_among(engine_of(scenario_, machine).users);
    if (user.empty() || std::find(names.begin(), names.end(), user) != names.end()) return;
    fail(workload, fmt::format("\"{}\" is user \"{}\", who is none of the engine's users{}",
                               workload.name, user, near(user, names)));
  }

  void check_listener(const WorkloadSpec& workload, const std::string& listener,
                      std::size_t machine) const {
    if (listener.empty()) return;
    std::vector<std::string> names;
    for (const auto& each : listeners_of(scenario_, machine)) {
      names.push_back(net::to_string(each.endpoint));
    }
    if (std::find(names.begin(), names.end(), listener) != names.end()) return;
    fail(workload, fmt::format("\"{}\" comes by \"{}\", where the engine does not listen{}",
                               workload.name, listener, near(listener, names)));
  }

  void check_target(const WorkloadSpec& workload, const std::string& host) const {
    if (target_of(scenario_, host)) return;
    auto candidates = names_among(scenario_.hosts);
    if (scenario_.dns) {
      for (const auto& record : scenario_.dns->records) candidates.push_back(record.name);
    }
    fail(workload,
         fmt::format(
             "\"{}\" goes to \"{}\", which is neither a host, a name of the dns nor an address{}",
             workload.name, host, near(host, candidates)));
  }

  const Scenario& scenario_;
};

}  // namespace

bool is_name(std::string_view name) {
  return !name.empty() && is_letter(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return is_letter(c) || is_digit(c) || c == '-'; });
}

void check_machines(const Scenario& scenario) {
  const auto fail = [&](const Position& position, std::string message) {
    throw ScenarioError(scenario.source, position, std::move(message));
  };
  std::set<std::string_view> seen;
  const auto check_name = [&](const auto& spec, std::string_view noun) {
    if (!is_name(spec.name)) {
      fail(spec.position,
           fmt::format("\"{}\" cannot name {}: write a letter, then letters, digits, - and _",
                       spec.name, noun));
    }
    if (!seen.insert(spec.name).second) {
      fail(spec.position, fmt::format("a second machine or client named \"{}\"", spec.name));
    }
  };
  if (scenario.machines.size() > kMachinesMax) {
    fail(scenario.machines.back().position, fmt::format("more than {} machines", kMachinesMax));
  }
  for (const auto& machine : scenario.machines) check_name(machine, "a machine");
  std::uint64_t clients = 0;
  for (const auto& each : scenario.clients) {
    check_name(each, "clients");
    if (each.count == 0 || each.count > kClientsMax - clients) {
      fail(each.position, fmt::format("not 1 to {} clients in all", kClientsMax));
    }
    clients += each.count;
    if (machine_of(scenario, each.of)) continue;
    fail(each.position, fmt::format("clients of \"{}\", and there is no such machine{}", each.of,
                                    hint(each.of, names_among(scenario.machines))));
  }
  for (std::size_t i = 0; i < scenario.machines.size(); ++i) {
    const auto is_own = [&](const LinkSpec& link) { return link.machine == i + 1; };
    if (std::any_of(scenario.links.begin(), scenario.links.end(), is_own)) continue;
    fail(scenario.machines[i].position,
         fmt::format("\"{}\" has no links: write at least one", scenario.machines[i].name));
  }
}

void check_fleet(const Scenario& scenario) {
  if (!scenario.fleet) return;
  const auto& fleet = *scenario.fleet;
  const auto hosts = names_among(scenario.hosts);
  auto agents = hosts;
  for (const auto& each : scenario.machines) agents.push_back(each.name);
  const auto expect = [&](const std::string& name, const std::vector<std::string>& known,
                          std::string_view noun) {
    if (std::find(known.begin(), known.end(), name) != known.end()) return;
    throw ScenarioError(
        scenario.source, fleet.position,
        fmt::format("\"{}\" in the fleet is no {}{}", name, noun, near(name, known)));
  };
  expect(fleet.coordinator, hosts, "host");
  if (fleet.agents.empty() || fleet.targets.empty()) {
    throw ScenarioError(scenario.source, fleet.position, "a fleet without agents, or targets");
  }
  for (const auto& each : fleet.targets) expect(each, hosts, "host");
  for (std::size_t i = 0; i < fleet.agents.size(); ++i) {
    expect(fleet.agents[i], agents, "host or machine");
    const auto before = fleet.agents.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::find(fleet.agents.begin(), before, fleet.agents[i]) == before) continue;
    throw ScenarioError(scenario.source, fleet.position,
                        fmt::format("agent \"{}\" is there twice", fleet.agents[i]));
  }
}

void check_workloads(const Scenario& scenario) {
  const WorkloadChecker checker(scenario);
  for (const auto& workload : scenario.workloads) checker.check(workload);
}

}  // namespace dispatch::scenario

#include "sim/scenario/check.hpp"

#include "engine/units/suggestion.hpp"
#include "sim/scenario/check_parts.hpp"
#include "sim/scenario/engine_options.hpp"
#include "sim/scenario/expression.hpp"
#include "sim/scenario/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace dispatch::scenario {

using units::hint;
using units::suggestion;
namespace {

class Checker {
 public:
  explicit Checker(const Scenario& scenario)
      : scenario_(scenario),
        link_names_(names_among(scenario.links)),
        workload_names_(names_among(scenario.workloads)) {}

  void check() {
    check_links();
    check_hosts();
    check_addresses();
    check_dns();
    check_machines(scenario_);
    for (std::size_t i = 0; i <= scenario_.machines.size(); ++i) check_engine(scenario_, i);
    check_names(scenario_.workloads, "a workload");
    check_fleet(scenario_);
    check_workloads(scenario_);
    check_events();
    check_expectations();
  }

 private:
  [[noreturn]] void fail(const Position& position, std::string message) const {
    throw ScenarioError(scenario_.source, position, std::move(message));
  }

  static std::string own_name(const LinkSpec& link) { return interface_of(link); }
  template <typename Spec>
  static const std::string& own_name(const Spec& spec) {
    return spec.name;
  }

  template <typename Specs>
  void check_names(const Specs& specs, std::string_view noun) const {
    std::set<std::string_view> seen;
    for (const auto& spec : specs) {
      if (!is_name(own_name(spec))) {
        fail(spec.position,
             fmt::format("\"{}\" cannot name {}: write a letter, then letters, digits, - and _",
                         own_name(spec), noun));
      }
      if (!seen.insert(spec.name).second) {
        fail(spec.position, fmt::format("a second {} named \"{}\"", noun.substr(2), spec.name));
      }
    }
  }

  void check_links() const {
    if (scenario_.links.empty()) fail({}, "no links: the machine needs at least one");
    if (scenario_.links.size() > kLinksMax) {
      fail(scenario_.links.back().position, fmt::format("more than {} links", kLinksMax));
    }
    check_names(scenario_.links, "a link");
    for (const auto& link : scenario_.links) {
      const auto name = interface_of(link);
      if (name == "all" || name == "lo" || name == kDirect || name == kLan) {
        fail(link.position,
             fmt::format("\"{}\" cannot name a link: it means something else", name));
      }
      if (link.dns && !scenario_.dns) {
        fail(link.position,
             fmt::format("names by \"{}\" have a fault, and there is no dns", link.name));
      }
      if (name.size() > kInterfaceNameMax) {
        fail(link.position,
             fmt::format("\"{}\" is longer than the {} characters of an interface's name", name,
                         kInterfaceNameMax));
      }
    }
  }

  void check_hosts() const {
    if (scenario_.hosts.size() > kHostsMax) {
      fail(scenario_.hosts.back().position, fmt::format("more than {} hosts", kHostsMax));
    }
    check_names(scenario_.hosts, "a host");
    for (const auto& host : scenario_.hosts) {
      if (!host.name_servers.empty() && !scenario_.dns) {
        fail(host.position,
             fmt::format("\"{}\" serves names, and there is no dns to say which", host.name));
      }
    }
  }

  void check_addresses() const {
    std::map<net::Address, std::string> owners;
    const auto add = [&](const net::Address& address, const Position& position,
                         const std::string& owner) {
      const auto [it, added] = owners.emplace(address, owner);
      if (!added) {
        fail(position, fmt::format("{} is the address of \"{}\" and of \"{}\"", address.to_string(),
                                   it->second, owner));
      }
      if (address.is_loopback() || address.is_multicast() || net::is_link_local(address)) {
        fail(position, fmt::format("{} of \"{}\" is not an address of the internet",
                                   address.to_string(), owner));
      }
    };
    for (const auto& address : name_server_addresses()) add(address, {}, "the name server");
    for (const auto& address : portal_addresses()) add(address, {}, "the captive portal");
    for (std::size_t i = 0; i <= scenario_.machines.size(); ++i) {
      if (!has_clients(scenario_, i)) continue;
      add(lan_address(i).address, {}, "the clients' network");
    }
    for (std::size_t i = 0; i < scenario_.links.size(); ++i) {
      for (const auto& prefix : addresses_of_link(scenario_, i)) {
        add(prefix.address, scenario_.links[i].position, scenario_.links[i].name);
      }
      if (!scenario_.links[i].nat) continue;
      add(nat_address(scenario_, i, 0), scenario_.links[i].position,
          scenario_.links[i].name + "'s NAT");
    }
    for (std::size_t i = 0; i < scenario_.hosts.size(); ++i) {
      for (const auto& address : addresses_of_host(scenario_, i)) {
        add(address, scenario_.hosts[i].position, scenario_.hosts[i].name);
      }
    }
    // A link may have an address again that it had before.
    for (const auto& event : scenario_.events) {
      for (const auto& prefix : event.addresses) {
        const auto owner = owners.find(prefix.address);
        if (owner == owners.end()) {
          add(prefix.address, event.position, event.link);
        } else if (owner->second != event.link) {
          fail(event.position, fmt::format("{} is the address of \"{}\"",
                                           prefix.address.to_string(), owner->second));
        }
      }
    }
  }

  void check_dns() const {
    if (!scenario_.dns) return;
    std::set<std::string_view> seen;
    for (const auto& record : scenario_.dns->records) {
      if (!seen.insert(record.name).second) {
        fail(record.position, fmt::format("a second record named \"{}\"", record.name));
      }
      if (record.outcome == DnsOutcome::answer && addresses_of_record(scenario_, record).empty()) {
        fail(record.position,
             fmt::format("\"{}\" is neither an address, a host, NXDOMAIN nor SERVFAIL{}",
                         record.host, near(record.host, names_among(scenario_.hosts))));
      }
    }
  }

  // What is to fail is there.
  void check_fault(const EventSpec& event) const {
    using Action = EventSpec::Action;
    if (event.action == Action::dns && !scenario_.dns) {
      fail(event.position, "a dns event, and there is no dns");
    }
    for (const auto& host : scenario_.hosts) {
      if (event.action != Action::dns || host.name != event.host) continue;
      if (host.name_servers.empty()) {
        fail(event.position, fmt::format("\"{}\" serves no names: write {{dns: 53}}", host.name));
      }
    }
    for (const auto& link : scenario_.links) {
      if (event.action != Action::rebind || link.name != event.link || link.nat) continue;
      fail(event.position, fmt::format("\"{}\" has no NAT: write nat: true", link.name));
    }
  }

  void check_events() const {
    for (const auto& event : scenario_.events) {
      const bool of_host = !event.host.empty();
      const auto names = of_host ? names_among(scenario_.hosts) : link_names_;
      const auto& place = of_host ? event.host : event.link;
      check_fault(event);
      const bool has_place = event.action != EventSpec::Action::dns || !place.empty();
      if (has_place && std::find(names.begin(), names.end(), place) == names.end()) {
        fail(event.position,
             fmt::format("no {} \"{}\"{}", of_host ? "host" : "link", place, hint(place, names)));
      }
      if (event.at > scenario_.duration) {
        fail(event.position, fmt::format("an event at {}, the scenario ends at {}",
                                         to_string(event.at), to_string(scenario_.duration)));
      }
    }
  }

  void check_expectations() const {
    for (const auto& expectation : scenario_.expectations) {
      std::size_t offset = 0;
      try {
        const auto expression = parse_expression(expectation.text);
        for (const auto* metric : expression.metrics()) {
          offset = metric->offset;
          check_metric(*metric);
        }
        offset = 0;
        if (expression.during) check_end(expression.during->to, 0);
        if (expression.after) check_end(*expression.after, 0);
      } catch (const ExpressionError& error) {
        fail(inside(expectation, error.offset()), error.what());
      } catch (const UnitError& error) {
        fail(inside(expectation, offset), error.what());
      }
    }
  }

  static Position inside(const ExpectationSpec& expectation, std::size_t offset) {
    auto position = expectation.position;
    if (position.line != 0) position.column += static_cast<int>(offset);
    return position;
  }

  void check_metric(const Metric& metric) const {
    if (metric.subject == Metric::Subject::links && metric.name != "all") {
      auto names = link_names_;
      const auto others = other_ways(scenario_);
      names.insert(names.end(), others.begin(), others.end());
      names.emplace_back("all");
      expect_one_of(metric, names, "link");
    }
    if (metric.subject == Metric::Subject::workload) {
      expect_one_of(metric, workload_names_, "workload");
    }
    if (metric.what == Metric::What::bytes_intact &&
        scenario_.content == traffic::Content::counted) {
      throw ExpressionError(metric.offset,
                            "no byte is checked where content is counted: leave out "
                            "bytes_intact, or write content: checked");
    }
    if (metric.window) check_end(metric.window->to, metric.offset);
    if (metric.what == Metric::What::failover) check_end(metric.at, metric.offset);
  }

  void check_end(Duration time, std::size_t offset) const {
    if (time <= scenario_.duration) return;
    throw ExpressionError(offset, fmt::format("the scenario ends at {}, before {}",
                                              to_string(scenario_.duration), to_string(time)));
  }

  static void expect_one_of(const Metric& metric, const std::vector<std::string>& names,
                            std::string_view noun) {
    if (std::find(names.begin(), names.end(), metric.name) != names.end()) return;
    throw ExpressionError(
        metric.offset, fmt::format("no {} \"{}\"{}", noun, metric.name, hint(metric.name, names)));
  }

  static std::string near(std::string_view word, const std::vector<std::string>& names) {
    const auto best = suggestion(word, names);
    return best.empty() ? std::string() : fmt::format("; did you mean \"{}\"?", best);
  }

  const Scenario& scenario_;
  std::vector<std::string> link_names_;
  std::vector<std::string> workload_names_;
};

}  // namespace

void check(const Scenario& scenario) {
  Checker(scenario).check();
}

sim::QueueModel queue_of(const DirectionSpec& direction) {
  if (direction.queue) return *direction.queue;
  constexpr std::uint64_t kLeast = 32'000;
  // 100 ms at the line's rate, in bytes.
  const auto product = sim::mean_rate(direction.rate).bits_per_second() / 80;
  return sim::QueueLimit::of(sim::ByteSize::bytes(std::max(product, kLeast)));
}

}  // namespace dispatch::scenario

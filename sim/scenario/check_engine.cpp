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

class EngineChecker {
 public:
  EngineChecker(const Scenario& scenario, std::size_t machine)
      : scenario_(scenario), machine_(machine), engine_(engine_of(scenario, machine)) {
    for (const auto& link : scenario.links) {
      if (link.machine == machine) link_names_.push_back(interface_of(link));
    }
  }

  void check() {
    if (engine_.port == 0) fail({}, "the proxy needs a port from 1 to 65535");
    for (const auto& listen : engine_.listen) {
      config(listen.position, [&] { check_listener(listen); });
    }
    for (const auto& start : engine_.start) {
      config(start.position, [&] { check_start(start); });
    }
    config(engine_.policy.position, [&] { check_policy(); });
    for (const auto& rule : engine_.routes) check_rule(rule);
    for (const auto& probe : engine_.probe) {
      config(probe.position, [&] { link::parse_probe_spec(probe.text); });
    }
    config(engine_.client_rate.position,
           [&] { link::parse_rate_limits(engine_.client_rate.text); });
    config({}, [&] { server_options_of(engine_); });
  }

 private:
  [[noreturn]] void fail(const Position& position, std::string message) const {
    throw ScenarioError(scenario_.source, position, std::move(message));
  }

  // What `part` finds wrong, at its place.
  template <typename Part>
  void config(const Position& position, Part part) {
    try {
      part();
    } catch (const ScenarioError&) {
      throw;
    } catch (const net::ConfigError& error) {
      fail(position, error.what());
    }
  }

  void check_policy() {
    std::vector<link::LinkSpec> specs;
    for (const auto& start : engine_.start) specs.push_back(link_spec_of(start));
    link::check_links(link::parse_policy(engine_.policy.text), specs);
  }

  void check_start(const EngineSpec::Text& start) {
    const auto spec = link_spec_of(start);
    const auto& name = spec.name.empty() ? spec.target : spec.name;
    if (spec.upstream) {
      check_upstream(start, *spec.upstream);
      if (!spec.via.empty()) check_own(start, spec.via);
    } else if (spec.target != link::kAutomatic) {
      check_own(start, spec.target);
    } else if (has_clients(scenario_, machine_)) {
      fail(start.position, "auto would take the network of the clients for a link: name the links");
    }
    const bool is_taken = !spec.name.empty() && (name == "all" || name == "lo" || name == kDirect ||
                                                 link_of(scenario_, name, machine_));
    if (is_taken) {
      fail(start.position, fmt::format("\"{}\" cannot name a link: it means something else", name));
    }
    if (!names_.insert(name).second || !(spec.upstream || targets_.insert(spec.target).second)) {
      fail(start.position, fmt::format("\"{}\" is given twice", name));
    }
  }

  void check_listener(const EngineSpec::Text& listen) {
    const auto endpoint = listener_of(listen).endpoint;
    const auto text = net::to_string(endpoint);
    if (!listeners_.insert(text).second) fail(listen.position, "a second listener at " + text);
    const auto& address = endpoint.address;
    if (address.is_loopback() || address.is_unspecified()) return;
    if (link_of(scenario_, net::to_string(address), machine_)) return;
    fail(listen.position, fmt::format("{} is neither a loopback address nor one of the links'",
                                      net::to_string(address)));
  }

  void check_own(const EngineSpec::Text& start, const std::string& target) const {
    if (link_of(scenario_, target, machine_)) return;
    const auto best = suggestion(target, link_names_);
    fail(start.position,
         fmt::format("no link or address \"{}\"{}", target,
                     best.empty() ? "" : fmt::format("; did you mean \"{}\"?", best)));
  }

  void check_upstream(const EngineSpec::Text& start, const link::Upstream& upstream) const {
    const auto* name = std::get_if<std::string>(&upstream.host);
    if (name == nullptr || target_of(scenario_, *name)) return;
    std::vector<std::string> names;
    for (const auto& host : scenario_.hosts) names.push_back(host.name);
    const auto best = suggestion(*name, names);
    fail(start.position,
         fmt::format("the proxy \"{}\" is neither a host, a name of the dns nor an address{}",
                     *name, best.empty() ? "" : fmt::format("; did you mean \"{}\"?", best)));
  }

  void check_rule(const EngineSpec::Text& text) const {
    const auto place = [&](std::size_t offset) {
      auto position = text.position;
      if (position.line != 0) position.column += static_cast<int>(offset);
      return position;
    };
    try {
      const auto rule = proxy::parse_route_rule(text.text);
      if (rule.action != proxy::RouteAction::link) return;
      const auto names = engine_link_names(scenario_, machine_);
      if (std::find(names.begin(), names.end(), rule.link) != names.end()) return;
      fail(place(rule.text.rfind(rule.link)),
           fmt::format("\"{}\" is neither direct, refuse, dispatch nor one of the links{}",
                       rule.link, hint(rule.link, names)));
    } catch (const proxy::RouteSyntaxError& error) {
      fail(place(error.column()), error.what());
    }
  }

  const Scenario& scenario_;
  std::size_t machine_;
  const EngineSpec& engine_;
  std::vector<std::string> link_names_;
  std::set<std::string> names_;
  std::set<std::string> targets_;
  std::set<std::string> listeners_;
};

}  // namespace

void check_engine(const Scenario& scenario, std::size_t machine) {
  EngineChecker(scenario, machine).check();
}

}  // namespace dispatch::scenario

#include "engine/control/controller.hpp"

#include "engine/link/link_spec.hpp"
#include "engine/units/suggestion.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dispatch::control {

Controller::Controller(net::Runtime& runtime, link::LinkSet& links, std::string version,
                       Hooks hooks)
    : runtime_(runtime),
      links_(links),
      version_(std::move(version)),
      hooks_(std::move(hooks)),
      began_(runtime.clock().now()),
      rates_(links) {}

net::Task<Status> Controller::status() {
  const auto views = co_await hooks_.look(0);
  const auto now = runtime_.clock().now();
  Status status;
  status.version = version_;
  status.uptime = now - began_;
  for (const auto& view : views) {
    status.clients.accepted += view.counters.accepted;
    status.clients.refused += view.counters.refused;
    status.clients.turned_away += view.counters.turned_away;
    status.clients.live = view.counters.live;  // each has that of all
  }
  for (const auto* link : links_.links()) {
    status.links.push_back(status_of(*link, rates_, now, began_));
  }
  status.direct = status_of(links_.direct(), rates_, now, began_);
  co_return status;
}

net::Task<std::vector<proxy::ConnectionView>> Controller::connections(std::size_t most) {
  auto views = co_await hooks_.look(most);
  std::vector<proxy::ConnectionView> all;
  for (auto& view : views) std::ranges::move(view.connections, std::back_inserter(all));
  std::ranges::stable_sort(all, std::greater<>(), &proxy::ConnectionView::age);
  if (all.size() > most) all.resize(most);
  co_return all;
}

link::Link& Controller::find(std::string_view name) {
  std::vector<std::string> names;
  for (auto* link : links_.links()) {
    if (link->name() == name) return *link;
    names.push_back(link->name());
  }
  throw net::ConfigError(fmt::format("there is no link '{}'{}", name, units::hint(name, names)));
}

void Controller::switch_link(std::string_view name, bool on) {
  auto& link = find(name);
  links_.set_enabled(link, on);
  runtime_.log().info("{}: switched {}", link.name(), on ? "on" : "off");
}

void Controller::set_weight(std::string_view name, std::uint64_t weight) {
  auto& link = find(name);
  if (weight == 0 || weight > link::kWeightMax) {
    throw net::ConfigError(fmt::format("{}: the weight {} is not a whole number from 1 to {}", name,
                                       weight, link::kWeightMax));
  }
  links_.set_weight(link, static_cast<unsigned>(weight));
  runtime_.log().info("{}: has weight {}", link.name(), weight);
}

}  // namespace dispatch::control

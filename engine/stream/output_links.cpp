#include "engine/stream/output_links.hpp"

#include "engine/link/policy/registry.hpp"
#include "engine/stream/stream_error.hpp"

#include <fmt/format.h>

namespace dispatch::stream {
namespace {

std::unique_ptr<link::LinkSet> make_set(net::Runtime& runtime,
                                        std::span<const link::LinkSpec> specs) {
  for (const auto& each : specs) {
    if (!each.upstream) continue;
    throw net::ConfigError(
        fmt::format("'{}' is a proxy: streams go out by this machine's own links", each.target));
  }
  const auto interfaces = runtime.interfaces().list();
  if (!interfaces) throw StreamError("cannot list the interfaces: " + interfaces.error().message());
  return std::make_unique<link::LinkSet>(link::make_links(specs, *interfaces, runtime.network()),
                                         link::default_policy().make);
}

}  // namespace

OutputLinks::OutputLinks(net::Runtime& runtime, std::span<const link::LinkSpec> specs,
                         std::vector<link::ProbeSpec> probes)
    : links_(make_set(runtime, specs)), follower_(runtime, *links_, std::nullopt) {
  if (probes.empty()) return;
  link::MonitorOptions options;
  options.targets = std::move(probes);
  links_->set_health_options(link::health_options_of(options, true));
  monitor_ = std::make_unique<link::Monitor>(runtime, *links_, std::move(options));
}

void OutputLinks::run(net::TaskGroup& group) {
  group.spawn(follower_.run());
  if (monitor_) group.spawn(monitor_->run());
}

link::Link& OutputLinks::of_name(std::string_view name) const {
  std::string names;
  for (auto* link : links_->links()) {
    if (link->name() == name) return *link;
    names += (names.empty() ? "" : ", ") + link->name();
  }
  throw net::ConfigError(fmt::format("there is no link '{}' (but {})", name, names));
}

}  // namespace dispatch::stream

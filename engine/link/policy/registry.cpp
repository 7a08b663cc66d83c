#include "engine/link/policy/registry.hpp"

#include "engine/link/link_spec.hpp"
#include "engine/link/policy/adaptive.hpp"
#include "engine/link/policy/failover.hpp"
#include "engine/link/policy/fastest.hpp"
#include "engine/link/policy/least_connections.hpp"
#include "engine/link/policy/least_traffic.hpp"
#include "engine/link/policy/lowest_latency.hpp"
#include "engine/link/policy/overflow.hpp"
#include "engine/link/policy/sticky.hpp"
#include "engine/net/config_error.hpp"
#include "engine/units/quantity.hpp"
#include "engine/units/suggestion.hpp"

#include <fmt/format.h>

#include <array>
#include <vector>

namespace dispatch::link {
namespace {

using net::ConfigError;
using Make = std::function<std::unique_ptr<Policy>()>;

template <typename P>
std::unique_ptr<Policy> make() {
  return std::make_unique<P>();
}

struct Option {
  std::string_view key;
  std::string_view value;
};

[[noreturn]] void refuse(std::string_view policy, const std::string& what) {
  throw ConfigError(fmt::format("policy '{}': {}", policy, what));
}

std::string_view cut(std::string_view& text, char separator) {
  const auto at = text.find(separator);
  const auto head = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return head;
}

Isolation parse_isolation(std::string_view text) {
  struct Part {
    std::string_view name;
    bool Isolation::*flag;
  };
  static constexpr std::array<Part, 5> kParts{{{"client", &Isolation::client},
                                               {"domain", &Isolation::domain},
                                               {"host", &Isolation::host},
                                               {"port", &Isolation::port},
                                               {"user", &Isolation::user}}};
  Isolation isolation;
  do {
    const auto word = cut(text, '+');
    bool known = false;
    for (const auto& part : kParts) {
      if (part.name != word) continue;
      isolation.*part.flag = true;
      known = true;
    }
    if (known) continue;
    std::vector<std::string> names;
    for (const auto& part : kParts) names.emplace_back(part.name);
    const std::string name(word);
    refuse("sticky", fmt::format("by={} is nothing that connections can have in common{}", name,
                                 units::hint(name, names)));
  } while (!text.empty());
  return isolation;
}

net::Duration parse_lifetime(std::string_view text) {
  try {
    const auto lifetime = units::parse_duration(text);
    if (lifetime > net::Duration::zero()) return lifetime;
  } catch (const units::UnitError& error) {
    refuse("sticky", fmt::format("lifetime={}: {}", text, error.what()));
  }
  refuse("sticky", "the lifetime must be more than 0: leave it out for keys that last");
}

Make make_sticky(const std::vector<Option>& options) {
  StickyOptions sticky;
  for (const auto& [key, value] : options) {
    if (key == "by") {
      sticky.isolation = parse_isolation(value);
    } else if (key == "lifetime") {
      sticky.lifetime = parse_lifetime(value);
    } else {
      refuse("sticky",
             fmt::format("'{}' is none of its options, by=client+domain and lifetime=10min", key));
    }
  }
  return [sticky] { return std::make_unique<Sticky>(sticky); };
}

struct Entry {
  PolicyKind kind;
  std::unique_ptr<Policy> (*make)();                   // null: it has options
  Make (*make_with)(const std::vector<Option>&) = {};  // throws ConfigError
};

const std::array kEntries{
    Entry{{"round-robin", "take turns, in exact shares by weight"}, make<SmoothWeightedRoundRobin>},
    Entry{{"least-connections", "the link with the fewest connections for its weight"},
          make<LeastConnections>},
    Entry{{"least-traffic", "the link that has moved the fewest bytes of late for its weight"},
          make<LeastTraffic>},
    Entry{{"lowest-latency", "the link that answers soonest"}, make<LowestLatency>},
    Entry{{"adaptive", "learn what each link can carry, and fill all of them"}, make<Adaptive>},
    Entry{{"failover", "the first tier of links that works (links: ,tier=N)"}, make<Failover>},
    Entry{{"overflow", "fill the first link, then the next (links: ,full=RATE)"}, make<Overflow>},
    Entry{{"fastest", "dial on all links, and keep the first connection that stands"},
          make<Fastest>},
    Entry{{"sticky", "what belongs together stays on one link (,by=client+domain,lifetime=TIME)"},
          nullptr,
          make_sticky},
};

std::vector<PolicyKind> list_kinds() {
  std::vector<PolicyKind> kinds;
  for (const auto& entry : kEntries) kinds.push_back(entry.kind);
  return kinds;
}

const Entry& entry_named(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& entry : kEntries) {
    if (entry.kind.name == name) return entry;
    names.emplace_back(entry.kind.name);
  }
  throw ConfigError(fmt::format("unknown policy '{}'{}", name, units::hint(name, names)));
}

std::vector<Option> split_options(const std::string& policy, std::string_view text) {
  std::vector<Option> options;
  while (!text.empty()) {
    auto value = cut(text, ',');
    const bool has_value = value.find('=') != std::string_view::npos;
    const auto key = cut(value, '=');
    if (!has_value || value.empty()) {
      refuse(policy, fmt::format("'{}' is no option: write OPTION=VALUE", key));
    }
    options.push_back({key, value});
  }
  return options;
}

}  // namespace

std::span<const PolicyKind> policies() {
  static const auto kinds = list_kinds();
  return kinds;
}

PolicyChoice parse_policy(std::string_view text) {
  auto rest = text;
  std::string name(cut(rest, ','));
  if (name == "weighted-round-robin") name = kEntries.front().kind.name;
  const auto& entry = entry_named(name);
  const auto options = split_options(name, rest);
  if (entry.make_with != nullptr) return {std::string(text), name, entry.make_with(options)};
  if (!options.empty()) refuse(name, fmt::format("it has no option '{}'", options.front().key));
  return {std::string(text), name, entry.make};
}

PolicyChoice default_policy() {
  return parse_policy(policies().front().name);
}

void check_links(const PolicyChoice& policy, std::span<const LinkSpec> links) {
  for (const auto& link : links) {
    if (link.tier != 1 && policy.name != "failover") {
      throw ConfigError(fmt::format("'{}': tier={} is for the policy failover, and this is {}",
                                    link.name.empty() ? link.target : link.name, link.tier,
                                    policy.name));
    }
    if (link.full.bits_per_second != 0 && policy.name != "overflow") {
      throw ConfigError(fmt::format("'{}': full={} is for the policy overflow, and this is {}",
                                    link.name.empty() ? link.target : link.name,
                                    units::to_string(link.full), policy.name));
    }
  }
}

}  // namespace dispatch::link

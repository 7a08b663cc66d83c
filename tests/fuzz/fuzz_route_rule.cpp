// Any text as rules of the way to targets.
//
// Beyond not crashing: each is refused with a place within the text, or it is a rule that says who,
// which written down again is the same; and a file is as good as its lines.

#include "engine/proxy/route_rule.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <fmt/format.h>

namespace dispatch {
namespace {

using fuzz::require;

std::string who_of(const proxy::RouteRule& rule) {
  std::string who = "*";
  if (rule.range) {
    const auto& [address, length] = *rule.range;
    who = address.is_v6() ? fmt::format("[{}]/{}", address.to_string(), length)
                          : net::to_string(*rule.range);
  }
  if (!rule.name.empty()) who = (rule.with_subdomains ? "." : "") + rule.name;
  const char* separator = ":";
  for (const auto& [first, last] : rule.ports) {
    who += fmt::format("{}{}-{}", separator, first, last);
    separator = ",";
  }
  return who;
}

std::string what_of(const proxy::RouteRule& rule) {
  switch (rule.action) {
    case proxy::RouteAction::direct:
      return "direct";
    case proxy::RouteAction::refuse:
      return "refuse";
    case proxy::RouteAction::dispatch:
      return "dispatch";
    case proxy::RouteAction::link:
      break;
  }
  return "link " + rule.link;
}

void check(const proxy::RouteRule& rule) {
  require(!rule.range || rule.name.empty(), "a rule is of a range or of a name");
  require((rule.action == proxy::RouteAction::link) == !rule.link.empty(), "a link has a name");
  for (const auto& [first, last] : rule.ports) require(first <= last, "ports run upwards");
  const auto again = proxy::parse_route_rule(who_of(rule) + "=" + what_of(rule));
  require(again.range == rule.range && again.name == rule.name && again.ports == rule.ports &&
              again.with_subdomains == rule.with_subdomains && again.action == rule.action &&
              again.link == rule.link,
          "the same rule");
  if (!rule.name.empty()) require(rule.has_name(rule.name), "a name is its own");
}

}  // namespace
}  // namespace dispatch

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dispatch;
  const auto text = fuzz::text_of(data, size);
  try {
    check(proxy::parse_route_rule(text));
  } catch (const proxy::RouteSyntaxError& error) {
    fuzz::require(error.column() <= text.size(), "a place is within the text");
  }
  try {
    for (const auto& rule : proxy::parse_route_rules(text, "rules")) check(rule);
  } catch (const net::ConfigError& error) {
    const std::string_view what = error.what();
    fuzz::require(what.starts_with("rules:"), "an error names its place");
  }
  return fuzz::kDone;
}

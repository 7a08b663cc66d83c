#include "engine/link/route_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace dispatch::link {
namespace {

constexpr std::uint32_t kMainTable = 254;

std::string_view ip_of(const net::Address& address) {
  return address.is_v6() ? "ip -6" : "ip";
}

std::string gateway_text(const std::optional<net::Address>& gateway) {
  return gateway ? fmt::format(" (to {})", net::to_string(*gateway)) : "";
}

bool is_onlink_for(const std::optional<net::Address>& gateway, const net::Prefix& prefix) {
  return gateway && (net::is_link_local(*gateway) || prefix.contains(*gateway));
}

}  // namespace

RouteAdvisor::RouteAdvisor(net::Routing routing, std::vector<net::Interface> interfaces)
    : routing_(std::move(routing)), interfaces_(std::move(interfaces)) {}

std::vector<Finding> RouteAdvisor::judge(const RouteFacts& facts) {
  std::vector<Finding> findings;
  if (auto found = judge_device(facts)) findings.push_back(std::move(*found));
  if (auto found = findings.empty() ? judge_gateway(facts) : std::nullopt) {
    findings.push_back(std::move(*found));
  }
  return findings;
}

std::optional<Finding> RouteAdvisor::judge_device(const RouteFacts& facts) {
  const auto& source = facts.source;
  if (facts.bound_to_device) {
    const bool pretended = facts.by_device && !facts.by_device->gateway && source.is_v4() &&
                           std::ranges::none_of(routing_.routes, [&](const net::Route& route) {
                             return route.device == facts.device && route.to.contains(facts.target);
                           });
    if (!facts.by_device || facts.by_device->device != facts.device || pretended) {
      return Finding{
          Severity::failure,
          fmt::format("no route leads to {} by {}", net::to_string(facts.target), facts.device),
          device_route(facts)};
    }
    const bool answers_expected_elsewhere =
        !facts.by_source || facts.by_source->device != facts.device;
    if (source.is_v4() && answers_expected_elsewhere &&
        facts.filter == net::ReversePathFilter::strict) {
      return Finding{
          Severity::failure,
          fmt::format("what comes back by {} is dropped: the system expects it by {}, "
                      "and its reverse path filter is strict",
                      facts.device, facts.by_source ? facts.by_source->device : "no interface"),
          {fmt::format("sysctl -w net.ipv4.conf.{}.rp_filter=2", facts.device)}};
    }
    return std::nullopt;
  }
  if (!facts.by_source) {
    return Finding{Severity::failure,
                   fmt::format("no route leads to {} from {}", net::to_string(facts.target),
                               net::to_string(source)),
                   policy_route(facts)};
  }
  if (facts.by_source->device == facts.device) return std::nullopt;
  return Finding{Severity::failure,
                 fmt::format("packets from {} leave by {}{} and not by {}: no routing rule says "
                             "otherwise, and this process may not bind sockets to a device",
                             net::to_string(source), facts.by_source->device,
                             gateway_text(facts.by_source->gateway), facts.device),
                 policy_route(facts)};
}

// Two networks on one interface: each address needs the gateway of its own.
std::optional<Finding> RouteAdvisor::judge_gateway(const RouteFacts& facts) {
  const auto& path = facts.bound_to_device ? facts.by_device : facts.by_source;
  const auto* own = prefix_of(facts.source);
  if (!path || !path->gateway || own == nullptr || is_onlink_for(path->gateway, *own)) {
    return std::nullopt;
  }
  for (const auto& interface : interfaces_) {
    if (interface.name != facts.device) continue;
    for (const auto& other : interface.addresses) {
      if (other == *own || !other.contains(*path->gateway)) continue;
      return Finding{
          Severity::warning,
          fmt::format("packets from {} go to {}, the gateway of {}", net::to_string(facts.source),
                      net::to_string(*path->gateway), net::to_string(other.address)),
          policy_route(facts)};
    }
  }
  return std::nullopt;
}

const net::Prefix* RouteAdvisor::prefix_of(const net::Address& source) const {
  for (const auto& interface : interfaces_) {
    for (const auto& own : interface.addresses) {
      if (own.address == source) return &own;
    }
  }
  return nullptr;
}

// " via 192.168.1.1": of the default routes by the device, that of the source's network; else any.
std::string RouteAdvisor::way_out(const RouteFacts& facts) const {
  const auto* own = prefix_of(facts.source);
  const net::Route* best = nullptr;
  for (const auto& route : routing_.routes) {
    if (route.device != facts.device || !route.is_default()) continue;
    if (route.to.address.is_v6() != facts.source.is_v6()) continue;
    if (own != nullptr && is_onlink_for(route.gateway, *own)) {
      best = &route;
      break;
    }
    // One without a gateway is of a line with nobody else on it (PPP, tunnels).
    if (!route.gateway) best = &route;
  }
  if (best == nullptr) return " via GATEWAY";
  return best->gateway ? fmt::format(" via {}", net::to_string(*best->gateway)) : "";
}

std::uint32_t RouteAdvisor::free_table() {
  const auto is_taken = [&](std::uint32_t table) {
    return std::ranges::any_of(routing_.routes, [&](const auto& r) { return r.table == table; }) ||
           std::ranges::any_of(routing_.rules, [&](const auto& r) { return r.table == table; });
  };
  while (is_taken(next_table_)) ++next_table_;
  return next_table_++;
}

// Sockets that are bound to the device find it, whatever its metric.
std::vector<std::string> RouteAdvisor::device_route(const RouteFacts& facts) const {
  return {fmt::format("{} route add default{} dev {} metric 1000", ip_of(facts.source),
                      way_out(facts), facts.device)};
}

std::vector<std::string> RouteAdvisor::policy_route(const RouteFacts& facts) {
  // There may be a rule already, whose table leads nowhere.
  const auto ruled = std::ranges::find_if(routing_.rules, [&](const net::RoutingRule& rule) {
    return rule.from && rule.from->contains(facts.source) && rule.table != kMainTable;
  });
  const bool has_rule = ruled != routing_.rules.end();
  const auto table = has_rule ? ruled->table : free_table();
  const auto ip = ip_of(facts.source);
  std::vector<std::string> commands{fmt::format("{} route replace default{} dev {} table {}", ip,
                                                way_out(facts), facts.device, table)};
  if (!has_rule) {
    commands.push_back(
        fmt::format("{} rule add from {} table {}", ip, net::to_string(facts.source), table));
  }
  return commands;
}

}  // namespace dispatch::link

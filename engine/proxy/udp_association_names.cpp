// Targets that are names.
#include "engine/proxy/name_address.hpp"
#include "engine/proxy/udp_association.hpp"

#include <utility>

namespace dispatch::proxy {

using net::Task;

Task<void> UdpAssociation::look_up(std::string key) {
  const auto target = socks5::udp_target(std::as_bytes(std::span(key)));
  const auto result = co_await flow_to_name(*target);
  auto* flow = result.flow;
  const auto waited = names_.resolved(key, flow);
  if (flow == nullptr) {
    counters_.drops.add(result.why, waited.size());
    co_return;
  }
  now_ = service_.runtime.clock().now();
  for (const auto& payload : waited) add(*flow, payload);
  flush_to_targets();
  keep_limits();
  outlets_.close_unused();
}

// The name is looked up through the link that the flow will be on.
Task<UdpAssociation::Found> UdpAssociation::flow_to_name(const Target& target) {
  auto& dialer = service_.dialer;
  const auto route = dialer.routes().decide(target);
  if (route.action == RouteAction::refuse) {
    log_refusal(to_string(target), route);
    co_return Found{nullptr, UdpDrop::refused};
  }
  auto families = route.link == nullptr ? dialer.families_of(target) : link::Families{true, true};
  std::vector<link::Link*> tried;
  while (auto choice = choose_for(route, families, tried)) {
    auto& link = *choice->link;
    tried.push_back(&link);
    auto asked = families & link::Families::of_datagrams(link);
    // Which families a proxy can reach is not known here: most can reach IPv4.
    const bool v4_first = link.upstream() && asked.v4 && asked.v6;
    if (v4_first) asked.v6 = false;
    auto ways = dialer.ways_of(target, link.upstream() ? link.via() : link);
    const auto& name = std::get<std::string>(target.host);
    const auto& order = service_.options.dial.happy_eyeballs;
    const auto address = co_await best_address(service_.runtime, dialer.names(), name, asked,
                                               std::move(ways), order);
    if (address) co_return found(target, *address, *choice);
    choice->give_back();
    log_failure(to_string(target), link, address.error());
    if (address.error() != net::ResolveError::no_data) break;
    families = families.without(asked);
    if (v4_first) tried.pop_back();
  }
  co_return Found{};
}

// A rule may say something else about the address than about the name. The turn is the flow's, if
// it goes by the link that was chosen.
UdpAssociation::Found UdpAssociation::found(const Target& target, const net::Address& address,
                                            UdpOutlets::Choice& choice) {
  now_ = service_.runtime.clock().now();
  const auto route = service_.dialer.routes().decide(target, address);
  const net::Endpoint endpoint{address, target.port};
  const socks5::UdpHeader header(endpoint);
  auto* flow = flows_.find(header.destination());
  const bool dispatched = route.action == RouteAction::dispatch;
  if (route.action == RouteAction::refuse) {
    choice.give_back();
    log_refusal(to_string(target) + ", which is " + address.to_string(), route);
    return {nullptr, UdpDrop::refused};
  }
  if (flow != nullptr || !dispatched) {
    choice.give_back();
    if (flow == nullptr) flow = open_flow(endpoint, route);
    return {flow, UdpDrop::unreachable};
  }
  const Route chosen{RouteAction::dispatch, choice.link, {}};
  flow = open_flow(endpoint, chosen);
  if (flow != nullptr) {
    flow->fixed = nullptr;  // another link may help it later
  } else {
    flow = open_flow(endpoint, route);
  }
  return {flow, UdpDrop::unreachable};
}

}  // namespace dispatch::proxy

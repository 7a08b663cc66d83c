// Targets that are names.
#include "engine/proxy/name_address.hpp"
#include "engine/proxy/udp_association.hpp"

#include <utility>

namespace dispatch::proxy {

using net::Task;

Task<void> UdpAssociation::look_up(std::string key) {
  const auto destination = std::as_bytes(std::span(key));
  const auto target = socks5::udp_target(destination);
  const auto result = co_await flow_to_name(destination, *target);
  auto* flow = result.flow;
  // A named flow is found by its name as it is.
  const auto waited = names_.resolved(key, flow != nullptr && !flow->is_named() ? flow : nullptr);
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

// The name is looked up through the link that the flow will be on; by that link's proxy, where it
// has one.
Task<UdpAssociation::Found> UdpAssociation::flow_to_name(std::span<const std::byte> destination,
                                                         const Target& target) {
  auto& dialer = service_.dialer;
  const auto route = dialer.routes().decide(target);
  if (route.action == RouteAction::refuse) {
    log_refusal(to_string(target), route);
    co_return Found{nullptr, UdpDrop::refused};
  }
  auto families = route.link == nullptr ? dialer.families_of(target) : link::Families{true, true};
  std::vector<link::Link*> tried;
  now_ = service_.runtime.clock().now();
  while (auto choice = choose_for(route, families, tried)) {
    auto& link = *choice->link;
    if (link.upstream()) co_return open_named_flow(destination, *choice);
    tried.push_back(&link);
    const auto asked = families & link::Families::of_datagrams(link);
    auto ways = dialer.ways_of(target, link);
    const auto& name = std::get<std::string>(target.host);
    const auto& order = service_.options.dial.happy_eyeballs;
    const auto address = co_await best_address(service_.runtime, dialer.names(), name, asked,
                                               std::move(ways), order);
    if (address) co_return found(target, *address, *choice);
    choice->give_back();
    log_failure(to_string(target), link, address.error());
    if (address.error() != net::ResolveError::no_data) co_return Found{};
    families = families.without(asked);
    now_ = service_.runtime.clock().now();
  }
  const auto why =
      tried.empty() ? why_unplaced(to_string(target), route, families) : UdpDrop::unresolved;
  co_return Found{nullptr, why};
}

UdpAssociation::Found UdpAssociation::open_named_flow(std::span<const std::byte> destination,
                                                      const UdpOutlets::Choice& choice) {
  auto& flow = flows_.add_named(destination, now_);
  std::vector<link::Link*> tried;
  if (!put_on(flow, choice, tried)) {
    flows_.erase(flow);
    return {nullptr, UdpDrop::unreachable};
  }
  ++counters_.flows;
  watch_time();
  return {&flow};
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
    return flow != nullptr ? Found{flow} : open_flow(endpoint, route);
  }
  return open_flow(endpoint, route, std::move(choice));
}

}  // namespace dispatch::proxy

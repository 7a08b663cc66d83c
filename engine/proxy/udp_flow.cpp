#include "engine/proxy/udp_flow.hpp"

#include "engine/proxy/octets.hpp"

namespace dispatch::proxy {

UdpFlow* UdpFlowTable::find(std::span<const std::byte> destination) {
  const auto found = by_target_.find(text_of(destination));
  return found == by_target_.end() ? nullptr : found->second;
}

UdpFlow& UdpFlowTable::add(const net::Endpoint& target, bool asked, net::TimePoint now) {
  auto& list = asked_if(asked);
  const auto position = list.emplace(list.end(), target, asked);
  position->position = position;
  position->used = now;
  by_target_.emplace(text_of(position->header.destination()), &*position);
  return *position;
}

bool UdpFlowTable::knows_address(std::span<const std::byte> destination) const {
  const auto address = text_of(destination.first(destination.size() - 2));
  for (auto each = by_target_.lower_bound(address);
       each != by_target_.end() && each->first.starts_with(address); ++each) {
    if (each->second->asked) return true;
  }
  return false;
}

void UdpFlowTable::erase(UdpFlow& flow) {
  if (flow.outlet != nullptr) --flow.outlet->flows;
  by_target_.erase(text_of(flow.header.destination()));
  asked_if(flow.asked).erase(flow.position);
}

}  // namespace dispatch::proxy

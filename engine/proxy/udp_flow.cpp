#include "engine/proxy/udp_flow.hpp"

#include "engine/proxy/octets.hpp"

#include <algorithm>
#include <utility>

namespace dispatch::proxy {

UdpFlow* UdpFlowTable::find(std::span<const std::byte> destination) {
  const auto found = by_target_.find(text_of(destination));
  return found == by_target_.end() ? nullptr : found->second;
}

UdpFlow& UdpFlowTable::insert(UdpFlow flow, net::TimePoint now) {
  auto& list = asked_if(flow.asked);
  const auto position = list.insert(list.end(), std::move(flow));
  position->position = position;
  position->used = now;
  by_target_.emplace(text_of(position->destination()), &*position);
  return *position;
}

UdpFlow& UdpFlowTable::add(const net::Endpoint& target, bool asked, net::TimePoint now) {
  return insert(UdpFlow(target, asked), now);
}

UdpFlow& UdpFlowTable::add_named(std::span<const std::byte> destination, net::TimePoint now) {
  UdpFlow flow({}, true);
  flow.name_header.resize(socks5::UdpHeader::kFixedSize);
  append(flow.name_header, destination);
  ++unanswered_;
  return insert(std::move(flow), now);
}

UdpFlow* UdpFlowTable::unanswered(const UdpOutlet& outlet, std::uint16_t port) {
  if (unanswered_ == 0) return nullptr;
  const auto fits = [&](const UdpFlow& flow) {
    return flow.is_named() && flow.target.port == 0 && flow.outlet == &outlet &&
           octet_pair(flow.name_header, flow.name_header.size() - 2) == port;
  };
  const auto found = std::find_if(asked_.rbegin(), asked_.rend(), fits);
  return found == asked_.rend() ? nullptr : &*found;
}

void UdpFlowTable::answered(UdpFlow& named, const net::Endpoint& by) {
  named.target = by;
  named.header = socks5::UdpHeader(by);
  by_answer_.emplace(text_of(named.header.destination()), &named);
  --unanswered_;
}

UdpFlow* UdpFlowTable::find_answered(std::span<const std::byte> destination) {
  const auto found = by_answer_.find(text_of(destination));
  return found == by_answer_.end() ? nullptr : found->second;
}

bool UdpFlowTable::knows_address(std::span<const std::byte> destination) const {
  const auto address = text_of(destination.first(destination.size() - 2));
  return has_asked(by_target_, address) || has_asked(by_answer_, address);
}

bool UdpFlowTable::has_asked(const Index& index, std::string_view address) {
  for (auto each = index.lower_bound(address);
       each != index.end() && each->first.starts_with(address); ++each) {
    if (each->second->asked) return true;
  }
  return false;
}

void UdpFlowTable::erase(UdpFlow& flow) {
  if (flow.outlet != nullptr) --flow.outlet->flows;
  by_target_.erase(text_of(flow.destination()));
  if (flow.is_named() && flow.target.port == 0) --unanswered_;
  if (flow.is_named() && flow.target.port != 0)
    by_answer_.erase(text_of(flow.header.destination()));
  asked_if(flow.asked).erase(flow.position);
}

}  // namespace dispatch::proxy

#include "engine/proxy/udp_outlets.hpp"

#include "engine/proxy/udp_upstream.hpp"

#include <boost/system/errc.hpp>

#include <algorithm>

namespace dispatch::proxy {

std::optional<UdpOutlets::Choice> UdpOutlets::choose(link::Link& link) {
  auto place = links_.take_place(link);
  if (!place) return std::nullopt;
  return Choice{&link, std::nullopt, std::move(place)};
}

std::optional<UdpOutlets::Choice> UdpOutlets::choose(link::Families families,
                                                     std::span<link::Link* const> tried,
                                                     net::TimePoint now) {
  std::vector<link::Link*> passed_over(tried.begin(), tried.end());
  for (auto* link : links_.links()) {
    if (avoids(*link, now)) passed_over.push_back(link);
  }
  const bool fixed_failed =
      std::find(passed_over.begin(), passed_over.end(), fixed_) != passed_over.end();
  if (fixed_ != nullptr && !fixed_failed &&
      (link::Families::of_datagrams(*fixed_) & families).any()) {
    return choose(*fixed_);
  }
  auto turn = links_.take_datagram_turn({families, now, passed_over});
  if (!turn) return std::nullopt;
  auto* link = &turn->link();
  if (one_link_ && (fixed_ == nullptr || fixed_failed)) fixed_ = link;
  return Choice{link, std::move(turn), std::nullopt};
}

bool UdpOutlets::is_full(link::Families families) const {
  if (fixed_ != nullptr) return fixed_->is_full();
  return std::ranges::any_of(links_.links(), [&](const link::Link* link) {
    return link->is_full() && (link::Families::of_datagrams(*link) & families).any();
  });
}

net::Result<UdpOutlet*> UdpOutlets::open(link::Link& link, net::Family family) {
  if (link.upstream()) {
    for (auto& outlet : outlets_) {
      if (outlet.link == &link) return &outlet;
    }
    return &outlets_.emplace_back(
        UdpOutlet{&link, family, {}, nullptr, 0, std::make_shared<UdpUpstream>(link)});
  }
  const auto egress = link.egress(family);
  namespace errc = boost::system::errc;
  if (!egress) return errc::make_error_code(errc::address_not_available);
  for (auto& outlet : outlets_) {
    if (outlet.link == &link && outlet.family == family && outlet.egress == *egress) return &outlet;
  }
  net::DatagramOptions options;
  options.local = {net::any_address(family), 0};
  options.egress = *egress;
  options.coalesced = true;
  options.kernel_buffer = kUdpKernelBuffer;
  auto socket = network_.open_datagram(options);
  if (!socket) return socket.error();
  auto& outlet = outlets_.emplace_back(UdpOutlet{&link, family, *egress, std::move(*socket)});
  watch(outlet);
  return &outlet;
}

net::Status UdpOutlets::connect(UdpOutlet& outlet, const net::Endpoint& relay) {
  const auto family = net::family_of(relay.address);
  const auto egress = outlet.link->via().egress(family);
  namespace errc = boost::system::errc;
  if (!egress) return errc::make_error_code(errc::address_family_not_supported);
  net::DatagramOptions options;
  options.local = {net::any_address(family), 0};
  options.egress = *egress;
  options.connect = relay;
  options.coalesced = true;
  options.kernel_buffer = kUdpKernelBuffer;
  auto socket = network_.open_datagram(options);
  if (!socket) return socket.error();
  outlet.socket = std::move(*socket);
  watch(outlet);
  return {};
}

UdpOutlet* UdpOutlets::find(const UdpUpstream& upstream) {
  const auto found = std::ranges::find_if(
      outlets_, [&](const UdpOutlet& outlet) { return outlet.upstream.get() == &upstream; });
  return found == outlets_.end() ? nullptr : &*found;
}

void UdpOutlets::close_unused() {
  outlets_.remove_if([](const UdpOutlet& outlet) {
    if (outlet.flows == 0 && outlet.upstream) outlet.upstream->close();
    return outlet.flows == 0;
  });
}

void UdpOutlets::watch(UdpOutlet& outlet) {
  outlet.socket->when_readable([this, its = &outlet] { readable_(*its); });
}

}  // namespace dispatch::proxy

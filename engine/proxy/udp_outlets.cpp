#include "engine/proxy/udp_outlets.hpp"

#include <algorithm>

namespace dispatch::proxy {

std::optional<UdpOutlets::Choice> UdpOutlets::choose(link::Families families,
                                                     std::span<link::Link* const> tried) {
  const bool fixed_failed = std::find(tried.begin(), tried.end(), fixed_) != tried.end();
  if (fixed_ != nullptr && !fixed_failed &&
      (link::Families::of_sockets(*fixed_) & families).any()) {
    return Choice{fixed_, std::nullopt};
  }
  auto turn = links_.take_socket_turn(families, tried);
  if (!turn) return std::nullopt;
  auto* link = &turn->link();
  if (one_link_ && (fixed_ == nullptr || fixed_failed)) fixed_ = link;
  return Choice{link, std::move(turn)};
}

net::Result<UdpOutlet*> UdpOutlets::open(link::Link& link, net::Family family) {
  const auto& egress = *link.egress(family);
  for (auto& outlet : outlets_) {
    if (outlet.link == &link && outlet.family == family && outlet.egress == egress) return &outlet;
  }
  net::DatagramOptions options;
  options.local = {net::any_address(family), 0};
  options.egress = egress;
  options.coalesced = true;
  options.kernel_buffer = kUdpKernelBuffer;
  auto socket = network_.open_datagram(options);
  if (!socket) return socket.error();
  auto& outlet = outlets_.emplace_back(UdpOutlet{&link, family, egress, std::move(*socket), 0});
  watch(outlet);
  return &outlet;
}

void UdpOutlets::watch(UdpOutlet& outlet) {
  outlet.socket->when_readable([this, its = &outlet] { readable_(*its); });
}

}  // namespace dispatch::proxy

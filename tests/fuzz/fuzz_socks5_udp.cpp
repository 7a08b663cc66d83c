// Any bytes as a datagram of a SOCKS5 client.
//
// Beyond not crashing: what is understood is all of the datagram, and an address, put into a header
// again, is the same target.

#include "engine/proxy/socks5_udp.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>

namespace dispatch::proxy::socks5 {
namespace {

using fuzz::require;

void check_target(const Target& target) {
  require(target.port != 0, "a target has a port");
  if (const auto* name = std::get_if<std::string>(&target.host)) {
    require(!name->empty() && name->size() <= 255, "a name has a size");
    return;
  }
  const auto& address = std::get<net::Address>(target.host);
  require(!address.is_unspecified(), "a target is somewhere");
  const UdpHeader header({address, target.port});
  const auto again = split_udp(header.bytes());
  require(again.fault == UdpFault::none && again.payload.empty(), "a header is a header");
  // A header has no room for a scope, which only a name can bring: fe80::1%2.
  const auto& bare =
      address.is_v6() ? net::Address(net::AddressV6(address.to_v6().to_bytes())) : address;
  require(udp_target(again.destination) == Target{bare, target.port}, "the same target");
}

void check_split(std::span<const std::byte> datagram) {
  const auto split = split_udp(datagram);
  if (split.fault != UdpFault::none) {
    require(split.destination.empty() && split.payload.empty(), "a fault has no parts");
    return;
  }
  require(
      UdpHeader::kFixedSize + split.destination.size() + split.payload.size() == datagram.size(),
      "every byte is of the header or of the payload");
  require(split.payload.data() + split.payload.size() == datagram.data() + datagram.size(),
          "the payload is the end");
  if (const auto target = udp_target(split.destination)) check_target(*target);
}

}  // namespace
}  // namespace dispatch::proxy::socks5

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dispatch;
  proxy::socks5::check_split(fuzz::bytes_of(data, size));
  return fuzz::kDone;
}

#include "engine/stream/locate.hpp"

#include "engine/stream/stream_error.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dispatch::stream {
namespace {

constexpr std::uint32_t kUsualMtu = 1500;
constexpr std::uint32_t kMostMtu = 9000;
constexpr std::uint32_t kHeadersV4 = 28;  // IP and UDP
constexpr std::uint32_t kHeadersV6 = 48;

std::uint32_t index_of(net::Runtime& runtime, const EndpointSpec& spec) {
  const auto interfaces = runtime.interfaces().list();
  if (!interfaces) throw StreamError("cannot list the interfaces: " + interfaces.error().message());
  for (const auto& each : *interfaces) {
    if (each.name == spec.scope || std::to_string(each.index) == spec.scope) return each.index;
  }
  throw net::ConfigError(
      fmt::format("{}: this machine has no interface '{}'", to_string(spec), spec.scope));
}

// Empty: it is a name.
std::optional<net::Address> address_of(net::Runtime& runtime, const EndpointSpec& spec) {
  auto address = net::parse_address(spec.host);
  if (!address || spec.scope.empty()) return address;
  return net::AddressV6(address->to_v6().to_bytes(), index_of(runtime, spec));
}

}  // namespace

net::Task<net::Result<std::vector<net::Endpoint>>> try_locate(net::Runtime& runtime,
                                                              EndpointSpec spec) {
  std::vector<net::Endpoint> found;
  if (const auto address = address_of(runtime, spec)) {
    found.push_back({*address, spec.port});
    co_return found;
  }
  net::ResolveQuery query;
  query.name = spec.host;
  auto addresses = co_await runtime.resolver().resolve(query);
  if (!addresses) co_return addresses.error();
  for (const auto& each : *addresses) found.push_back({each.address, spec.port});
  co_return found;
}

net::Task<std::vector<net::Endpoint>> locate(net::Runtime& runtime, EndpointSpec spec) {
  auto found = co_await try_locate(runtime, spec);
  if (!found) {
    throw StreamError(fmt::format("{}: {}", to_string(spec), found.error().message()));
  }
  co_return std::move(*found);
}

net::Endpoint local_endpoint(net::Runtime& runtime, const EndpointSpec& spec) {
  const auto address = address_of(runtime, spec);
  if (!address) {
    throw net::ConfigError(fmt::format(
        "{}: what listens has an address of this machine, not a name", to_string(spec)));
  }
  if (address->is_multicast()) return {net::any_address(net::family_of(*address)), spec.port};
  return {*address, spec.port};
}

std::size_t datagram_bytes(net::Runtime& runtime, const net::Address& local) {
  auto mtu = kUsualMtu;
  if (const auto interfaces = runtime.interfaces().list()) {
    for (const auto& each : *interfaces) {
      const bool is_its = std::ranges::any_of(each.addresses, [&](const net::Prefix& own) {
        return own.address == net::without_scope(local) || own.address == local;
      });
      if (is_its || (each.loopback && local.is_loopback())) mtu = std::min(each.mtu, kMostMtu);
    }
  }
  const auto headers = local.is_v6() ? kHeadersV6 : kHeadersV4;
  return mtu > headers ? mtu - headers : 1;
}

}  // namespace dispatch::stream

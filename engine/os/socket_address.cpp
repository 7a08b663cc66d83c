#include "engine/os/socket_address.hpp"

#include <algorithm>

namespace dispatch::os {

SocketAddress::SocketAddress(const net::Endpoint& endpoint) : storage_{} {
  if (endpoint.address.is_v6()) {
    const auto address = endpoint.address.to_v6();
    const auto bytes = address.to_bytes();
    storage_.v6.sin6_family = AF_INET6;
    storage_.v6.sin6_port = htons(endpoint.port);
    storage_.v6.sin6_scope_id = static_cast<std::uint32_t>(address.scope_id());
    std::copy(bytes.begin(), bytes.end(), storage_.v6.sin6_addr.s6_addr);
  } else {
    storage_.v4.sin_family = AF_INET;
    storage_.v4.sin_port = htons(endpoint.port);
    storage_.v4.sin_addr.s_addr = htonl(endpoint.address.to_v4().to_uint());
  }
}

socklen_t SocketAddress::size() const {
  return storage_.any.sa_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
}

net::Endpoint SocketAddress::endpoint() const {
  switch (storage_.any.sa_family) {
    case AF_INET:
      return {address_of(storage_.v4.sin_addr), ntohs(storage_.v4.sin_port)};
    case AF_INET6:
      return {address_of(storage_.v6.sin6_addr, storage_.v6.sin6_scope_id),
              ntohs(storage_.v6.sin6_port)};
    default:
      return {};
  }
}

net::Address address_of(const in_addr& address) {
  return net::AddressV4(ntohl(address.s_addr));
}

net::Address address_of(const in6_addr& address, std::uint32_t scope) {
  net::AddressV6::bytes_type bytes;
  std::copy_n(address.s6_addr, bytes.size(), bytes.begin());
  return net::AddressV6(bytes, scope);
}

net::Endpoint local_endpoint_of(int socket) {
  SocketAddress address;
  auto size = SocketAddress::capacity();
  if (::getsockname(socket, address.data(), &size) != 0) return {};
  return address.endpoint();
}

}  // namespace dispatch::os

// net::Endpoint in the kernel's form.
#pragma once

#include "engine/net/address.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

namespace dispatch::os {

// A sockaddr_in or a sockaddr_in6, no bigger than it must be: batches hold arrays of these.
class SocketAddress {
 public:
  SocketAddress() : storage_{} {}
  explicit SocketAddress(const net::Endpoint& endpoint);

  sockaddr* data() { return &storage_.any; }
  const sockaddr* data() const { return &storage_.any; }
  socklen_t size() const;  // of what is stored
  static constexpr socklen_t capacity() { return sizeof(Storage); }

  // An address of another family gives the unspecified IPv4 endpoint.
  net::Endpoint endpoint() const;

 private:
  union Storage {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
  };
  Storage storage_;
};

inline int native_family(net::Family family) {
  return family == net::Family::v6 ? AF_INET6 : AF_INET;
}

net::Address address_of(const in_addr& address);
net::Address address_of(const in6_addr& address, std::uint32_t scope);

// Of a bound or connected socket; the unspecified endpoint where the kernel knows none.
net::Endpoint local_endpoint_of(int socket);

}  // namespace dispatch::os

#include "engine/os/interfaces.hpp"

#include "engine/os/loop.hpp"
#include "engine/os/socket.hpp"
#include "engine/os/socket_address.hpp"

#include <bit>
#include <cstring>
#include <ifaddrs.h>
#include <map>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace dispatch::os {
namespace {

std::uint8_t ones(const std::byte* bytes, std::size_t size) {
  int count = 0;
  for (std::size_t i = 0; i < size; ++i)
    count += std::popcount(std::to_integer<unsigned>(bytes[i]));
  return static_cast<std::uint8_t>(count);
}

std::optional<net::Prefix> prefix_of(const sockaddr* address, const sockaddr* mask) {
  if (address == nullptr) return std::nullopt;
  const auto* bits = reinterpret_cast<const std::byte*>(mask);
  if (address->sa_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
    const auto length =
        bits == nullptr ? std::uint8_t{32} : ones(bits + offsetof(sockaddr_in, sin_addr), 4);
    return net::Prefix{address_of(v4->sin_addr), length};
  }
  if (address->sa_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
    const auto length =
        bits == nullptr ? std::uint8_t{128} : ones(bits + offsetof(sockaddr_in6, sin6_addr), 16);
    return net::Prefix{address_of(v6->sin6_addr, v6->sin6_scope_id), length};
  }
  return std::nullopt;
}

std::uint32_t mtu_of(int socket, const std::string& name) {
  ifreq request{};
  std::strncpy(request.ifr_name, name.c_str(), IFNAMSIZ - 1);
  if (::ioctl(socket, SIOCGIFMTU, &request) != 0) return 0;
  return static_cast<std::uint32_t>(request.ifr_mtu);
}

}  // namespace

net::Result<std::vector<net::Interface>> Interfaces::list() {
  const auto socket = open_socket(loop_, net::Family::v4, SOCK_DGRAM);
  if (!socket) return socket.error();
  const NetworkNamespace::Visit visit(loop_.network_namespace.get());
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return last_error();
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(first, &::freeifaddrs);

  std::map<std::uint32_t, net::Interface> by_index;
  for (const auto* entry = first; entry != nullptr; entry = entry->ifa_next) {
    // An IPv4 alias ("eth0:1") is an address of its interface.
    std::string name(entry->ifa_name);
    name = name.substr(0, name.find(':'));
    const auto index = ::if_nametoindex(name.c_str());
    if (index == 0) continue;  // gone since
    auto& interface = by_index[index];
    if (interface.name.empty()) {
      interface.name = name;
      interface.index = index;
      interface.up = (entry->ifa_flags & IFF_UP) != 0;
      interface.running = (entry->ifa_flags & IFF_RUNNING) != 0;
      interface.loopback = (entry->ifa_flags & IFF_LOOPBACK) != 0;
      interface.mtu = mtu_of(socket->get(), name);
    }
    if (const auto prefix = prefix_of(entry->ifa_addr, entry->ifa_netmask)) {
      interface.addresses.push_back(*prefix);
    }
  }
  std::vector<net::Interface> found;
  for (auto& [index, interface] : by_index) found.push_back(std::move(interface));
  return found;
}

}  // namespace dispatch::os

// What a UDP socket is told before it is bound: groups (ip(7), ipv6(7), RFC 3678), hops, broadcast.
#include "engine/os/datagram.hpp"
#include "engine/os/socket.hpp"
#include "engine/os/socket_address.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace dispatch::os {
namespace {

#ifndef IPV6_MULTICAST_ALL  // Linux 4.20; glibc 2.29
constexpr int IPV6_MULTICAST_ALL = 29;
#endif

bool set_bytes(int socket, int level, int name, const void* value, std::size_t size) {
  return ::setsockopt(socket, level, name, value, static_cast<socklen_t>(size)) == 0;
}

// Of the socket's own namespace, which need not be the process's. 0: where the routes lead.
net::Result<int> index_of(int socket, const std::string& interface) {
  if (interface.empty()) return 0;
  ifreq request{};
  if (interface.size() >= sizeof request.ifr_name) return net::errno_error(ENODEV);
  std::memcpy(request.ifr_name, interface.c_str(), interface.size() + 1);
  if (::ioctl(socket, SIOCGIFINDEX, &request) != 0) return last_error();
  return request.ifr_ifindex;
}

void store(sockaddr_storage& to, const net::Address& address) {
  const SocketAddress native({address, 0});
  std::memcpy(&to, native.data(), native.size());
}

net::Status join(int socket, net::Family family, const net::Membership& membership) {
  const auto is_wrong = [&](const net::Address& address) {
    return net::family_of(address) != family;
  };
  const auto& [group, interface, source] = membership;
  if (is_wrong(group) || !group.is_multicast() || (source && is_wrong(*source))) {
    return net::errno_error(EINVAL);
  }
  auto index = index_of(socket, interface);
  if (!index) return index.error();
  if (*index == 0 && group.is_v6()) *index = static_cast<int>(group.to_v6().scope_id());
  const int level = family == net::Family::v6 ? IPPROTO_IPV6 : IPPROTO_IP;
  bool joined = false;
  if (source) {
    group_source_req request{};
    request.gsr_interface = static_cast<std::uint32_t>(*index);
    store(request.gsr_group, group);
    store(request.gsr_source, *source);
    joined = set_bytes(socket, level, MCAST_JOIN_SOURCE_GROUP, &request, sizeof request);
  } else {
    group_req request{};
    request.gr_interface = static_cast<std::uint32_t>(*index);
    store(request.gr_group, group);
    joined = set_bytes(socket, level, MCAST_JOIN_GROUP, &request, sizeof request);
  }
  if (joined) return {};
  // IPv4's word for "there is no route to tell where".
  return errno == ENODEV && *index == 0 ? net::errno_error(ENETUNREACH) : last_error();
}

net::Status set_way_out(int socket, net::Family family, const net::DatagramOptions& options) {
  const bool v6 = family == net::Family::v6;
  const int level = v6 ? IPPROTO_IPV6 : IPPROTO_IP;
  if (!options.multicast_interface.empty()) {
    const auto index = index_of(socket, options.multicast_interface);
    if (!index) return index.error();
    ip_mreqn request{};
    request.imr_ifindex = *index;
    if (v6 ? !set_option(socket, level, IPV6_MULTICAST_IF, *index)
           : !set_bytes(socket, level, IP_MULTICAST_IF, &request, sizeof request)) {
      return last_error();
    }
  }
  if (!options.multicast_loop) {
    set_option(socket, level, v6 ? IPV6_MULTICAST_LOOP : IP_MULTICAST_LOOP, 0);
  }
  if (options.hop_limit) {
    set_option(socket, level, v6 ? IPV6_MULTICAST_HOPS : IP_MULTICAST_TTL, *options.hop_limit);
    if (!set_option(socket, level, v6 ? IPV6_UNICAST_HOPS : IP_TTL, *options.hop_limit)) {
      return last_error();
    }
  }
  return {};
}

}  // namespace

net::Status Datagram::prepare(int socket, net::Family family, const net::DatagramOptions& options) {
  if (options.coalesced) coalesce(socket);
  if (options.shared_port) set_option(socket, SOL_SOCKET, SO_REUSEADDR, 1);
  if (options.broadcast) set_option(socket, SOL_SOCKET, SO_BROADCAST, 1);
  if (const auto error = set_way_out(socket, family, options)) return error;
  if (!options.groups.empty()) {
    const bool v6 = family == net::Family::v6;
    set_option(socket, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_MULTICAST_ALL : IP_MULTICAST_ALL,
               0);
  }
  for (const auto& each : options.groups) {
    if (const auto error = join(socket, family, each)) return error;
  }
  return {};
}

std::uint64_t Datagram::dropped() const {
  std::array<std::uint32_t, SK_MEMINFO_VARS> figures{};
  socklen_t size = sizeof figures;
  if (::getsockopt(socket_.get(), SOL_SOCKET, SO_MEMINFO, figures.data(), &size) != 0) return 0;
  return figures[SK_MEMINFO_DROPS];
}

}  // namespace dispatch::os

#include "engine/os/socket.hpp"

#include "engine/os/loop.hpp"
#include "engine/os/socket_address.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cerrno>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace dispatch::os {

net::Error last_error() {
  return net::errno_error(errno);
}

bool set_option(int socket, int level, int name, int value) {
  return ::setsockopt(socket, level, name, &value, sizeof value) == 0;
}

net::Result<FileDescriptor> open_socket(const Loop& loop, net::Family family, int type) {
  const NetworkNamespace::Visit visit(loop.network_namespace.get());
  FileDescriptor socket(::socket(native_family(family), type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return last_error();
  if (family == net::Family::v6) set_option(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
  return socket;
}

void set_keep_alive(int socket, const net::KeepAlive& options) {
  const auto seconds = [](net::Duration time) {
    constexpr net::Duration kLeast = std::chrono::seconds(1);
    const auto within = std::clamp(time, kLeast, net::kKeepAliveMax);
    return static_cast<int>(std::chrono::ceil<std::chrono::seconds>(within).count());
  };
  set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, seconds(options.idle));
  set_option(socket, IPPROTO_TCP, TCP_KEEPINTVL, seconds(options.interval));
  set_option(socket, IPPROTO_TCP, TCP_KEEPCNT, options.probes);
  set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
}

net::Status bind_to_egress(int socket, net::Family family, const net::Egress& egress) {
  if (!egress.device.empty()) {
    if (const auto error = bind_to_device(socket, egress.device)) return error;
  }
  if (!egress.source) return {};
  // The kernel would call one of the two mismatches EINVAL.
  if (net::family_of(*egress.source) != family) return net::errno_error(EAFNOSUPPORT);
  let_connect_choose_the_port(socket);
  const SocketAddress address({*egress.source, 0});
  if (::bind(socket, address.data(), address.size()) != 0) return last_error();
  return {};
}

Socket::Socket(Loop& loop, FileDescriptor descriptor)
    : descriptor_(loop.io.get_executor(), descriptor.get()) {
  descriptor.release();
}

void Socket::close() {
  net::Error ignored;
  descriptor_.close(ignored);
}

net::Task<net::Status> Socket::wait(For what) {
  const auto [error] = co_await descriptor_.async_wait(
      wait_type(what), net::asio::as_tuple(net::asio::use_awaitable));
  co_return error;
}

}  // namespace dispatch::os

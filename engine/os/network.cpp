#include "engine/os/network.hpp"

#include "engine/os/datagram.hpp"
#include "engine/os/listener.hpp"
#include "engine/os/local_socket.hpp"
#include "engine/os/loop.hpp"
#include "engine/os/socket.hpp"
#include "engine/os/socket_address.hpp"
#include "engine/os/tcp_stream.hpp"

#include <algorithm>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <utility>

namespace dispatch::os {
namespace {

// Of a connect that was in progress: a socket becomes writable when it ends, and not before.
int outcome_of_connect(int socket) {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

// The first of each pair needs CAP_NET_ADMIN; the second is cut down to what sysctl allows.
void set_kernel_buffers(int socket, std::size_t bytes) {
  const int value = static_cast<int>(std::min<std::size_t>(bytes, 1 << 30));
  for (const auto& [forced, allowed] :
       {std::pair{SO_RCVBUFFORCE, SO_RCVBUF}, std::pair{SO_SNDBUFFORCE, SO_SNDBUF}}) {
    if (!set_option(socket, SOL_SOCKET, forced, value)) {
      set_option(socket, SOL_SOCKET, allowed, value);
    }
  }
}

void allow_any_source(int socket, net::Family family) {
  if (family == net::Family::v4) {
    set_option(socket, IPPROTO_IP, IP_FREEBIND, 1);
  } else {
    set_option(socket, IPPROTO_IPV6, IPV6_FREEBIND, 1);
  }
}

// A datagram socket takes from anyone between its bind and its connect. Whoever floods a range of
// ports is bounded, too: the queue is.
void drop_what_has_come(int socket) {
  constexpr int kMost = 4096;
  for (int i = 0; i < kMost && ::recv(socket, nullptr, 0, MSG_DONTWAIT | MSG_TRUNC) >= 0; ++i) {
  }
}

}  // namespace

net::Task<net::Result<net::StreamPtr>> Network::connect_task(net::Endpoint remote,
                                                             net::Egress egress,
                                                             net::TimePoint deadline) {
  const auto family = net::family_of(remote.address);
  auto opened = open_socket(loop_, family, SOCK_STREAM);
  if (!opened) co_return opened.error();
  auto descriptor = std::move(*opened);
  if (loop_.free_bind) allow_any_source(descriptor.get(), family);
  if (const auto error = bind_to_egress(descriptor.get(), family, egress)) co_return error;
  set_option(descriptor.get(), IPPROTO_TCP, TCP_NODELAY, 1);

  const SocketAddress address(remote);
  int error = ::connect(descriptor.get(), address.data(), address.size()) == 0 ? 0 : errno;
  if (error != 0 && error != EINPROGRESS && error != EINTR) co_return net::errno_error(error);
  auto stream =
      std::make_unique<TcpStream>(loop_, std::move(descriptor), remote, Socket::For::writing);
  auto& socket = stream->socket();
  if (error != 0) {
    if (const auto stopped = co_await socket.wait(Socket::For::writing, deadline)) {
      co_return stopped;
    }
    error = socket.may_have_failed() ? outcome_of_connect(socket.get()) : 0;
    if (error != 0) co_return net::errno_error(error);
  }
  co_return net::StreamPtr(std::move(stream));
}

net::Result<net::ListenerPtr> Network::listen(const net::Endpoint& local,
                                              const net::ListenOptions& options) {
  const auto family = net::family_of(local.address);
  auto opened = open_socket(loop_, family, SOCK_STREAM);
  if (!opened) return opened.error();
  auto& descriptor = *opened;
  // A restarted server takes its port back while old connections are in TIME_WAIT; a port on which
  // another listens stays refused.
  set_option(descriptor.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  set_option(descriptor.get(), IPPROTO_TCP, TCP_NODELAY, 1);  // accepted connections inherit it
  if (options.keep_alive) set_keep_alive(descriptor.get(), *options.keep_alive);  // this, too
  if (family == net::Family::v6 && !options.v6_only) {
    set_option(descriptor.get(), IPPROTO_IPV6, IPV6_V6ONLY, 0);
  }
  if (!options.device.empty()) {
    if (const auto error = bind_to_device(descriptor.get(), options.device)) return error;
  }
  const SocketAddress address(local);
  if (::bind(descriptor.get(), address.data(), address.size()) != 0) return last_error();
  if (::listen(descriptor.get(), options.backlog) != 0) return last_error();
  return net::ListenerPtr(std::make_unique<Listener>(loop_, std::move(descriptor)));
}

net::Result<net::ListenerPtr> Network::listen_local(const std::string& path,
                                                    const net::LocalListenOptions& options) {
  auto listening = listen_on_path(path, options);
  if (!listening) return listening.error();
  return net::ListenerPtr(
      std::make_unique<Listener>(loop_, std::move(listening->socket), std::move(listening->file)));
}

net::Result<net::StreamPtr> Network::connect_local(const std::string& path) {
  auto connected = connect_to_path(path);
  if (!connected) return connected.error();
  return net::StreamPtr(std::make_unique<TcpStream>(loop_, std::move(*connected), net::Endpoint{}));
}

net::Result<net::DatagramPtr> Network::open_datagram(const net::DatagramOptions& options) {
  auto local = options.local;
  if (options.egress.source) local.address = *options.egress.source;
  if (options.connect && !options.egress.source && local.address.is_unspecified()) {
    local.address = net::any_address(net::family_of(options.connect->address));
  }
  auto opened = open_socket(loop_, net::family_of(local.address), SOCK_DGRAM);
  if (!opened) return opened.error();
  auto& descriptor = *opened;
  if (!options.egress.device.empty()) {
    if (const auto error = bind_to_device(descriptor.get(), options.egress.device)) return error;
  }
  if (const auto error =
          Datagram::prepare(descriptor.get(), net::family_of(local.address), options)) {
    return error;
  }
  if (options.kernel_buffer != 0) set_kernel_buffers(descriptor.get(), options.kernel_buffer);
  const SocketAddress address(local);
  if (::bind(descriptor.get(), address.data(), address.size()) != 0) return last_error();
  if (options.connect) {
    const SocketAddress peer(*options.connect);
    if (::connect(descriptor.get(), peer.data(), peer.size()) != 0) return last_error();
    drop_what_has_come(descriptor.get());
  }
  return net::DatagramPtr(
      std::make_unique<Datagram>(loop_, std::move(descriptor), options.connect.has_value()));
}

bool Network::can_bind_to_device() const {
  if (!can_bind_to_device_) {
    const auto probe = open_socket(loop_, net::Family::v4, SOCK_DGRAM);
    can_bind_to_device_ = probe && !bind_to_device(probe->get(), "lo");
  }
  return *can_bind_to_device_;
}

}  // namespace dispatch::os

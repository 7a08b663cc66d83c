#include "engine/os/socket.hpp"

#include "engine/os/loop.hpp"
#include "engine/os/socket_address.hpp"

#include <algorithm>
#include <cerrno>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <utility>

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

Socket::Socket(Loop& loop, FileDescriptor descriptor, For first)
    : Socket(loop.events, std::move(descriptor), first) {}

Socket::Socket(EventLoop& loop, FileDescriptor descriptor, For first)
    : loop_(loop), descriptor_(std::move(descriptor)), told_of_room_(first == For::writing) {
  if (const auto id = loop.reactor().add(*this, get(), told_of_room_)) {
    id_ = *id;
  } else {
    refused_ = id.error();
  }
}

void Socket::close() {
  release();
}

FileDescriptor Socket::release() {
  auto descriptor = std::exchange(descriptor_, FileDescriptor());
  if (!descriptor) return descriptor;
  if (id_) loop_.reactor().remove(*std::exchange(id_, std::nullopt));
  cancel_wait(For::reading);
  cancel_wait(For::writing);
  return descriptor;
}

void Socket::async_wait(For what, Ready ready) {
  auto& side = sides_[index(what)];
  if (what == For::writing && is_open() && !refused_ && !std::exchange(told_of_room_, true)) {
    refused_ = loop_.reactor().add_writing(*id_, get());
  }
  const auto failure = is_open() ? refused_ : cancelled();
  if (failure) {
    loop_.soon([ready = std::move(ready), failure]() mutable { ready(failure); });
    return;
  }
  side.waiting = std::move(ready);
  ++side.waits;
  loop_.reactor().wait_began();
  if (side.known == Known::ready) loop_.reactor().repeat(*id_, what == For::reading);
}

Reactor& Socket::reactor() {
  return loop_.reactor();
}

void SocketWait::expire_at_deadline() {
  if (deadline_ == net::kNever) return;
  expiry_.emplace();
  expiry_->when = deadline_;
  auto& side = socket_.sides_[Socket::index(what_)];
  // A wait that has been aborted in this very round is over, and another may have begun.
  expiry_->expired = [&socket = socket_, &side, wait = side.waits] {
    if (side.waiting && side.waits == wait) socket.take(side)(net::asio::error::timed_out);
  };
  socket_.loop_.timers().add(*expiry_);
}

void Socket::cancel(Reactor& reactor, Reactor::Id id, For what, std::uint32_t wait) {
  auto* socket = reactor.find(id);
  if (socket != nullptr && socket->sides_[index(what)].waits == wait) socket->cancel_wait(what);
}

void Socket::is_ready(For what) {
  auto& side = sides_[index(what)];
  side.known = Known::ready;
  if (side.waiting) take(side)({});
}

void Socket::cancel_wait(For what) {
  auto& side = sides_[index(what)];
  if (!side.waiting) return;
  loop_.soon([waiting = take(side)]() mutable { waiting(cancelled()); });
}

Socket::Ready Socket::take(Side& side) {
  loop_.reactor().wait_ended();
  return std::exchange(side.waiting, Ready());
}

void Socket::drop_waits() {
  // What goes may own this.
  std::array<Ready, 2> dropped;
  for (std::size_t i = 0; i < dropped.size(); ++i) {
    if (sides_[i].waiting) dropped[i] = take(sides_[i]);
  }
}

}  // namespace dispatch::os

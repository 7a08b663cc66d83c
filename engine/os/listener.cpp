#include "engine/os/listener.hpp"

#include "engine/os/local_socket.hpp"
#include "engine/os/network.hpp"
#include "engine/os/socket_address.hpp"
#include "engine/os/tcp_stream.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/socket.h>
#include <utility>

namespace dispatch::os {
namespace {

// Errors of the connection that was to be accepted, not of the listener; accept(2) asks that they
// be treated like EAGAIN.
bool is_of_the_connection(int error) {
  switch (error) {
    case EINTR:
    case ENETDOWN:
    case EPROTO:
    case ENOPROTOOPT:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
      return true;
    default:
      return false;
  }
}

}  // namespace

Listener::Listener(Loop& loop, FileDescriptor socket, std::shared_ptr<const SocketFile> file)
    : loop_(loop),
      socket_(loop, std::move(socket)),
      local_(local_endpoint_of(socket_.get())),
      file_(std::move(file)) {}

void Listener::close() {
  file_.reset();
  socket_.close();
}

net::Task<net::Result<net::StreamPtr>> Listener::accept() {
  if (turn_.is_over()) co_await loop_.events.yield();
  for (;;) {
    if (!socket_.is_open()) co_return cancelled();
    SocketAddress peer;
    auto size = SocketAddress::capacity();
    FileDescriptor accepted(
        ::accept4(socket_.get(), peer.data(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (accepted) {
      turn_.moved(0);
      co_return net::StreamPtr(
          std::make_unique<TcpStream>(loop_, std::move(accepted), peer.endpoint()));
    }
    if (is_of_the_connection(errno)) continue;
    if (errno != EAGAIN) co_return last_error();
    turn_.waited();
    socket_.would_block(Socket::For::reading);
    if (const auto error = co_await socket_.wait(Socket::For::reading)) co_return error;
  }
}

// Every loop is woken for a connection, and the first to ask gets it: a busy one leaves it to
// others.
net::Result<net::ListenerPtr> Listener::share(net::Network& network) {
  auto& other = dynamic_cast<Network&>(network);
  FileDescriptor same(::fcntl(socket_.get(), F_DUPFD_CLOEXEC, 0));
  if (!same) return last_error();
  return net::ListenerPtr(std::make_unique<Listener>(other.loop(), std::move(same), file_));
}

}  // namespace dispatch::os

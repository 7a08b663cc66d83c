#include "engine/os/tcp_stream.hpp"

#include "engine/os/socket_address.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <limits>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <utility>

namespace dispatch::os {

TcpStream::TcpStream(Loop& loop, FileDescriptor socket, const net::Endpoint& remote,
                     Socket::For first)
    : loop_(loop), socket_(loop, std::move(socket), first), remote_(remote) {}

net::Task<net::Result<std::size_t>> TcpStream::read_some(std::span<std::byte> buffer,
                                                         net::TimePoint deadline) {
  if (const auto bytes = take_unread(buffer); bytes != 0) co_return bytes;
  if (read_turn_.is_over()) co_await loop_.events.yield();
  for (;;) {
    if (!socket_.is_open()) co_return cancelled();
    if (socket_.is_known_to_block(Socket::For::reading)) {
      read_turn_.waited();
      if (const auto error = co_await socket_.wait(Socket::For::reading, deadline)) {
        co_return error;
      }
      continue;
    }
    const auto got = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (got > 0) {
      if (static_cast<std::size_t>(got) < buffer.size()) socket_.is_drained();
      read_turn_.moved(static_cast<std::size_t>(got));
      co_return static_cast<std::size_t>(got);
    }
    if (got == 0) {
      if (const auto error = end_of_stream()) co_return error;
      co_return std::size_t{0};
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) co_return read_failed(errno);
    socket_.would_block(Socket::For::reading);
  }
}

net::Task<net::Result<std::size_t>> TcpStream::write_some(std::span<const std::byte> data,
                                                          net::TimePoint deadline) {
  if (!socket_.is_open()) co_return net::errno_error(EPIPE);
  if (write_turn_.is_over()) co_await loop_.events.yield();
  for (;;) {
    if (!socket_.is_open()) co_return cancelled();
    const auto sent = ::send(socket_.get(), data.data(), data.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      write_turn_.moved(static_cast<std::size_t>(sent));
      co_return static_cast<std::size_t>(sent);
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) co_return write_failed(errno);
    write_turn_.waited();
    socket_.would_block(Socket::For::writing);
    if (const auto error = co_await socket_.wait(Socket::For::writing, deadline)) {
      co_return error;
    }
  }
}

net::Status TcpStream::shutdown_write() {
  if (!socket_.is_open()) return net::errno_error(ENOTCONN);
  if (::shutdown(socket_.get(), SHUT_WR) != 0) return last_error();
  return {};
}

void TcpStream::abort() {
  if (!socket_.is_open()) return;
  const linger at_once{1, 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  socket_.close();
  unread_.reset();
}

void TcpStream::keep_alive(const net::KeepAlive& options) {
  if (socket_.is_open()) set_keep_alive(socket_.get(), options);
}

void TcpStream::no_delay(bool on) {
  if (socket_.is_open()) set_option(socket_.get(), IPPROTO_TCP, TCP_NODELAY, on ? 1 : 0);
}

void TcpStream::user_timeout(net::Duration most) {
  if (!socket_.is_open()) return;
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(most).count();
  constexpr std::int64_t kMost = std::numeric_limits<int>::max();
  set_option(socket_.get(), IPPROTO_TCP, TCP_USER_TIMEOUT,
             static_cast<int>(std::clamp<std::int64_t>(milliseconds, 0, kMost)));
}

// Asked of the kernel each time: hardly anyone wants to know, and a proxy has many streams.
net::Endpoint TcpStream::local_endpoint() const {
  return socket_.is_open() ? local_endpoint_of(socket_.get()) : net::Endpoint{};
}

void TcpStream::unread(std::span<const std::byte> bytes) {
  if (bytes.empty() || !socket_.is_open()) return;
  if (!unread_) unread_ = std::make_unique<Unread>();
  auto& kept = unread_->bytes;
  kept.erase(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(unread_->begin));
  unread_->begin = 0;
  kept.insert(kept.begin(), bytes.begin(), bytes.end());
}

std::size_t TcpStream::take_unread(std::span<std::byte> buffer) {
  if (!unread_) return 0;
  const auto left = std::span(unread_->bytes).subspan(unread_->begin);
  const auto bytes = std::min(left.size(), buffer.size());
  std::memcpy(buffer.data(), left.data(), bytes);
  unread_->begin += bytes;
  if (bytes == left.size()) unread_.reset();
  return bytes;
}

net::Error TcpStream::read_failed(int error) {
  fatal_ = error;
  return net::errno_error(error);
}

net::Error TcpStream::write_failed(int error) {
  // EPIPE says only that writing is over: reading may go on.
  if (error != EPIPE && error != ENOBUFS && error != ENOMEM) fatal_ = error;
  return net::errno_error(error);
}

net::Error TcpStream::end_of_stream() const {
  return fatal_ != 0 ? net::errno_error(fatal_) : net::Error{};
}

}  // namespace dispatch::os

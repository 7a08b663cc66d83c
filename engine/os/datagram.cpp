#include "engine/os/datagram.hpp"

#include "engine/os/socket_address.hpp"

#include <cerrno>
#include <utility>

namespace dispatch::os {
namespace {

constexpr std::size_t kDatagramBytes = 1500;  // most are not longer

}  // namespace

Datagram::Datagram(Loop& loop, FileDescriptor socket, bool connected)
    : loop_(loop),
      socket_(loop, std::move(socket)),
      connected_(connected),
      local_(local_endpoint_of(socket_.get())) {}

net::Task<net::Result<std::size_t>> Datagram::receive(std::span<net::DatagramIn> batch) {
  if (batch.empty()) co_return std::size_t{0};
  if (receive_turn_.is_over()) co_await loop_.yield();
  for (;;) {
    if (!socket_.is_open()) co_return cancelled();
    const int filled = try_receive(batch);
    if (filled > 0) {
      receive_turn_.moved(static_cast<std::size_t>(filled) * kDatagramBytes);
      co_return static_cast<std::size_t>(filled);
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) co_return last_error();
    receive_turn_.waited();
    if (const auto error = co_await socket_.wait(Socket::For::reading)) co_return error;
  }
}

net::Task<net::Result<std::size_t>> Datagram::send(std::span<const net::DatagramOut> batch) {
  if (batch.empty()) co_return std::size_t{0};
  if (send_turn_.is_over()) co_await loop_.yield();
  for (;;) {
    if (!socket_.is_open()) co_return cancelled();
    const int taken = try_send(batch);
    if (taken > 0) {
      send_turn_.moved(static_cast<std::size_t>(taken) * kDatagramBytes);
      co_return static_cast<std::size_t>(taken);
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) co_return last_error();
    send_turn_.waited();
    if (const auto error = co_await socket_.wait(Socket::For::writing)) co_return error;
  }
}

}  // namespace dispatch::os

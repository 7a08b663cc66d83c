#include "engine/os/datagram.hpp"

#include "engine/os/socket_address.hpp"

#include <cerrno>
#include <utility>

namespace dispatch::os {
namespace {

constexpr std::size_t kDatagramBytes = 1500;  // most are not longer

bool would_block(const net::Error& error) {
  return error == net::asio::error::would_block;
}

// Datagrams do not leave in one piece where one of them is longer than the way's MTU (EINVAL;
// EMSGSIZE since Linux 6.14), nor where the device cannot do checksums (EIO, before Linux 6.11).
bool is_of_one_piece(const net::Error& error) {
  return error == net::errno_error(EINVAL) || error == net::errno_error(EMSGSIZE) ||
         error == net::errno_error(EIO);
}

net::Error segments_refused(const net::Error& error) {
  return is_of_one_piece(error) ? net::errno_error(EMSGSIZE) : error;
}

}  // namespace

Datagram::Datagram(Loop& loop, FileDescriptor socket, bool connected)
    : loop_(loop),
      socket_(loop, std::move(socket)),
      connected_(connected),
      local_(local_endpoint_of(socket_.get())) {}

void Datagram::close() {
  if (waiting_) waiting_->ready = nullptr;
  socket_.close();
}

net::Result<std::size_t> Datagram::try_receive(std::span<net::DatagramIn> batch) {
  for (;;) {
    if (!socket_.is_open()) return cancelled();
    const int filled = receive_once(batch);
    if (filled > 0) return static_cast<std::size_t>(filled);
    if (errno == EAGAIN) socket_.would_block(Socket::For::reading);
    if (errno != EINTR) return last_error();
  }
}

net::Result<std::size_t> Datagram::try_send(std::span<const net::DatagramOut> batch) {
  for (;;) {
    if (!socket_.is_open()) return cancelled();
    const int taken = send_once(batch);
    if (taken > 0) return static_cast<std::size_t>(taken);
    const auto error = last_error();
    if (would_block(error)) socket_.would_block(Socket::For::writing);
    if (error == net::asio::error::interrupted) continue;
    if (batch.front().segment != 0) return segments_refused(error);
    if (!send_apart_from_now_on(batch, error)) return error;
  }
}

// After an error: whether the batch began with datagrams that we have joined, and that may be why.
bool Datagram::send_apart_from_now_on(std::span<const net::DatagramOut> refused,
                                      const net::Error& error) {
  if (!is_of_one_piece(error) || count_alike(refused) == 1) return false;
  alike_bytes_max_ = error == net::errno_error(EIO) ? 0 : refused.front().size() - 1;
  return true;
}

net::Task<net::Result<std::size_t>> Datagram::receive(std::span<net::DatagramIn> batch) {
  if (batch.empty()) co_return std::size_t{0};
  if (receive_turn_.is_over()) co_await loop_.events.yield();
  for (;;) {
    const auto filled = try_receive(batch);
    if (filled) receive_turn_.moved(*filled * kDatagramBytes);
    if (filled || !would_block(filled.error())) co_return filled;
    receive_turn_.waited();
    if (const auto error = co_await socket_.wait(Socket::For::reading)) co_return error;
  }
}

net::Task<net::Result<std::size_t>> Datagram::send(std::span<const net::DatagramOut> batch) {
  if (batch.empty()) co_return std::size_t{0};
  if (send_turn_.is_over()) co_await loop_.events.yield();
  for (;;) {
    const auto taken = try_send(batch);
    if (taken) send_turn_.moved(*taken * kDatagramBytes);
    if (taken || !would_block(taken.error())) co_return taken;
    send_turn_.waited();
    if (const auto error = co_await socket_.wait(Socket::For::writing)) co_return error;
  }
}

void Datagram::when_readable(std::function<void()> ready) {
  if (!waiting_) waiting_ = std::make_shared<Waiting>();
  waiting_->ready = std::move(ready);
  // What is closed may be gone when the wait ends: `ready` is empty by then.
  socket_.async_wait(Socket::For::reading, [waiting = waiting_](const net::Error&) {
    if (const auto call = std::exchange(waiting->ready, nullptr)) call();
  });
}

}  // namespace dispatch::os

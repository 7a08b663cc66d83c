// A stream connection of the kernel's: TCP, or a Unix-domain socket.
#pragma once

#include "engine/net/stream.hpp"
#include "engine/os/loop.hpp"
#include "engine/os/socket.hpp"

#include <cstddef>
#include <memory>
#include <vector>

namespace dispatch::os {

// Every operation tries the system call first and waits only where it would block, so an idle
// connection holds no buffer. An error that ends the connection is remembered: the kernel reports
// it once, to the reader or to the writer, and then gives the other an ordinary end of stream,
// which would make a cut-off download look whole.
class TcpStream final : public net::Stream {
 public:
  // `socket` is connected, or about to be: then the caller waits for that.
  TcpStream(Loop& loop, FileDescriptor socket, const net::Endpoint& remote,
            Socket::For first = Socket::For::reading);

  net::Task<net::Result<std::size_t>> read_some(std::span<std::byte> buffer,
                                                net::TimePoint deadline) override;
  net::Task<net::Result<std::size_t>> write_some(std::span<const std::byte> data,
                                                 net::TimePoint deadline) override;

  // Between two of these: see relay_flow.hpp. Bytes that were read and that the sink did not take
  // (it failed, or the relay was cancelled) stay readable here.
  net::Task<net::RelayEnd> relay_to(net::Stream& sink, net::Meter meter) override;
  void relay_both_ways(net::Stream& other, net::Meter sent, net::Meter received,
                       net::asio::any_io_executor executor, net::RelayObserver& observer) override;

  net::Status shutdown_write() override;
  void abort() override;
  void keep_alive(const net::KeepAlive& options) override;
  void no_delay(bool on) override;
  void user_timeout(net::Duration most) override;
  net::Endpoint local_endpoint() const override;
  net::Endpoint remote_endpoint() const override { return remote_; }
  std::optional<net::TransportInfo> transport_info() const override;

  // For relays.
  Loop& loop() { return loop_; }
  Socket& socket() { return socket_; }
  // Puts bytes back, to be read next.
  void unread(std::span<const std::byte> bytes);
  bool has_unread() const { return unread_ != nullptr; }
  // Takes bytes that were put back; 0: there are none.
  std::size_t take_unread(std::span<std::byte> buffer);
  // The Error of a system call that failed with `error`, remembered where it is fatal.
  net::Error read_failed(int error);
  net::Error write_failed(int error);
  // The error that hides behind what the kernel gives as the end of the stream, if any.
  net::Error end_of_stream() const;

 private:
  struct Unread {
    std::vector<std::byte> bytes;
    std::size_t begin = 0;
  };

  Loop& loop_;
  mutable Socket socket_;
  net::Endpoint remote_;
  std::unique_ptr<Unread> unread_;  // null: nothing was put back
  int fatal_ = 0;                   // errno
  Turn read_turn_;
  Turn write_turn_;
};

}  // namespace dispatch::os

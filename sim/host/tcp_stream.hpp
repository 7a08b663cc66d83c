// A TCP socket as a program sees it.
#pragma once

#include "engine/net/stream.hpp"
#include "sim/host/tcp_socket.hpp"

#include <memory>

namespace dispatch::sim {

// Destroying it closes the socket; the kernel sends what was written.
class TcpStream : public net::Stream {
 public:
  // `mapped`: accepted by an IPv6 socket from an IPv4 peer; addresses are shown as ::ffff:a.b.c.d.
  TcpStream(std::shared_ptr<TcpSocket> socket, bool mapped)
      : socket_(std::move(socket)), mapped_(mapped) {
    socket_->connection().no_delay(true);
  }
  ~TcpStream() override { socket_->release(); }

  net::Task<net::Result<std::size_t>> read_some(std::span<std::byte> buffer,
                                                net::TimePoint deadline) override;
  net::Task<net::Result<std::size_t>> write_some(std::span<const std::byte> data,
                                                 net::TimePoint deadline) override;
  net::Task<net::Result<std::size_t>> discard_some(std::size_t most) override;
  net::Task<net::Result<std::size_t>> write_blank(std::size_t most) override;
  // To another TcpStream without copying. What the sink has not taken when this ends is read next.
  net::Task<net::RelayEnd> relay_to(net::Stream& sink, net::Meter meter) override;
  net::Status shutdown_write() override;
  void abort() override;
  void keep_alive(const net::KeepAlive& options) override;
  void no_delay(bool on) override;
  void user_timeout(net::Duration most) override;
  net::Endpoint local_endpoint() const override;
  net::Endpoint remote_endpoint() const override;
  std::optional<net::TransportInfo> transport_info() const override;

 private:
  net::Task<net::Result<Slice>> read_slice(std::size_t most);
  template <typename Into>  // a buffer, or nothing but its size
  net::Task<net::Result<std::size_t>> read(Into into, net::TimePoint deadline);
  template <typename Data>  // bytes, or a Slice
  net::Task<net::Result<std::size_t>> write(Data data, net::TimePoint deadline);
  net::Task<net::RelayEnd> hand_over(TcpStream& to, net::Meter meter);

  std::shared_ptr<TcpSocket> socket_;
  bool mapped_;
  bool shut_down_ = false;
  bool aborted_ = false;
};

}  // namespace dispatch::sim

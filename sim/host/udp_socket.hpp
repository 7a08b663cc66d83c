// A UDP socket of a simulated host.
#pragma once

#include "engine/net/condition.hpp"
#include "engine/net/datagram.hpp"
#include "engine/net/network.hpp"
#include "engine/net/ring.hpp"
#include "sim/host/ip_layer.hpp"
#include "sim/host/kernel.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace dispatch::sim {

class UdpLayer;

// The kernel's side.
class UdpSocket : public std::enable_shared_from_this<UdpSocket> {
 public:
  // `options` as they were asked for; `local` and `peer` as they have become.
  UdpSocket(UdpLayer& layer, std::uint64_t id, net::Endpoint local,
            std::optional<net::Endpoint> peer, const net::DatagramOptions& options);

  std::uint64_t id() const { return id_; }
  const net::Endpoint& local() const { return local_; }
  const std::string& device() const { return egress_.device; }
  bool shares_port() const { return options_.shared_port; }
  // How well a datagram fits: 0 not at all; connected and bound sockets fit better.
  int match(const NetworkInterface& from, const net::Endpoint& to,
            const net::Endpoint& source) const;

  // Whether it hears what `source` sends to `group`, coming in by `from`.
  bool hears(const NetworkInterface& from, const net::Endpoint& group,
             const net::Endpoint& source) const;

  // From the network.
  void receive(const net::Endpoint& source, const Slice& payload);
  void unreachable(const IcmpUnreachable& message);

  // From the program.
  // Errors: would_block, operation_aborted, an ICMP error that is told once.
  net::Result<std::size_t> try_receive(std::span<net::DatagramIn> batch);
  net::Result<std::size_t> try_send(std::span<const net::DatagramOut> batch);
  void when_readable(std::function<void()> ready);

  bool closed() const { return closed_; }
  void close();
  void notify();

  // Datagrams that found the buffer full.
  std::uint64_t dropped() const { return dropped_; }

  net::Condition readable;

 private:
  struct Waiting {
    net::Endpoint source;
    Slice payload;
  };

  net::Result<Path> path_to(const net::Address& destination);
  net::Status send(const net::DatagramOut& datagram);
  void send_packet(const Path& path, const net::Endpoint& to, Slice payload);
  // Whether there was one.
  bool take(net::DatagramIn& into);
  bool next_joins(const net::DatagramIn& taken) const;
  net::Error take_error();
  void call_ready();

  UdpLayer& layer_;
  std::uint64_t id_;
  net::Endpoint local_;
  net::DatagramOptions options_;
  net::Egress egress_;
  std::optional<net::Endpoint> peer_;
  std::size_t buffer_bytes_;
  net::Error error_;
  bool closed_ = false;
  net::Ring<Waiting> waiting_;
  std::size_t charged_ = 0;  // bytes of the receive buffer
  std::function<void()> ready_;
  std::uint64_t dropped_ = 0;
  // The last way that was looked up.
  net::Address path_destination_;
  std::uint64_t path_generation_ = UINT64_MAX;
  Path path_;
};

// The program's side.
class UdpHandle : public net::Datagram {
 public:
  explicit UdpHandle(std::shared_ptr<UdpSocket> socket) : socket_(std::move(socket)) {}
  ~UdpHandle() override { socket_->close(); }

  net::Task<net::Result<std::size_t>> receive(std::span<net::DatagramIn> batch) override;
  net::Task<net::Result<std::size_t>> send(std::span<const net::DatagramOut> batch) override;
  net::Result<std::size_t> try_receive(std::span<net::DatagramIn> batch) override {
    return socket_->try_receive(batch);
  }
  net::Result<std::size_t> try_send(std::span<const net::DatagramOut> batch) override {
    return socket_->try_send(batch);
  }
  void when_readable(std::function<void()> ready) override {
    socket_->when_readable(std::move(ready));
  }
  net::Endpoint local_endpoint() const override { return socket_->local(); }
  std::uint64_t dropped() const override { return socket_->dropped(); }
  void close() override { socket_->close(); }

 private:
  std::shared_ptr<UdpSocket> socket_;
};

}  // namespace dispatch::sim

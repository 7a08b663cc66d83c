// A UDP socket of the kernel's.
#pragma once

#include "engine/net/datagram.hpp"
#include "engine/os/loop.hpp"
#include "engine/os/socket.hpp"

#include <cstdint>
#include <memory>

namespace dispatch::os {

// Datagrams to one receiver that follow each other in a batch and have the same size leave in one
// piece (Linux: UDP_SEGMENT), which passes the kernel's layers once. For the receiver it makes no
// difference.
class Datagram final : public net::Datagram {
 public:
  // `socket` is bound, and connected where `connected` says so.
  Datagram(Loop& loop, FileDescriptor socket, bool connected);
  ~Datagram() override { close(); }

  net::Task<net::Result<std::size_t>> receive(std::span<net::DatagramIn> batch) override;
  net::Task<net::Result<std::size_t>> send(std::span<const net::DatagramOut> batch) override;
  net::Result<std::size_t> try_receive(std::span<net::DatagramIn> batch) override;
  net::Result<std::size_t> try_send(std::span<const net::DatagramOut> batch) override;
  void when_readable(std::function<void()> ready) override;
  net::Endpoint local_endpoint() const override { return local_; }
  std::uint64_t dropped() const override;
  void close() override;

  // Of the platform (datagram_*.cpp), before the socket is bound.
  static void coalesce(int socket);
  // Groups, hop limit, broadcast, a shared port. Errors: no_such_device, invalid_argument,
  // network_unreachable (no route says where to join).
  static net::Status prepare(int socket, net::Family family, const net::DatagramOptions& options);

 private:
  struct Waiting {
    std::function<void()> ready;
  };

  // Of the platform: as much of the batch as one call moves, -1 and errno.
  int receive_once(std::span<net::DatagramIn> batch);
  int send_once(std::span<const net::DatagramOut> batch);
  std::size_t count_alike(std::span<const net::DatagramOut> batch) const;

  bool send_apart_from_now_on(std::span<const net::DatagramOut> refused, const net::Error& error);

  Loop& loop_;
  Socket socket_;
  bool connected_;
  net::Endpoint local_;
  Turn receive_turn_;
  Turn send_turn_;
  // Longer datagrams are not joined: the kernel has refused it.
  std::size_t alike_bytes_max_ = SIZE_MAX;
  std::shared_ptr<Waiting> waiting_;  // made by the first when_readable
};

}  // namespace dispatch::os

// A UDP socket of the kernel's.
#pragma once

#include "engine/net/datagram.hpp"
#include "engine/os/loop.hpp"
#include "engine/os/socket.hpp"

namespace dispatch::os {

class Datagram final : public net::Datagram {
 public:
  // `socket` is bound, and connected where `connected` says so.
  Datagram(Loop& loop, FileDescriptor socket, bool connected);

  net::Task<net::Result<std::size_t>> receive(std::span<net::DatagramIn> batch) override;
  net::Task<net::Result<std::size_t>> send(std::span<const net::DatagramOut> batch) override;
  net::Endpoint local_endpoint() const override { return local_; }
  void close() override { socket_.close(); }

 private:
  // Of the platform (datagram_*.cpp): as much of the batch as one call moves, -1 and errno.
  int try_receive(std::span<net::DatagramIn> batch);
  int try_send(std::span<const net::DatagramOut> batch);

  Loop& loop_;
  Socket socket_;
  bool connected_;
  net::Endpoint local_;
  Turn receive_turn_;
  Turn send_turn_;
};

}  // namespace dispatch::os

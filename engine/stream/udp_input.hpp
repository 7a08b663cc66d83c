// Datagrams that come to an address of this host, or to a group.
#pragma once

#include "engine/net/datagram.hpp"
#include "engine/stream/input.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

namespace dispatch::stream {

class UdpInput final : public Input {
 public:
  // `socket` was opened with DatagramOptions::coalesced.
  UdpInput(Hub& hub, std::string name, net::DatagramPtr socket);

  net::Task<net::Status> run() override;
  Figures figures() const override;
  net::Endpoint local_endpoint() const { return socket_->local_endpoint(); }

 private:
  static constexpr std::size_t kSlots = 32;
  static constexpr std::size_t kSlotBytes = 65'536;

  void pass(std::span<const net::DatagramIn> batch);

  net::DatagramPtr socket_;
  std::unique_ptr<std::byte[]> bytes_;  // 2 MiB, of which only what datagrams have filled is memory
  std::array<net::DatagramIn, kSlots> slots_;
  std::vector<Chunk> chunks_;
};

}  // namespace dispatch::stream

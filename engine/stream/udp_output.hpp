// Datagrams to one receiver, or to a group.
#pragma once

#include "engine/net/datagram.hpp"
#include "engine/stream/output.hpp"

#include <array>
#include <cstddef>

namespace dispatch::stream {

// What the network refuses (nobody listens there, no route) is lost and counted, and the next
// datagram is tried again: a receiver that comes back is served.
class UdpOutput final : public Output {
 public:
  // `socket` is connected.
  UdpOutput(Hub& hub, net::asio::any_io_executor executor, std::string name, Slowness slowness,
            net::DatagramPtr socket);

  net::Task<void> run() override;

  // The last thing that the network said against it; none: it takes everything.
  const net::Error& trouble() const { return trouble_; }

 private:
  static constexpr std::size_t kBatch = 64;

  Position send_now(std::span<const Chunk> chunks) override;
  // Chunks from `from` on, as far as the batch has room: how many datagrams (or segmented groups of
  // them) it holds.
  std::size_t fill(std::span<const Chunk> chunks, Position from);
  void advance(std::span<const Chunk> chunks, Position& position) const;
  std::size_t fill_from_backlog();
  // Of the batch's first. True: to be tried again, as single datagrams, or because what was told
  // was of an earlier one. False: it is lost.
  bool may_retry(const net::Error& error);
  void count_sent(std::span<const net::DatagramOut> batch);

  net::DatagramPtr socket_;
  bool one_by_one_ = false;  // segments do not pass here
  bool retried_ = false;
  Figures last_;  // what left last
  net::Error trouble_;
  std::array<net::DatagramOut, kBatch> batch_;
};

}  // namespace dispatch::stream

// Datagrams to one receiver, or to a group.
#pragma once

#include "engine/net/clock.hpp"
#include "engine/net/datagram.hpp"
#include "engine/stream/output.hpp"

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>

namespace dispatch::stream {

// What the network refuses (nobody listens there, no route) is lost and counted, and the next
// datagram is tried again: a receiver that comes back is served. A way out that goes (the interface
// vanishes, its address changes) is looked for again, now and then.
class UdpOutput final : public Output {
 public:
  // A connected socket. Errors: those of open_datagram; network_down: there is no way out now.
  using Open = std::function<net::Result<net::DatagramPtr>()>;

  // What comes back, and what the network says against what was sent.
  struct Ears {
    std::function<void(std::span<const std::byte> datagram)> heard;
    std::function<void()> refused;  // nobody listens there
  };

  // `socket` may be null: there is no way out at the beginning.
  UdpOutput(Hub& hub, net::asio::any_io_executor executor, net::Clock& clock, std::string name,
            Slowness slowness, net::DatagramPtr socket, Open open);

  net::Task<void> run() override;

  // Beside run(), until it is cancelled.
  net::Task<void> listen(Ears ears);

  // The last thing that the network said against it, while it goes on saying so.
  const net::Error& trouble() const { return trouble_; }

 private:
  static constexpr std::size_t kBatch = 64;
  static constexpr net::Duration kTroubleLasts = std::chrono::milliseconds(500);
  static constexpr net::Duration kReopenInterval = std::chrono::milliseconds(250);

  Position send_now(std::span<const Chunk> chunks) override;
  // Chunks from `from` on, as far as the batch has room: how many datagrams (or segmented groups of
  // them) it holds.
  std::size_t fill(std::span<const Chunk> chunks, Position from);
  void advance(std::span<const Chunk> chunks, Position& position) const;
  std::size_t fill_from_backlog();
  net::Result<std::size_t> try_send(std::size_t count);
  // Of the batch's first. True: to be tried again, as single datagrams, by another socket, or
  // because what was told was of an earlier one. False: it is lost.
  bool may_retry(const net::Error& error);
  bool reopen();
  void last_was_refused();
  void count_sent(std::span<const net::DatagramOut> batch);

  net::Clock& clock_;
  Open open_;
  std::shared_ptr<net::Datagram> socket_;  // shared with who waits for it
  net::TimePoint reopen_at_ = net::TimePoint::min();
  net::Condition reopened_;
  bool one_by_one_ = false;  // segments do not pass here
  bool retried_ = false;
  Figures last_;  // what left last
  net::Error trouble_;
  net::TimePoint trouble_at_{};
  std::array<net::DatagramOut, kBatch> batch_;
};

}  // namespace dispatch::stream

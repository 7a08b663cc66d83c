// Where data goes.
#pragma once

#include "engine/net/async.hpp"
#include "engine/net/condition.hpp"
#include "engine/stream/backlog.hpp"
#include "engine/stream/chunk.hpp"
#include "engine/stream/figures.hpp"
#include "engine/stream/hub.hpp"
#include "engine/stream/sink.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace dispatch::stream {

// What becomes of data when an output cannot take as much as comes.
enum class WhenSlow : std::uint8_t {
  wait,         // the inputs wait: a file and a connection can; datagrams are lost in the kernel
  drop_oldest,  // whole datagrams, counted
  disconnect,   // the output is ended; of outputs that stand alone: as drop_oldest
};

struct Slowness {
  WhenSlow policy = WhenSlow::wait;
  std::size_t backlog_max = 4 << 20;  // bytes that wait to be sent
};

// Sends from the caller's buffer what goes at once, and keeps a bounded backlog of what does not.
class Output : public Sink {
 public:
  // `name` is what it is called in figures and in the log.
  Output(Hub& hub, net::asio::any_io_executor executor, std::string name, Slowness slowness);
  // Takes itself off the hub.
  ~Output() override;
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  void take(std::span<const Chunk> chunks) final;
  bool has_room() const final;

  // Sends the backlog, whenever there is one: to be run beside, until it is cancelled. It ends by
  // itself where the output has come to its end.
  virtual net::Task<void> run() = 0;

  // Ends when the backlog has been sent. Errors: operation_aborted; the output has ended.
  net::Task<net::Status> flush();

  // After the last flush: what was sent is brought to its end in good order, as far as that takes
  // no longer than a few seconds.
  virtual net::Task<void> finish() { co_return; }

  const std::string& name() const { return name_; }
  const Figures& figures() const { return figures_; }
  std::size_t backlog_datagrams() const { return waiting_.datagrams() + sending_.datagrams(); }

 protected:
  // How far in a batch of chunks.
  struct Position {
    std::size_t chunk = 0;
    std::size_t offset = 0;  // bytes of it
  };

  // Sends at once as much as can be sent, and counts it: how far it came. Called without a backlog.
  virtual Position send_now(std::span<const Chunk> chunks) = 0;
  // The backlog has grown too long, and the policy is to end this.
  virtual void too_slow() {}

  // Of run(): what is to be sent next, which nobody else touches until it is empty; and waiting for
  // it.
  Backlog& sending() { return sending_; }
  net::Task<net::Status> backlog();
  // Something of it has been sent.
  void backlog_shrank();

  void sent(std::uint64_t datagrams, std::uint64_t bytes) {
    figures_.datagrams += datagrams;
    figures_.bytes += bytes;
  }
  // What was counted as sent was not, after all.
  void not_sent(std::uint64_t datagrams, std::uint64_t bytes) {
    figures_.datagrams -= datagrams;
    figures_.bytes -= bytes;
  }
  void lost(std::uint64_t datagrams, std::uint64_t bytes) {
    figures_.lost += datagrams;
    figures_.lost_bytes += bytes;
  }
  // Nothing is taken any more: what is still given is lost, and so is the backlog.
  void end();
  bool ended() const { return ended_; }
  Hub& hub() { return hub_; }

 private:
  void keep(std::span<const std::byte> head, std::span<const std::byte> data);
  std::size_t cost() const { return waiting_.cost() + sending_.cost(); }

  Hub& hub_;
  std::string name_;
  Slowness slowness_;
  Figures figures_;
  bool ended_ = false;
  // The oldest may be dropped of what is waiting, not of what is being sent.
  Backlog waiting_;
  Backlog sending_;
  net::Condition filled_;
  net::Condition emptied_;
};

}  // namespace dispatch::stream

// One direction of a relay between two TCP connections of the kernel's.
#pragma once

#include "engine/net/stream.hpp"
#include "engine/os/pipe_pool.hpp"
#include "engine/os/tcp_stream.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <sys/types.h>
#include <vector>

namespace dispatch::os {

// Moves bytes while they can be moved, and says what to wait for then. Small and interactive data
// is copied through the loop's scratch buffer (two system calls); what fills that buffer is bulk,
// and spliced through a pipe, so that its bytes are not copied at all. While a flow waits for its
// source it holds neither memory nor a pipe.
class RelayFlow {
 public:
  enum class Next : std::uint8_t { source_readable, sink_writable, turn, pace, ended };

  // The streams and what `meter` refers to outlive it, or are not used again.
  RelayFlow(TcpStream& source, TcpStream& sink, net::Meter meter);
  RelayFlow(const RelayFlow&) = delete;
  RelayFlow& operator=(const RelayFlow&) = delete;
  ~RelayFlow();

  // Moves what it can without waiting, but no more than a turn's worth: then others are to go first
  // (Next::turn). Next::pace: nothing may pass until the meter's pace says so.
  Next go();

  // Ends the flow because of what happened outside: `next` cannot be waited for.
  void fail(Next next, const net::Error& error);

  // Puts the bytes that were read and that the sink did not take back to the source.
  void give_back();

  net::Meter& meter() { return meter_; }
  TcpStream& source() { return *source_; }
  TcpStream& sink() { return *sink_; }
  // Spliced now: it is to wait for its turn among the others, not to go before them.
  bool is_bulk() const { return bulk_; }
  const net::RelayEnd& end() const { return end_; }

 private:
  using Side = net::RelayEnd::Side;
  // What has left the source and waits for the sink: in a pipe, or in memory.
  struct Backlog {
    Pipe pipe;
    std::size_t piped = 0;  // bytes
    std::vector<std::byte> kept;
    std::size_t taken = 0;  // of `kept`, by the sink
  };
  // Of a step: go on, or what go() returns.
  struct Step {
    bool done = false;
    Next next = Next::ended;
  };

  Step paced();
  Step move(std::size_t most);
  Step copy(std::size_t most);
  Step splice(std::size_t most);
  Step give(std::span<const std::byte> bytes);
  Step give(Pipe pipe, std::size_t bytes);
  Step give_backlog();
  Step nothing_taken(ssize_t result);
  Step nothing_given();
  Step ended(Side failed, const net::Error& error);
  static Step wait_for(Next next) { return {true, next}; }

  TcpStream* source_;
  TcpStream* sink_;
  net::Meter meter_;
  std::unique_ptr<Backlog> backlog_;  // null: nothing waits
  net::RelayEnd end_;
  std::uint32_t moved_ = 0;  // bytes, in this turn
  bool bulk_ = false;
  bool splices_ = true;            // false: the kernel refused to
  std::uint8_t little_reads_ = 0;  // in a row, while bulk
};

}  // namespace dispatch::os

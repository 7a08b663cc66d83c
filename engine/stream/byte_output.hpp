// Bytes of datagrams behind each other, over connections.
#pragma once

#include "engine/net/runtime.hpp"
#include "engine/net/stream.hpp"
#include "engine/stream/output.hpp"

namespace dispatch::stream {

// What is written is a copy in the backlog, and all connections have one of their own: a slow one
// holds up nobody. A datagram is never cut by the policy: what is dropped is whole.
class ByteOutput : public Output {
 public:
  ByteOutput(Hub& hub, net::Runtime& runtime, std::string name, Slowness slowness);

  // The end of the stream is sent, and waited for on the other side.
  net::Task<void> finish() override;
  static constexpr net::Duration kFinishTimeout = std::chrono::seconds(5);

 protected:
  // Writes to `stream` what there is, and forgets what comes back, until it fails, or this is
  // cancelled. A datagram that was not written whole stays in the backlog.
  net::Task<net::Error> serve(net::Stream& stream);
  net::Runtime& runtime() { return runtime_; }
  // Null: there is no connection now.
  net::Stream* stream() { return stream_; }

 private:
  Position send_now(std::span<const Chunk>) override { return {}; }
  net::Task<net::Error> write(net::Stream& stream);
  net::Task<net::Error> watch(net::Stream& stream);
  void advance(std::size_t bytes);
  void left();
  void peer_has_ended();

  net::Runtime& runtime_;
  net::Stream* stream_ = nullptr;
  std::size_t progress_ = 0;  // bytes of the first datagram
  bool peer_ended_ = false;
  net::Condition peer_end_;
};

}  // namespace dispatch::stream

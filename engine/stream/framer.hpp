// Datagrams to frames: between a hub and the outputs that send frames.
#pragma once

#include "engine/net/clock.hpp"
#include "engine/stream/frame.hpp"
#include "engine/stream/hub.hpp"
#include "engine/stream/sink.hpp"

#include <array>
#include <cstdint>

namespace dispatch::stream {

class Framer final : public Sink {
 public:
  // Takes from `from`, passes on to `to`. Both outlive it.
  Framer(Hub& from, Hub& to, net::Clock& clock, std::uint32_t stream);
  ~Framer() override;

  void take(std::span<const Chunk> chunks) override;
  bool has_room() const override { return to_.has_room(); }

  // There is no more: says so, several times, since a datagram may be lost.
  void finish();

 private:
  static constexpr std::size_t kBatch = 64;
  static constexpr int kEnds = 3;

  void add(Frame frame);
  void flush();

  Hub& from_;
  Hub& to_;
  net::Clock& clock_;
  std::uint32_t stream_;
  std::uint64_t next_ = 0;
  std::size_t count_ = 0;
  std::array<FrameHeader, kBatch> headers_;
  std::array<Chunk, kBatch> frames_;
};

}  // namespace dispatch::stream

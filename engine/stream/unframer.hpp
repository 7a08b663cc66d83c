// Frames to datagrams: between the hub of the inputs and that of the outputs.
#pragma once

#include "engine/stream/frame.hpp"
#include "engine/stream/hub.hpp"
#include "engine/stream/sequence_log.hpp"
#include "engine/stream/sink.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>

namespace dispatch::stream {

// Each frame's payload goes on once, in the order of arrival, whichever inputs it came by: of what
// was sent over several ways, the first to come counts. What is no frame is counted and dropped.
class Unframer final : public Sink {
 public:
  // Of so many senders; the frames of others are dropped as no frames.
  static constexpr std::size_t kStreamsMost = 1024;

  // Where a stream's payloads go; asked once for each.
  using HubOf = std::function<Hub&(std::uint32_t stream)>;

  Unframer(Hub& from, HubOf hub_of);
  ~Unframer() override;

  void take(std::span<const Chunk> chunks) override;
  bool has_room() const override;

  std::uint64_t strangers() const { return strangers_; }
  // By stream, in the order of the numbers.
  std::map<std::uint32_t, SequenceFigures> figures() const;
  // There has been one at least, and all have said that they have no more.
  bool all_ended() const;
  // Called when a stream has ended.
  void on_end(std::function<void()> ended) { ended_ = std::move(ended); }

 private:
  static constexpr std::size_t kBatch = 64;

  struct Stream {
    SequenceLog log;
    Hub* hub = nullptr;
  };

  void take(std::span<const std::byte> datagram);
  void flush();

  Hub& from_;
  HubOf hub_of_;
  std::function<void()> ended_;
  std::map<std::uint32_t, Stream> streams_;
  std::uint64_t strangers_ = 0;
  Hub* hub_ = nullptr;  // of the payloads
  std::size_t count_ = 0;
  std::array<Chunk, kBatch> payloads_;
};

}  // namespace dispatch::stream

// Datagrams to frames: between a hub and the outputs that send frames.
#pragma once

#include "engine/net/clock.hpp"
#include "engine/net/condition.hpp"
#include "engine/stream/frame.hpp"
#include "engine/stream/hub.hpp"
#include "engine/stream/parity.hpp"
#include "engine/stream/report.hpp"
#include "engine/stream/sent_frames.hpp"
#include "engine/stream/sink.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace dispatch::stream {

struct FramerOptions {
  std::uint32_t stream = 0;
  // Frames are kept for so long, and sent again to receivers that ask for them; 0: they are not.
  net::Duration repair{};
  ParityShape parity{};
  // Each way is asked again and again whether it leads to a receiver.
  bool probes = false;
};

class Framer final : public Sink {
 public:
  // Bytes of frames that are kept at most.
  static constexpr std::size_t kKeptMost = 64 << 20;
  static constexpr net::Duration kProbeInterval = std::chrono::milliseconds(100);

  // Takes from `from`, passes on to `to`. Both, and the clock, outlive it.
  Framer(Hub& from, Hub& to, net::Clock& clock, net::asio::any_io_executor executor,
         const FramerOptions& options);
  ~Framer() override;

  void take(std::span<const Chunk> chunks) override;
  bool has_room() const override { return to_.has_room(); }

  // A socket that probes are sent by; it outlives what comes of this.
  void add_way(Sink& way) { ways_.push_back(&way); }

  // What time brings: parity of groups that have been open for long, and probes. Until it is
  // cancelled.
  net::Task<void> run();

  // A datagram that has come back: what it asks for is sent again, to `to`; once, whichever ways
  // the report came by. Empty: it is no report of this stream.
  std::optional<Report> hear(std::span<const std::byte> datagram, Sink& to);
  // Nobody listens any more where `to` leads.
  void left(const Sink& to);

  // There is no more: says so, several times, since a datagram may be lost. Where frames are kept,
  // it goes on until those who ask for them have all, or until nobody may ask any more.
  net::Task<void> finish();

  // Frames that were sent again.
  std::uint64_t sent_again() const { return sent_again_; }

 private:
  static constexpr std::size_t kBatch = 64;
  static constexpr int kEnds = 3;
  static constexpr net::Duration kEndInterval = std::chrono::milliseconds(50);
  static constexpr std::size_t kReceiversMost = 1024;

  struct Receiver {
    std::uint64_t heeded = 0;  // the number of its last report, and one
    bool complete = false;
    bool gone = false;
    const Sink* to = nullptr;
  };

  std::uint64_t wall_now() const;
  void add(const Frame& frame);
  void add_data(std::span<const std::byte> datagram, std::uint64_t time, net::TimePoint now);
  void close_group();
  void flush();
  void flush_to(Sink& sink);
  void probe();
  void heed(const Report& report, std::uint64_t number, Sink& to);
  bool is_satisfied() const;

  Hub& from_;
  Hub& to_;
  net::Clock& clock_;
  FramerOptions options_;
  std::uint64_t next_ = 0;
  std::size_t count_ = 0;
  std::array<FrameHeader, kBatch> headers_;
  std::array<Chunk, kBatch> frames_;
  SentFrames sent_;
  ParityMaker parity_;
  std::vector<Sink*> ways_;
  std::map<std::uint32_t, Receiver> receivers_;
  std::uint64_t sent_again_ = 0;
  net::Condition changed_;
};

}  // namespace dispatch::stream

// Frames to datagrams: between the hub of the inputs and that of the outputs.
#pragma once

#include "engine/net/clock.hpp"
#include "engine/net/condition.hpp"
#include "engine/stream/frame.hpp"
#include "engine/stream/hub.hpp"
#include "engine/stream/reassembly.hpp"
#include "engine/stream/sequence_log.hpp"
#include "engine/stream/sink.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace dispatch::stream {

struct UnframerOptions {
  // Frames go on in their order, and what is missing is asked for, and waited for for so long.
  // 0: they go on as they come.
  net::Duration repair{};
  std::uint32_t receiver = 0;  // its name in reports, by chance
};

// Each frame's payload goes on once, whichever inputs it came by: of what was sent over several
// ways, the first to come counts. What is no frame is counted and dropped. Probes are answered by
// the way by which they came.
class Unframer final : public Sink {
 public:
  // Of so many senders; the frames of others are dropped as no frames.
  static constexpr std::size_t kStreamsMost = 1024;

  // Where a stream's payloads go; asked once for each.
  using HubOf = std::function<Hub&(std::uint32_t stream)>;

  Unframer(Hub& from, HubOf hub_of, net::Clock& clock, net::asio::any_io_executor executor,
           const UnframerOptions& options);
  ~Unframer() override;

  void take(std::span<const Chunk> chunks) override;
  bool has_room() const override;

  // Asks for what is missing, and gives it up, as time goes by. Until it is cancelled.
  net::Task<void> run();

  std::uint64_t strangers() const { return strangers_; }
  // By stream, in the order of the numbers.
  std::map<std::uint32_t, SequenceFigures> figures() const;
  // There has been one at least, and all have said that they have no more; where they are
  // repaired, nothing is waited for any more either.
  bool all_ended() const;
  // Called when a stream has ended so.
  void on_end(std::function<void()> ended) { ended_ = std::move(ended); }

 private:
  static constexpr std::size_t kBatch = 64;
  static_assert(kBatch <= Reassembly::kHeld);
  static constexpr std::size_t kWaysMost = 16;
  static constexpr int kCompletions = 3;  // reports of a stream's end, since one may be lost
  static constexpr net::Duration kInterval = std::chrono::milliseconds(5);
  static constexpr net::Duration kWayLasts = std::chrono::seconds(2);

  // By which frames of a stream come, and reports go back.
  struct Way {
    net::Endpoint sender;
    net::Datagram* socket = nullptr;
    net::TimePoint heard{};
    std::uint64_t probe = 0;  // the time in the newest
  };
  struct Stream {
    SequenceLog log;                    // where it is not repaired
    std::unique_ptr<Reassembly> order;  // null: it is not
    Hub* hub = nullptr;
    std::vector<Way> ways{};
    std::uint64_t reports = 0;
    bool told = false;  // that it has ended
  };

  void take(const Chunk& chunk, std::span<const std::byte> datagram);
  Stream* stream_of(std::uint32_t number);
  Way* way_of(Stream& stream, const Chunk& chunk);
  void take_data(Stream& stream, const Frame& frame);
  void put_in_order(Stream& stream, const Frame& frame);
  void pass_on(Stream& stream);
  void pass(Hub& hub, std::span<const std::byte> payload);
  void tell_end(std::uint32_t number, Stream& stream);
  void report(std::uint32_t number, Stream& stream, Way& way,
              const std::vector<Report::Range>& missing);
  void report_to_all(std::uint32_t number, Stream& stream,
                     const std::vector<Report::Range>& missing);
  bool tend();
  void flush();

  Hub& from_;
  HubOf hub_of_;
  net::Clock& clock_;
  UnframerOptions options_;
  std::function<void()> ended_;
  std::map<std::uint32_t, Stream> streams_;
  std::uint64_t strangers_ = 0;
  net::TimePoint now_{};  // of what is being taken
  Hub* hub_ = nullptr;    // of the payloads
  std::size_t count_ = 0;
  std::array<Chunk, kBatch> payloads_;
  bool tended_ = false;  // run() looks again soon
  net::Condition gap_;
};

}  // namespace dispatch::stream

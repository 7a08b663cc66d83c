// One receiver over several links: each datagram by one of them, or by all.
#pragma once

#include "engine/link/link.hpp"
#include "engine/net/log.hpp"
#include "engine/net/time.hpp"
#include "engine/stream/hub.hpp"
#include "engine/stream/sink.hpp"
#include "engine/stream/spread_mode.hpp"
#include "engine/stream/udp_output.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace dispatch::stream {

// Datagrams are not distributed to a link that is known not to work: that has no way out, whose
// health is bad (link::Monitor), that refuses what is sent, or by which the receiver of frames has
// ceased to answer while it answers by another one. Where all are such, each has its share.
class Spread final : public Sink {
 public:
  // No answer by a way for so long, and there were some by another: it is dead.
  static constexpr net::Duration kSilenceMost = std::chrono::milliseconds(600);

  // `hub`, the clock and the log outlive it.
  Spread(Hub& hub, std::string name, SpreadMode mode, net::Clock& clock, net::Log& log);
  ~Spread() override;

  void take(std::span<const Chunk> chunks) override;
  // Where one way at least has.
  bool has_room() const override;

  // Where the output of another way belongs. The link outlives this.
  Hub& add(const link::Link& link, net::asio::any_io_executor executor);
  // That output.
  void set_output(std::size_t way, const UdpOutput& output) { ways_[way]->output = &output; }
  std::size_t ways() const { return ways_.size(); }

  // The receiver has answered by that way.
  void answered(std::size_t way);

 private:
  struct Way {
    Way(const link::Link& by, net::asio::any_io_executor executor)
        : link(by), hub(std::move(executor)) {}

    const link::Link& link;
    Hub hub;
    const UdpOutput* output = nullptr;
    std::int64_t credit = 0;  // datagrams that it is due, times the sum of the weights
    std::optional<net::TimePoint> answered{};
    net::TimePoint trouble_until{};
    bool works = true;  // as of the last look
    std::vector<Chunk> chunks{};
  };

  void distribute(std::span<const Chunk> chunks);
  void look();
  std::string why_not(const Way& way) const;
  Way& next(std::int64_t round);

  Hub& hub_;
  std::string name_;
  SpreadMode mode_;
  net::Clock& clock_;
  net::Log& log_;
  std::vector<std::unique_ptr<Way>> ways_;
  bool any_works_ = true;
  net::TimePoint look_at_{};
};

}  // namespace dispatch::stream

// What happens in a run, as lines of JSON.
#pragma once

#include "engine/net/log.hpp"
#include "sim/capture/tcp_news.hpp"
#include "sim/host/world.hpp"
#include "sim/link/packet_observer.hpp"
#include "sim/scenario/scenario.hpp"

#include <functional>
#include <string_view>

namespace dispatch::scenario {

// docs/observing.md describes the lines. Each begins with the simulated time in nanoseconds. It
// only looks: a run with it is the run without.
class EventLog : private sim::PacketObserver {
 public:
  // Takes each line, with its end.
  using Output = std::function<void(std::string_view line)>;

  // Watches all links and hosts of `world`, which outlives this.
  EventLog(sim::World& world, Output output);
  ~EventLog() override;
  EventLog(const EventLog&) = delete;
  EventLog& operator=(const EventLog&) = delete;

  void engine(std::string_view host, net::LogLevel level, std::string_view line);
  void change(const EventSpec& event);

 private:
  void dropped(const sim::LinkDirection& line, const sim::Packet& packet, sim::DropReason reason,
               net::TimePoint now) override;
  void tcp(const sim::TcpView& view, const sim::TcpNews::News& news);
  net::TimePoint now() const;

  sim::World& world_;
  Output output_;
  sim::TcpNews news_;
};

}  // namespace dispatch::scenario

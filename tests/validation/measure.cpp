#include "tests/validation/measure.hpp"

#include "sim/core/simulation.hpp"
#include "sim/host/world.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <memory>
#include <span>
#include <stdexcept>

namespace dispatch::validation {
namespace {

using namespace sim;
using namespace std::chrono_literals;

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::size_t kWriteBytes = 16 * 1024;
// Where the measured link counts the packet that it sends as in its queue (kernel/tun_link.cpp).
// The simulated one does not; with a queue of twenty packets, that is a round trip of slow start.
constexpr std::uint64_t kOnTheLine = 1500;
const net::Endpoint kServer = net::parse_endpoint("203.0.113.10:80").value();

// 20 Mbit/s, RTT 40 ms.
Cell rtt_of_40_ms() {
  Cell cell;
  cell.rate_mbit = 20;
  cell.delay_ms = 20;
  cell.queue_bytes = 100'000;
  cell.late = kMeasuredLate;
  return cell;
}

struct Topology {
  explicit Topology(const Cell& cell, std::uint64_t seed = 1)
      : simulation(seed),
        world(simulation),
        client(world.add_host("client", host(cell))),
        server(world.add_host("server", host(cell))),
        link(world.attach(client, "eth0", {net::parse_prefix("192.0.2.2/24").value()},
                          options(cell))) {
    world.attach(server, "eth0", {net::parse_prefix("203.0.113.10/24").value()}, {});
  }

  static ScriptedLoss every(std::uint64_t n) {
    constexpr std::uint64_t kPackets = 10'000'000;
    ScriptedLoss loss;
    for (auto packet = n; packet <= kPackets; packet += n) loss.packets.push_back({packet, packet});
    return loss;
  }

  static HostOptions host(const Cell& cell) {
    HostOptions options;
    options.tcp.congestion = cell.congestion;
    return options;
  }

  static LinkOptions options(const Cell& cell) {
    DirectionOptions direction;
    direction.rate =
        DataRate::bits_per_second(static_cast<std::uint64_t>(std::llround(cell.rate_mbit * 1e6)));
    direction.delay = std::chrono::milliseconds(cell.delay_ms) + cell.late;
    const auto on_the_line = cell.line_in_queue ? kOnTheLine : 0;
    direction.queue = QueueLimit::of(ByteSize::bytes(cell.queue_bytes - on_the_line));
    auto both = LinkOptions::symmetric(direction);
    both.down.loss = cell.loss;
    if (cell.lose_one_in != 0) both.down.loss = every(cell.lose_one_in);
    return both;
  }

  Simulation simulation;
  World world;
  Host& client;
  Host& server;
  Link& link;
};

// Sends `bytes`, and waits for the other to close. (A program that ends its stream sends a last
// short segment along, which Nagle's rule holds else.)
net::Task<void> send(net::StreamPtr stream, std::uint64_t bytes) {
  stream->no_delay(false);
  const std::vector<std::byte> block(kWriteBytes, std::byte{'x'});
  while (bytes > 0) {
    auto part = std::span(block).first(std::min<std::uint64_t>(bytes, block.size()));
    bytes -= part.size();
    while (!part.empty()) {  // as a blocking send() does it
      const auto taken = co_await stream->write_some(part);
      if (!taken) co_return;
      part = part.subspan(*taken);
    }
  }
  std::array<std::byte, 1> rest;
  static_cast<void>(co_await stream->read_some(rest));
}

// Sends `bytes` to the first who connects; `sender` is its stream while it lasts.
net::Task<void> serve(Host& host, std::uint64_t bytes, net::Stream*& sender) {
  auto listener = host.network().listen(kServer, {}).value();
  auto accepted = co_await listener->accept();
  if (!accepted) co_return;
  sender = accepted->get();
  auto sending = send(std::move(*accepted), bytes);
  co_await std::move(sending);
}

// Sends without an end to all who connect.
net::Task<void> serve_all(Host& host) {
  auto listener = host.network().listen(kServer, {}).value();
  for (;;) {
    auto accepted = co_await listener->accept();
    if (!accepted) co_return;
    host.spawn(send(std::move(*accepted), UINT64_MAX));
  }
}

struct Reader {
  std::uint64_t wanted = UINT64_MAX;
  std::uint64_t bytes = 0;
  net::TimePoint last{};
  bool ended = false;
};

net::Task<void> read_all(Host& host, Reader& reader) {
  auto connected = co_await host.network().connect(kServer, net::kAnyEgress);
  if (!connected) co_return;
  const auto stream = std::move(*connected);
  std::vector<std::byte> buffer(kReadBytes);
  while (reader.bytes < reader.wanted) {
    const auto got = co_await stream->read_some(buffer);
    if (!got) co_return;
    if (*got == 0) break;
    reader.last = host.simulation().now();
    reader.bytes += *got;
  }
  reader.ended = true;
  host.simulation().stop();
}

double to_seconds(net::Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

// When TCP segments that do not repeat an earlier one's sequence number for the first time left.
class Departures : public PacketObserver {
 public:
  explicit Departures(bool syn) : syn_(syn) {}
  void dropped(const LinkDirection&, const Packet& packet, DropReason,
               net::TimePoint now) override {
    const auto* segment = std::get_if<tcp::Segment>(&packet.transport);
    if (segment == nullptr || segment->syn != syn_) return;
    if (!syn_ && segment->payload.size() == 0) return;
    times.push_back(now);
  }

  std::vector<double> after_first() const {
    std::vector<double> result;
    for (std::size_t i = 1; i < times.size(); ++i)
      result.push_back(to_seconds(times[i] - times[0]));
    return result;
  }

  std::vector<net::TimePoint> times;

 private:
  bool syn_;
};

}  // namespace

Bulk measure_bulk(const Cell& cell, double seconds, std::uint64_t seed) {
  Topology topology(cell, seed);
  Reader reader;
  net::Stream* sender = nullptr;
  topology.server.spawn(serve(topology.server, UINT64_MAX, sender));
  topology.client.spawn(read_all(topology.client, reader));
  Bulk bulk;
  double rtt_sum = 0;
  int rtts = 0;
  double window_sum = 0;
  int windows = 0;
  const auto end = net::TimePoint(
      std::chrono::duration_cast<net::Duration>(std::chrono::duration<double>(seconds)));
  for (auto when = net::TimePoint(100ms); when <= end; when += 100ms) {
    topology.simulation.run_until(when);
    if (sender == nullptr) continue;
    const auto info = sender->transport_info().value();
    rtt_sum += to_seconds(info.smoothed_rtt) * 1e3;
    ++rtts;
    bulk.max_window_kb = std::max(bulk.max_window_kb, info.congestion_window * 1.448);
    bulk.retransmits = info.retransmits;
    if (to_seconds(when.time_since_epoch()) < seconds / 4) continue;
    window_sum += info.congestion_window;
    ++windows;
  }
  bulk.mean_window = windows > 0 ? window_sum / windows : 0;
  bulk.goodput_mbit = static_cast<double>(reader.bytes) * 8e-6 / seconds;
  bulk.mean_rtt_ms = rtts > 0 ? rtt_sum / rtts : 0;
  const auto counters = topology.link.down().counters();
  bulk.packets = counters.offered.packets;
  for (const auto& dropped : counters.dropped) bulk.drops += dropped.packets;
  return bulk;
}

std::vector<double> measure_shares(const Cell& cell, int flows, double seconds) {
  Topology topology(cell);
  std::vector<Reader> readers(static_cast<std::size_t>(flows));
  const auto count = [&] {
    std::vector<double> bytes;
    for (const auto& reader : readers) bytes.push_back(static_cast<double>(reader.bytes));
    return bytes;
  };
  topology.server.spawn(serve_all(topology.server));
  for (auto& reader : readers) {
    topology.client.spawn(read_all(topology.client, reader));
    topology.simulation.run_for(1s);
  }
  const auto begin = topology.simulation.now();
  const auto before = count();
  topology.simulation.run_until(net::TimePoint(
      std::chrono::duration_cast<net::Duration>(std::chrono::duration<double>(seconds))));
  auto shares = count();
  for (std::size_t i = 0; i < shares.size(); ++i) {
    shares[i] = (shares[i] - before[i]) * 8e-6 / to_seconds(topology.simulation.now() - begin);
  }
  return shares;
}

double measure_completion(const Cell& cell, std::uint64_t bytes) {
  Topology topology(cell);
  Reader reader;
  net::Stream* sender = nullptr;
  reader.wanted = bytes;
  topology.server.spawn(serve(topology.server, bytes, sender));
  topology.client.spawn(read_all(topology.client, reader));
  topology.simulation.run_until(net::TimePoint(600s));
  if (!reader.ended || reader.bytes != bytes) throw std::runtime_error("a transfer did not end");
  return to_seconds(reader.last.time_since_epoch()) * 1e3;
}

std::vector<double> measure_syn_retries() {
  Topology topology(rtt_of_40_ms());
  Departures departures(true);
  topology.link.set_state(LinkState::blackhole);
  topology.link.up().add_observer(departures);
  Reader reader;
  topology.client.spawn(read_all(topology.client, reader));
  topology.simulation.run_until(net::TimePoint(300s));
  return departures.after_first();
}

std::vector<double> measure_retransmissions() {
  Topology topology(rtt_of_40_ms());
  net::Stream* sender = nullptr;
  topology.server.spawn(serve(topology.server, UINT64_MAX, sender));
  // The client's end sends: one small segment into the dark.
  topology.server.spawn([](Host& host) -> net::Task<void> {
    auto listener =
        host.network().listen(net::parse_endpoint("203.0.113.10:81").value(), {}).value();
    auto stream = co_await listener->accept();
    std::array<std::byte, 100> some;
    static_cast<void>(co_await (*stream)->read_some(some));
    static_cast<void>(co_await (*stream)->read_some(some));
  }(topology.server));
  Departures departures(false);
  topology.client.spawn([](Topology& all, Departures& observer) -> net::Task<void> {
    const auto to = net::parse_endpoint("203.0.113.10:81").value();
    auto connected = co_await all.client.network().connect(to, net::kAnyEgress);
    const auto stream = std::move(*connected);
    const std::array<std::byte, 100> some{};
    static_cast<void>(co_await stream->write_some(some));
    static_cast<void>(co_await all.client.clock().sleep_for(1s));
    all.link.set_state(LinkState::blackhole);
    all.link.up().add_observer(observer);
    static_cast<void>(co_await stream->write_some(some));
    static_cast<void>(co_await all.client.clock().sleep_for(100s));
  }(topology, departures));
  topology.simulation.run_until(net::TimePoint(100s));
  return departures.after_first();
}

namespace {

double measure_resumption(double outage, net::TimePoint dark) {
  Topology topology(rtt_of_40_ms());
  Reader reader;
  net::Stream* sender = nullptr;
  topology.server.spawn(serve(topology.server, UINT64_MAX, sender));
  topology.client.spawn(read_all(topology.client, reader));
  const auto heals =
      dark + std::chrono::duration_cast<net::Duration>(std::chrono::duration<double>(outage));
  topology.simulation.run_until(dark);
  topology.link.set_state(LinkState::blackhole);
  topology.simulation.run_until(heals);
  topology.link.set_state(LinkState::up);
  const auto before = reader.bytes;
  while (reader.bytes == before && topology.simulation.now() < heals + 60s) {
    topology.simulation.run_for(1ms);
  }
  return to_seconds(topology.simulation.now() - heals);
}

}  // namespace

std::vector<double> measure_resumptions(double outage) {
  constexpr int kMoments = 10;
  std::vector<double> seconds;
  for (int i = 0; i < kMoments; ++i) {
    seconds.push_back(measure_resumption(outage, net::TimePoint(3s + i * 100ms)));
  }
  std::sort(seconds.begin(), seconds.end());
  return seconds;
}

}  // namespace dispatch::validation

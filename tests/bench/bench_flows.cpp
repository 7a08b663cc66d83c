#include "tests/bench/bench_flows.hpp"

#include "sim/core/simulation.hpp"
#include "sim/host/host.hpp"
#include "sim/host/world.hpp"
#include "sim/link/link.hpp"

#include <array>
#include <malloc.h>
#include <stdexcept>
#include <sys/resource.h>
#include <vector>

namespace dispatch::bench {
namespace {

constexpr std::size_t kMessage = 1000;  // bytes
constexpr std::size_t kLanes = 10;      // connections that are opened at a time
const net::Endpoint kServer = net::parse_endpoint("203.0.113.10:80").value();

std::size_t bytes_allocated() {
  return ::mallinfo2().uordblks;
}

// What is echoed is of no interest, so all flows share the buffer.
struct Scratch {
  std::array<std::byte, kMessage> bytes{};
};

net::Task<void> echo(net::Stream& stream, Scratch& scratch) {
  for (;;) {
    const auto got = co_await stream.read_some(scratch.bytes);
    if (!got || *got == 0) co_return;
    const auto sent = co_await net::write_all(stream, std::span(scratch.bytes).first(*got));
    if (sent) co_return;
  }
}

class Crowd {
 public:
  explicit Crowd(std::size_t flows)
      : simulation_(1),
        world_(simulation_),
        client_(world_.add_host("client")),
        server_(world_.add_host("server")) {
    sim::DirectionOptions wire;
    wire.rate = sim::DataRate::bits_per_second(10'000'000'000);
    wire.delay = std::chrono::milliseconds(5);
    wire.queue = sim::QueueLimit{};
    const auto both = sim::LinkOptions::symmetric(wire);
    world_.attach(client_, "eth0", {net::parse_prefix("192.0.2.2/24").value()}, both);
    world_.attach(server_, "eth0", {net::parse_prefix("203.0.113.10/24").value()}, {});
    server_.spawn(serve());
    simulation_.run_for(std::chrono::seconds(1));
    const auto before = bytes_allocated();
    for (std::size_t i = 0; i < kLanes; ++i) client_.spawn(connect((flows + i) / kLanes));
    simulation_.run_for(std::chrono::seconds(60));
    if (accepted_.size() != flows) throw std::runtime_error("a flow was not established");
    idle_bytes_ = static_cast<double>(bytes_allocated() - before) / static_cast<double>(flows);
    for (auto& stream : accepted_) server_.spawn(echo(*stream, scratch_));
    simulation_.run_for(std::chrono::seconds(1));
    read_bytes_ = static_cast<double>(bytes_allocated() - before) / static_cast<double>(flows);
  }

  FlowFigures talk(std::size_t messages) {
    const auto each = std::max<std::size_t>(messages / streams_.size(), 1);
    for (auto& stream : streams_) client_.spawn(ask(*stream, each));
    const auto begin = cpu_seconds();
    const auto events = simulation_.events();
    const auto packets = delivered();
    simulation_.run_for(std::chrono::hours(1));
    const auto took = cpu_seconds() - begin;
    if (answered_ != each * streams_.size()) throw std::runtime_error("a message was not answered");
    return {idle_bytes_, read_bytes_, static_cast<double>(simulation_.events() - events) / took,
            static_cast<double>(delivered() - packets) / took};
  }

 private:
  net::Task<void> serve() {
    net::ListenOptions options;
    options.backlog = 65535;
    auto listener = server_.network().listen(kServer, options).value();
    for (;;) {
      auto accepted = co_await listener->accept();
      if (!accepted) co_return;
      accepted_.push_back(std::move(*accepted));
    }
  }

  net::Task<void> connect(std::size_t flows) {
    for (std::size_t i = 0; i < flows; ++i) {
      auto connected = co_await client_.network().connect(kServer, net::kAnyEgress);
      if (connected) streams_.push_back(std::move(*connected));
    }
  }

  net::Task<void> ask(net::Stream& stream, std::size_t times) {
    std::array<std::byte, kMessage> buffer{};
    for (std::size_t i = 0; i < times; ++i) {
      const auto sent = co_await net::write_all(stream, buffer);
      if (sent) co_return;
      const auto got = co_await net::read_full(stream, buffer);
      if (!got || *got != kMessage) co_return;
      ++answered_;
    }
  }

  std::uint64_t delivered() const {
    std::uint64_t packets = 0;
    for (const auto& link : world_.links()) {
      packets += link->up().counters().delivered.packets;
      packets += link->down().counters().delivered.packets;
    }
    return packets;
  }

  sim::Simulation simulation_;
  sim::World world_;
  sim::Host& client_;
  sim::Host& server_;
  std::vector<net::StreamPtr> streams_;
  std::vector<net::StreamPtr> accepted_;
  Scratch scratch_;
  std::size_t answered_ = 0;
  double idle_bytes_ = 0;
  double read_bytes_ = 0;
};

}  // namespace

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

FlowFigures measure_flows(std::size_t flows, std::size_t messages) {
  return Crowd(flows).talk(messages);
}

}  // namespace dispatch::bench

// Two hosts with a link each to the internet, and a stream command on both.
#pragma once

#include "engine/stream/pipeline.hpp"
#include "sim/core/simulation.hpp"
#include "sim/host/disk.hpp"
#include "sim/host/world.hpp"
#include "sim/link/link.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>
#include <vector>

namespace dispatch::stream {

using namespace std::chrono_literals;

inline net::Prefix prefix(const char* text) {
  return *net::parse_prefix(text);
}

inline EndpointSpec spec(const std::string& text) {
  return parse_endpoint_spec(text, Scheme::udp, true);
}

// Bytes of which each depends on its place.
inline sim::Disk::Content pattern(std::size_t size) {
  sim::Disk::Content bytes(size);
  for (std::size_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<std::byte>((i * 2654435761u) >> 24);
  }
  return bytes;
}

// One program on a host, with a disk of its own.
class Station {
 public:
  Station(sim::Host& on, const std::string& host_name)
      : host(on), disk(std::make_unique<sim::Disk>()), name(host_name) {}

  // Opens the plan and runs it to its end, or until it is stopped.
  void start(Plan plan) {
    pipeline = std::make_unique<Pipeline>(host, *disk, std::move(plan));
    host.spawn(run());
  }

  sim::Host& host;
  std::unique_ptr<sim::Disk> disk;
  std::string name;
  std::unique_ptr<Pipeline> pipeline;
  bool ended = false;
  std::string failure;

 private:
  net::Task<void> run() {
    try {
      co_await pipeline->open();
      co_await pipeline->run();
    } catch (const std::runtime_error& error) {
      failure = error.what();
    }
    ended = true;
  }
};

struct StreamWorld {
  explicit StreamWorld(sim::DirectionOptions direction = usual(), std::uint64_t seed = 1)
      : simulation(seed),
        world(simulation),
        sender(add("sender", "192.0.2.1/24", "2001:db8:1::1/64", direction), "sender"),
        receiver(add("receiver", "198.51.100.1/24", "2001:db8:2::1/64", direction), "receiver") {}
  ~StreamWorld() { simulation.drop_tasks(); }

  static sim::DirectionOptions usual() {
    sim::DirectionOptions direction;
    direction.rate = sim::DataRate::bits_per_second(100'000'000);
    direction.delay = 5ms;
    return direction;
  }

  sim::Host& add(const char* name, const char* v4, const char* v6,
                 const sim::DirectionOptions& direction) {
    auto& host = world.add_host(name);
    world.attach(host, "eth0", {prefix(v4), prefix(v6)}, sim::LinkOptions::symmetric(direction));
    return host;
  }

  void run_for(net::Duration span) { simulation.run_until(simulation.now() + span); }

  static const Figures& figures_of(const std::vector<EndpointFigures>& all, std::size_t index) {
    return all.at(index).figures;
  }

  sim::Simulation simulation;
  sim::World world;
  Station sender;
  Station receiver;
};

// A file from the sender, and a record of it at the receiver.
inline Plan send_plan(const std::string& to, std::uint64_t bytes_per_second) {
  Plan plan;
  plan.from = {spec("file:data")};
  plan.to = {spec(to)};
  plan.bytes_per_second = bytes_per_second;
  return plan;
}
inline Plan record_plan(const std::string& listen) {
  Plan plan;
  plan.listen = {spec(listen)};
  plan.to = {spec("file:record")};
  return plan;
}

}  // namespace dispatch::stream

// What simulated packets cost: packets that links delivered, per second of CPU time.
//
//     bench_sim [SCENARIO.yaml] [ROUNDS]
//
// A packet that crosses the client's link and the server's counts twice. Beside each figure stands
// the share of the limit that its events come to: what the bare event queue does in the same round
// with events that do nothing. Median of the rounds; CPU time, since it travels better than the
// clock's on a machine that others use as well. Then worlds of more and more flows.

#include "sim/core/simulation.hpp"
#include "sim/scenario/load.hpp"
#include "sim/scenario/run.hpp"
#include "tests/bench/bench_flows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <string>
#include <vector>

namespace {

using namespace dispatch;

using bench::cpu_seconds;

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// 250 MB over 1 Gbit/s: the bulk of the packets is one flow's data and acknowledgments.
std::string bulk(const char* via, const char* content) {
  return fmt::format(
      "dispatch: 1\ncontent: {}\nlinks: {{wan: {{rate: 1 Gbit/s, delay: 5ms}}}}\nhosts: {{www: }}\n"
      "workloads:\n  - {{name: bulk, download: {{from: www, size: 250 MB, via: {}}}}}\n",
      content, via);
}

// 20,000 connections of a few packets each.
constexpr const char* kSmall =
    "dispatch: 1\nlinks: {a: {rate: 1 Gbit/s, delay: 5ms}, b: {rate: 1 Gbit/s, delay: 5ms}}\n"
    "hosts: {www: }\n"
    "workloads:\n  - {name: pages, download: {from: www, size: 2 kB, count: 20000, parallel: "
    "100}}\n";

// Events per CPU second of a queue of 1000 that do nothing but come again.
class Empty {
 public:
  static double rate() {
    constexpr std::uint64_t kEvents = 3'000'000;
    sim::Simulation simulation(1);
    Empty empty(simulation, kEvents);
    for (int i = 0; i < 1000; ++i) empty.again();
    const auto begin = cpu_seconds();
    simulation.run();
    return static_cast<double>(simulation.events()) / (cpu_seconds() - begin);
  }

 private:
  Empty(sim::Simulation& simulation, std::uint64_t events)
      : simulation_(simulation), left_(events) {}

  void again() {
    if (left_ == 0) return;
    --left_;
    step_ = step_ * 6364136223846793005u + 1442695040888963407u;
    simulation_.after(net::Duration(1 + static_cast<std::int64_t>(step_ >> 48)),
                      [this] { again(); });
  }

  sim::Simulation& simulation_;
  std::uint64_t left_;
  std::uint64_t step_ = 1;
};

struct Figures {
  std::vector<double> packets_per_second;
  std::vector<double> share_of_limit;
  std::vector<double> times_real_time;
};

void measure(const scenario::Scenario& scenario, double limit, Figures& figures) {
  const auto begin = cpu_seconds();
  const auto result = scenario::run(scenario);
  const auto took = cpu_seconds() - begin;
  for (const auto& workload : result.workloads) {
    if (workload.failed > 0) throw std::runtime_error(workload.name + ": a transfer failed");
  }
  const auto simulated = std::chrono::duration<double>(result.end).count();
  figures.packets_per_second.push_back(static_cast<double>(result.packets) / took);
  figures.share_of_limit.push_back(static_cast<double>(result.events) / took / limit);
  figures.times_real_time.push_back(simulated / took);
}

// An event among many flows costs more only by the depth of the event queue, and by what the
// processor's cache cannot hold.
void print_flows(int rounds) {
  constexpr std::size_t kMessages = 100'000;
  fmt::print("\n{:<22}{:>18}{:>16}{:>18}{:>16}\n", "flows in one world", "packets / CPU s",
             "events / CPU s", "bytes when idle", "with a reader");
  for (const std::size_t flows : {10, 100, 1000, 10'000}) {
    std::vector<double> packets;
    std::vector<double> events;
    bench::FlowFigures last;
    for (int round = 0; round < rounds; ++round) {
      const auto figures = bench::measure_flows(flows, kMessages);
      packets.push_back(figures.packets_per_second);
      events.push_back(figures.events_per_second);
      last = figures;
    }
    fmt::print("{:<22}{:>18.0f}{:>16.0f}{:>18.0f}{:>16.0f}\n", flows, median(packets),
               median(events), last.bytes_per_idle_flow, last.bytes_with_reader);
  }
}

int run(int argc, char** argv) {
  const int rounds = argc > 2 ? std::max(1, std::atoi(argv[2])) : 5;
  std::vector<std::pair<std::string, scenario::Scenario>> works;
  const auto add_bulk = [&](const char* name, const char* via, const char* content) {
    works.emplace_back(name, scenario::load_text(bulk(via, content), name));
  };
  add_bulk("bulk, straight", "direct", "checked");
  add_bulk("bulk, by the proxy", "socks5", "checked");
  add_bulk("counted, straight", "direct", "counted");
  add_bulk("counted, by the proxy", "socks5", "counted");
  works.emplace_back("20000 small ones", scenario::load_text(kSmall, "small"));
  if (argc > 1)
    works.emplace_back(std::filesystem::path(argv[1]).stem().string(),
                       scenario::load_file(argv[1]));
  std::vector<Figures> figures(works.size());
  std::vector<double> limits;
  for (int round = 0; round < rounds; ++round) {
    limits.push_back(Empty::rate());
    for (std::size_t i = 0; i < works.size(); ++i)
      measure(works[i].second, limits.back(), figures[i]);
  }
  fmt::print("medians of {} rounds; the limit: {:.2f} million empty events per CPU second\n\n",
             rounds, median(limits) / 1e6);
  fmt::print("{:<22}{:>18}{:>16}{:>18}\n", "", "packets / CPU s", "of the limit",
             "times real time");
  for (std::size_t i = 0; i < works.size(); ++i) {
    fmt::print("{:<22}{:>18.0f}{:>14.0f} %{:>18.0f}\n", works[i].first,
               median(figures[i].packets_per_second), 100 * median(figures[i].share_of_limit),
               median(figures[i].times_real_time));
  }
  print_flows(rounds);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_sim: %s\n", error.what());
    return 1;
  }
}

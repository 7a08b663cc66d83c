// What dispatch costs, beside no proxy at all, a bare relay and haproxy, on this machine's
// loopback, in one interleaved run: docs/benchmarks.md.
//
//     bench_proxy DISPATCH REFERENCE [ROUNDS [PART...]]
//
// 0 rounds: one with a fraction of the load, to see that it works. PARTs: bulk, connections,
// ping-pong, datagrams, idle.

#include "tests/bench/bench_contender.hpp"
#include "tests/bench/bench_datagrams.hpp"
#include "tests/bench/bench_figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>
#include <sys/resource.h>
#include <vector>

namespace dispatch::bench {
namespace {

struct Amounts {
  double bulk_seconds = 1;
  int connections = 4000;
  int pings = 10'000;
  int idle = 1000;
  int datagrams = 200'000;
};
constexpr Amounts kFraction{0.05, 160, 200, 50, 2000};

constexpr double kMicro = 1e6;
constexpr double kGiga = 1e9;

// A figure of CPU time: there is none without a program.
void add_cpu(const Contender& contender, Figures& figures, const std::string& row, double value) {
  figures.name_row(row);
  if (contender.process) figures.add(row, contender.name, value);
}

// What `work` costs the contender, in seconds of CPU time.
template <typename Work>
double cost(const Contender& contender, Work work) {
  const auto before = contender.cpu_seconds();
  work();
  return contender.cpu_seconds() - before;
}

void measure_bulk(const Contender& contender, const Amounts& amounts, Target& target,
                  Figures& figures) {
  struct Case {
    int connections;
    bool up;
  };
  for (const auto [connections, up] : {Case{1, false}, {8, false}, {64, false}, {64, true}}) {
    const auto name = fmt::format("bulk {}, {} connections", up ? "up" : "down", connections);
    Bulk done;
    const auto seconds = cost(contender, [&] {
      done = bulk(contender.connect, target, connections, up, amounts.bulk_seconds);
    });
    figures.add(name + ": GB/s", contender.name, done.bytes / kGiga / done.seconds);
    add_cpu(contender, figures, name + ": CPU s/GB", seconds / (done.all_bytes / kGiga));
    if (connections == 64) figures.add(name + ": Jain index", contender.name, done.jain);
  }
}

void measure_connections(const Contender& contender, const Amounts& amounts, Figures& figures) {
  double rate = 0;
  const auto seconds =
      cost(contender, [&] { rate = short_connections(contender.connect, amounts.connections); });
  figures.add("short connections: per second", contender.name, rate);
  add_cpu(contender, figures, "short connections: CPU us each",
          seconds * kMicro / amounts.connections);
}

void measure_ping_pong(const Contender& contender, const Amounts& amounts, Figures& figures) {
  double time = 0;
  const auto seconds = cost(contender, [&] { time = ping_pong(contender.connect, amounts.pings); });
  figures.add("64 bytes there and back: us", contender.name, time);
  add_cpu(contender, figures, "64 bytes there and back: CPU us", seconds * kMicro / amounts.pings);
}

void measure_datagrams(const Contender& contender, const Amounts& amounts, Figures& figures) {
  if (contender.socks5 == 0) return;
  struct Case {
    std::size_t payload;
    bool coalesced;
  };
  for (const auto [payload, coalesced] : {Case{64, false}, {1400, false}, {1400, true}}) {
    Datagrams done;
    const auto seconds = cost(contender, [&] {
      done = send_datagrams(contender.socks5, payload, amounts.datagrams, coalesced);
    });
    const auto name =
        fmt::format("UDP, {} bytes{}", payload, coalesced ? ", sender coalesces" : "");
    figures.add(name + ": CPU us each", contender.name, seconds * kMicro / done.received);
    figures.add(name + ": delivered %", contender.name, 100 * done.received / done.sent);
  }
}

void measure_idle(const Contender& contender, const Amounts& amounts, Figures& figures) {
  if (!contender.process) return;
  const auto kilobytes = contender.process->private_kilobytes();
  const auto descriptors = contender.process->descriptors();
  std::vector<Socket> idle;
  for (int i = 0; i < amounts.idle; ++i) idle.push_back(used_connection(contender.connect));
  figures.add("idle connection: kB of user memory", contender.name,
              (contender.process->private_kilobytes() - kilobytes) / amounts.idle);
  figures.add("idle connection: descriptors", contender.name,
              static_cast<double>(contender.process->descriptors() - descriptors) / amounts.idle);
}

bool is_wanted(std::span<const std::string_view> parts, std::string_view part) {
  return parts.empty() || std::find(parts.begin(), parts.end(), part) != parts.end();
}

void run(const char* dispatch, const char* reference, int rounds,
         std::span<const std::string_view> parts) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);

  const auto amounts = rounds == 0 ? kFraction : Amounts{};
  Target target;
  const auto all = contenders(dispatch, reference, target.port());
  Figures figures;
  const auto each_of = [&](std::string_view part, auto measure) {
    if (!is_wanted(parts, part)) return;
    for (const auto& contender : all) measure(contender);
  };
  for (int round = 0; round < std::max(rounds, 1); ++round) {
    each_of("bulk", [&](const auto& one) { measure_bulk(one, amounts, target, figures); });
    each_of("connections", [&](const auto& one) { measure_connections(one, amounts, figures); });
    each_of("ping-pong", [&](const auto& one) { measure_ping_pong(one, amounts, figures); });
    each_of("datagrams", [&](const auto& one) { measure_datagrams(one, amounts, figures); });
  }
  each_of("idle", [&](const auto& one) { measure_idle(one, amounts, figures); });
  std::vector<std::string> names;
  for (const auto& each : all) names.push_back(each.name);
  fmt::print("medians of {} rounds, and how many times the others' dispatch's are\n{}",
             std::max(rounds, 1), figures.table(names));
}

}  // namespace
}  // namespace dispatch::bench

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: bench_proxy DISPATCH REFERENCE [ROUNDS [PART...]]\n");
    return 2;
  }
  const int rounds = argc > 3 ? std::max(0, std::atoi(argv[3])) : 3;
  const std::vector<std::string_view> parts(argv + std::min(argc, 4), argv + argc);
  dispatch::bench::run(argv[1], argv[2], rounds, parts);
  std::fflush(stdout);
  // The target's thread still waits: no orderly end for it.
  std::_Exit(0);
}

// The bulk flow of bench_sim in ns-3: packets that links delivered, per second of CPU time.
//
//     bench_ns3 [ROUNDS]
//
// 250 MB over 1 Gbit/s and 5 ms one way, and the server's own link, as there: a packet that crosses
// both counts twice. ns-3 carries no content here, only lengths.
#include "tests/ns3/ns3_world.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <vector>

namespace {

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  using namespace dispatch::ns3_beside;
  try {
    const int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 5;
    // One bandwidth-delay product of a round trip of 100 ms, which is a scenario's default.
    const Cell cell{1000, 5, 12'500'000, 0, "cubic"};
    constexpr std::uint64_t kBytes = 250'000'000;
    std::vector<double> packets;
    std::vector<double> real_time;
    for (int round = 0; round < rounds; ++round) {
      const auto done = download(cell, kBytes, 60, 1);
      if (done.bytes != static_cast<double>(kBytes)) throw std::runtime_error("it did not end");
      packets.push_back(done.packets / done.cpu_s);
      real_time.push_back(done.ended_s / done.cpu_s);
    }
    fmt::print("{:<22}{:>18.0f}{:>16}{:>18.1f}\n", "bulk, in ns-3", median(packets), "",
               median(real_time));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_ns3: %s\n", error.what());
    return 1;
  }
}

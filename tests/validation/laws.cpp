#include "tests/validation/laws.hpp"

#include "tests/validation/measure.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

namespace dispatch::validation {

using sim::tcp::CongestionAlgorithm;

namespace {

// 1: all the same; 1/n: one has it all (Jain et al., 1984).
double jain_index(const std::vector<double>& shares) {
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  double squares = 0;
  for (const auto share : shares) squares += share * share;
  return sum * sum / (static_cast<double>(shares.size()) * squares);
}

}  // namespace

void compare_square_root_law(Group& group) {
  constexpr double kSegmentMbit = 1448 * 8e-6;
  constexpr double kTimeout = 0.26;  // s: the RTT and rto_min
  constexpr double kSeconds = 200;
  fmt::print(
      "## Reno and the square-root law (100 Mbit/s, 25 ms one way)\n\n"
      "| loss | dispatch Mbit/s | RTT ms | Mathis | error | PFTK |\n|---|---|---|---|---|---|\n");
  for (const double loss : {0.002, 0.005, 0.01, 0.02}) {
    Cell cell;
    cell.rate_mbit = 100;
    cell.delay_ms = 25;
    cell.queue_bytes = 1'000'000;
    cell.loss = loss;
    cell.congestion = CongestionAlgorithm::reno;
    double goodput = 0;
    double rtt = 0;
    constexpr int kRuns = 3;
    for (std::uint64_t seed = 1; seed <= kRuns; ++seed) {
      const auto bulk = measure_bulk(cell, kSeconds, seed);
      goodput += bulk.goodput_mbit / kRuns;
      rtt += bulk.mean_rtt_ms / 1000 / kRuns;
    }
    const double mathis = kSegmentMbit / rtt * std::sqrt(1.5 / loss);
    const double halts = std::min(1.0, 3 * std::sqrt(3 * loss / 8)) * loss * (1 + 32 * loss * loss);
    const double pftk = kSegmentMbit / (rtt * std::sqrt(2 * loss / 3) + kTimeout * halts);
    const double error = (goodput - mathis) / mathis * 100;
    group.errors.push_back(std::abs(error));
    fmt::print("| {} % | {:.2f} | {:.1f} | {:.2f} | {:+.1f} % | {:.2f} |\n", loss * 100, goodput,
               rtt * 1000, mathis, error, pftk);
  }
  fmt::print("\n");
}

void compare_cubic_window(Group& group) {
  constexpr double kSeconds = 300;
  constexpr double kC = 0.4;
  constexpr double kBeta = 0.7;
  fmt::print(
      "## CUBIC's average window (RFC 9438 5.1)\n\n"
      "| one packet lost in | RTT ms | segments, by the RFC | Reno's | dispatch | error |\n"
      "|---|---|---|---|---|---|\n");
  for (const auto& [delay_ms, n] : {std::pair{50, 10'000}, {50, 30'000}, {100, 10'000}}) {
    Cell cell;
    cell.rate_mbit = 1000;
    cell.delay_ms = delay_ms;
    cell.queue_bytes = 20'000'000;
    cell.lose_one_in = static_cast<std::uint64_t>(n);
    const auto bulk = measure_bulk(cell, kSeconds, 1);
    const double rtt = 2e-3 * delay_ms;
    const double window =
        std::pow(kC * (3 + kBeta) / (4 * (1 - kBeta)), 0.25) * std::pow(rtt * n, 0.75);
    const double error = error_of(bulk.mean_window, window);
    group.errors.push_back(error);
    fmt::print("| {} | {} | {:.0f} | {:.0f} | {:.0f} | {:+.1f} % |\n", n, 2 * delay_ms, window,
               std::sqrt(1.5 * n), bulk.mean_window, error);
  }
  fmt::print("\n");
}

void compare_shares(Group& group) {
  constexpr double kSeconds = 120;
  fmt::print(
      "## Flows that share a link (20 Mbit/s, 25 ms one way, 125 kB; begun a second apart, two "
      "minutes)\n\n"
      "| | flows | Mbit/s in all | Jain's index | least and most |\n|---|---|---|---|---|\n");
  for (const auto& [name, congestion] :
       {std::pair{"reno", CongestionAlgorithm::reno}, {"cubic", CongestionAlgorithm::cubic}}) {
    for (const int flows : {2, 4}) {
      Cell cell;
      cell.rate_mbit = 20;
      cell.delay_ms = 25;
      cell.queue_bytes = 125'000;
      cell.congestion = congestion;
      const auto shares = measure_shares(cell, flows, kSeconds);
      const auto index = jain_index(shares);
      group.errors.push_back(100 * (1 - index));
      const auto [least, most] = std::minmax_element(shares.begin(), shares.end());
      fmt::print("| {} | {} | {:.2f} | {:.3f} | {:.2f}, {:.2f} |\n", name, flows,
                 std::accumulate(shares.begin(), shares.end(), 0.0), index, *least, *most);
    }
  }
  fmt::print("\n");
}

}  // namespace dispatch::validation

// The simulated TCP beside Linux's: a markdown table per group.
//
//     tcp_cells [--quick] [CELLS.csv]
//
// Without --quick ten seeds where there is loss, and every cell; with it a bounded subset, and exit
// status 1 where a tolerance is passed.
#include "tests/validation/measure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <exception>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace {

using namespace dispatch::validation;
using dispatch::sim::tcp::CongestionAlgorithm;

constexpr int kSeeds = 10;

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

// Errors of a group, in percent.
struct Group {
  std::string name;
  double tolerance;  // percent
  std::vector<double> errors{};

  double worst() const {
    double most = 0;
    for (const auto error : errors) most = std::max(most, std::abs(error));
    return most;
  }
  double typical() const {
    auto sizes = errors;
    for (auto& size : sizes) size = std::abs(size);
    return sizes.empty() ? 0 : median(sizes);
  }
};

double error_of(double simulated, double linux) {
  return 100 * (simulated - linux) / linux;
}

struct Measured {
  Cell cell;
  std::string congestion;
  double seconds = 0;
  std::vector<double> goodput{};
  std::vector<double> retransmits{};
  std::vector<double> rtt{};
};

CongestionAlgorithm algorithm(const std::string& name) {
  if (name == "reno") return CongestionAlgorithm::reno;
  if (name == "cubic") return CongestionAlgorithm::cubic;
  throw std::runtime_error("unknown congestion control " + name);
}

std::vector<Measured> read_cells(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::string line;
  std::getline(file, line);
  std::vector<Measured> cells;
  while (std::getline(file, line)) {
    std::stringstream fields(line);
    std::vector<std::string> field;
    for (std::string one; std::getline(fields, one, ',');) field.push_back(one);
    if (field.size() < 10) throw std::runtime_error(path + ": a short line: " + line);
    if (field[4] == "bbr") continue;
    Cell cell{std::stod(field[0]), std::stoi(field[1]), std::stoull(field[2]), std::stod(field[3]),
              algorithm(field[4])};
    const auto same = std::find_if(cells.begin(), cells.end(), [&](const Measured& other) {
      return other.cell.rate_mbit == cell.rate_mbit && other.cell.delay_ms == cell.delay_ms &&
             other.cell.queue_bytes == cell.queue_bytes && other.cell.loss == cell.loss &&
             other.congestion == field[4];
    });
    auto& into = same == cells.end()
                     ? cells.emplace_back(Measured{cell, field[4], std::stod(field[5])})
                     : *same;
    into.goodput.push_back(std::stod(field[7]));
    into.retransmits.push_back(std::stod(field[8]));
    into.rtt.push_back(std::stod(field[9]));
  }
  return cells;
}

void compare_bulk(const std::vector<Measured>& cells, bool quick, Group& clean, Group& lossy) {
  fmt::print(
      "## Goodput of one bulk flow\n\n"
      "| Mbit/s | one way | queue | loss | | Linux Mbit/s | dispatch | error | retransmits | drops "
      "| "
      "RTT ms |\n|---|---|---|---|---|---|---|---|---|---|---|\n");
  for (const auto& each : cells) {
    const auto& cell = each.cell;
    const int seeds = cell.loss == 0 ? 1 : kSeeds;
    if (quick && cell.loss > 0.015) continue;
    std::vector<double> goodput;
    std::vector<double> retransmits;
    std::vector<double> rtt;
    std::vector<double> drops;
    for (int seed = 1; seed <= seeds; ++seed) {
      const auto bulk = measure_bulk(cell, each.seconds, static_cast<std::uint64_t>(seed));
      goodput.push_back(bulk.goodput_mbit);
      retransmits.push_back(static_cast<double>(bulk.retransmits));
      drops.push_back(static_cast<double>(bulk.drops));
      rtt.push_back(bulk.mean_rtt_ms);
    }
    const auto error = error_of(median(goodput), median(each.goodput));
    (cell.loss == 0 ? clean : lossy).errors.push_back(error);
    fmt::print(
        "| {} | {} ms | {} kB | {} % | {} | {:.2f} | {:.2f} | {:+.1f} % | {:.0f} / {:.0f} | {:.0f} "
        "| "
        "{:.1f} / {:.1f} |\n",
        cell.rate_mbit, cell.delay_ms, static_cast<double>(cell.queue_bytes) / 1000,
        cell.loss * 100, each.congestion, median(each.goodput), median(goodput), error,
        median(each.retransmits), median(retransmits), median(drops), median(each.rtt),
        median(rtt));
  }
  fmt::print("\n");
}

struct Completion {
  Cell cell;
  std::uint64_t bytes;
  double linux_ms;
};

void compare_completions(Group& group) {
  const Cell a{20, 25, 125'000, 0, CongestionAlgorithm::cubic};
  const Cell b{100, 10, 250'000, 0, CongestionAlgorithm::cubic};
  const Cell c{5, 100, 125'000, 0, CongestionAlgorithm::cubic};
  const std::array<Completion, 15> all{{
      {a, 1000, 101.5},
      {a, 14480, 107.4},
      {a, 100'000, 258.0},
      {a, 1'000'000, 728.7},
      {a, 5'000'000, 2304},
      {b, 1000, 41.1},
      {b, 14480, 42.1},
      {b, 100'000, 103.4},
      {b, 1'000'000, 233.1},
      {b, 5'000'000, 529.5},
      {c, 1000, 403.0},
      {c, 14480, 425.3},
      {c, 100'000, 1029},
      {c, 1'000'000, 2908},
      {c, 5'000'000, 9203},
  }};
  constexpr double kSlackMs = 3;
  fmt::print(
      "## Completion time of one transfer, connecting included (cubic)\n\n"
      "| Mbit/s | one way | bytes | Linux ms | dispatch | error |\n|---|---|---|---|---|---|\n");
  for (const auto& one : all) {
    const auto ms = measure_completion(one.cell, one.bytes);
    const auto error = error_of(ms, one.linux_ms);
    group.errors.push_back(std::abs(ms - one.linux_ms) <= kSlackMs ? 0 : error);
    fmt::print("| {} | {} ms | {} | {} | {:.1f} | {:+.1f} % |\n", one.cell.rate_mbit,
               one.cell.delay_ms, one.bytes, one.linux_ms, ms, error);
  }
  fmt::print("\n");
}

void compare_times(const char* title, const std::vector<double>& linux,
                   const std::vector<double>& simulated, Group& group) {
  fmt::print("## {}\n\n| | Linux s | dispatch | error |\n|---|---|---|---|\n", title);
  for (std::size_t i = 0; i < linux.size(); ++i) {
    if (i >= simulated.size()) {
      fmt::print("| {} | {} | none | |\n", i + 1, linux[i]);
      group.errors.push_back(100);
      continue;
    }
    const auto error = error_of(simulated[i], linux[i]);
    group.errors.push_back(error);
    fmt::print("| {} | {} | {:.3f} | {:+.1f} % |\n", i + 1, linux[i], simulated[i], error);
  }
  fmt::print("\n");
}

int run(int argc, char** argv) {
  bool quick = false;
  std::string path = "tests/validation/linux_cells.csv";
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--quick") {
      quick = true;
    } else {
      path = argument;
    }
  }
  std::vector<Group> groups{{"clean goodput", 5},
                            {"lossy goodput", 15},
                            {"completion times", 5},
                            {"retransmission clocks", 2},
                            {"resumption after an outage", 25}};
  compare_bulk(read_cells(path), quick, groups[0], groups[1]);
  compare_completions(groups[2]);
  compare_times("SYN retries", {1.03, 2.05, 3.08, 4.10, 5.12, 7.14, 11.4, 19.6, 35.7, 68.0},
                measure_syn_retries(), groups[3]);
  compare_times("Retransmissions of one small segment (RTT 40 ms)",
                {0.25, 0.50, 1.03, 2.05, 4.07, 8.07, 16.3, 32.4, 65.9}, measure_retransmissions(),
                groups[3]);
  std::vector<double> resumed;
  for (const auto outage : {0.2, 0.5, 1.0, 2.0, 5.0, 10.0}) {
    resumed.push_back(measure_resumption(outage));
  }
  compare_times("A download after an outage of 0.2, 0.5, 1, 2, 5 and 10 s goes on after",
                {0.13, 0.64, 0.16, 0.18, 6.5, 11.8}, resumed, groups[4]);
  fmt::print("## Summary\n\n| group | median error | worst | tolerance |\n|---|---|---|---|\n");
  bool passed = true;
  for (const auto& group : groups) {
    fmt::print("| {} | {:.1f} % | {:.1f} % | {} % |\n", group.name, group.typical(), group.worst(),
               group.tolerance);
    passed = passed && group.worst() <= group.tolerance;
  }
  return passed ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tcp_cells: %s\n", error.what());
    return 2;
  }
}

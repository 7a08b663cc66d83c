// What ns-3 does in the cells that were measured of Linux: the column of docs/validation.md.
//
//     ns3_cells CELLS.csv... > tests/validation/ns3_cells.csv
//
// The files have the columns rate_mbit, owd_ms, queue_bytes, loss_prob, cc and seconds (or bytes,
// with a B); what follows is ignored, and so are outages and cells that are repeated. Where there
// is loss: the median of ten seeds. The last column is Mbit/s, or the milliseconds of a transfer.
#include "tests/ns3/ns3_world.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using dispatch::ns3_beside::Cell;
using dispatch::ns3_beside::download;

constexpr std::uint64_t kSeeds = 10;
constexpr double kPatienceSeconds = 600;  // for one transfer

double measure(const Cell& cell, const std::string& amount, std::uint64_t seed) {
  if (!amount.ends_with("B")) {
    const auto seconds = std::stod(amount);
    return download(cell, 0, seconds, seed).bytes * 8e-6 / seconds;
  }
  const auto bytes = std::stoull(amount);
  const auto done = download(cell, bytes, kPatienceSeconds, seed);
  if (done.bytes != static_cast<double>(bytes)) {
    throw std::runtime_error("a transfer did not end: " + amount);
  }
  return done.ended_s * 1e3;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

void run_file(const std::string& path, std::set<std::string>& seen) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::stringstream fields(line);
    std::vector<std::string> field;
    for (std::string one; std::getline(fields, one, ',');) field.push_back(one);
    if (field.size() < 6) throw std::runtime_error(path + ": a short line: " + line);
    if (field[5].starts_with("dark")) continue;
    field.resize(6);
    const auto key = fmt::format("{}", fmt::join(field, ","));
    if (!seen.insert(key).second) continue;
    const Cell cell{std::stod(field[0]), std::stod(field[1]), std::stoull(field[2]),
                    std::stod(field[3]), field[4]};
    std::vector<double> values;
    for (std::uint64_t seed = 1; seed <= (cell.loss > 0 ? kSeeds : 1); ++seed) {
      values.push_back(measure(cell, field[5], seed));
    }
    fmt::print("{},{:.3f}\n", key, median(values));
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc < 2) throw std::runtime_error("which cells? Give a file such as linux_cells.csv");
    fmt::print("rate_mbit,owd_ms,queue_bytes,loss_prob,cc,seconds,ns3\n");
    std::set<std::string> seen;
    for (int i = 1; i < argc; ++i) run_file(argv[i], seen);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ns3_cells: %s\n", error.what());
    return 2;
  }
}

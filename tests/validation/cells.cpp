#include "tests/validation/cells.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace dispatch::validation {
namespace {

using sim::tcp::CongestionAlgorithm;
using Fields = std::vector<std::string>;

constexpr std::size_t kSeconds = 5;  // columns
constexpr std::size_t kResult = 7;
constexpr std::size_t kAfter = 8;
constexpr std::size_t kRtt = 9;

std::vector<Fields> read_lines(const std::string& path, std::size_t least) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::string line;
  std::getline(file, line);
  std::vector<Fields> lines;
  while (std::getline(file, line)) {
    std::stringstream fields(line);
    Fields field;
    for (std::string one; std::getline(fields, one, ',');) field.push_back(one);
    if (field.size() < least) throw std::runtime_error(path + ": a short line: " + line);
    lines.push_back(std::move(field));
  }
  return lines;
}

bool is_transfer(const Fields& field) {
  return field[kSeconds].ends_with("B");
}

bool is_outage(const Fields& field) {
  return field[kSeconds].starts_with("dark");
}

CongestionAlgorithm algorithm_of(const std::string& name) {
  if (name == "reno") return CongestionAlgorithm::reno;
  if (name == "cubic") return CongestionAlgorithm::cubic;
  if (name == "bbr") return CongestionAlgorithm::bbr;
  throw std::runtime_error("unknown congestion control " + name);
}

Cell cell_of(const Fields& field) {
  Cell cell;
  cell.rate_mbit = std::stod(field[0]);
  cell.delay_ms = std::stoi(field[1]);
  cell.queue_bytes = std::stoull(field[2]);
  cell.loss = std::stod(field[3]);
  cell.congestion = algorithm_of(field[4]);
  cell.late = kMeasuredLate;
  return cell;
}

std::string key_of(const Cell& cell, const std::string& congestion, const std::string& amount) {
  return fmt::format("{},{},{},{},{},{}", cell.rate_mbit, cell.delay_ms, cell.queue_bytes,
                     cell.loss, congestion, amount);
}

}  // namespace

std::vector<MeasuredBulk> read_bulk(const std::string& path, bool line_in_queue) {
  std::vector<MeasuredBulk> cells;
  for (const auto& field : read_lines(path, kRtt + 1)) {
    if (is_transfer(field) || is_outage(field)) continue;
    auto cell = cell_of(field);
    cell.line_in_queue = line_in_queue;
    const auto key = key_of(cell, field[4], field[kSeconds]);
    const auto same = std::find_if(cells.begin(), cells.end(), [&](const MeasuredBulk& other) {
      return key_of(other.cell, other.congestion, other.seconds) == key;
    });
    auto& into = same == cells.end()
                     ? cells.emplace_back(MeasuredBulk{cell, field[4], field[kSeconds]})
                     : *same;
    into.goodput.push_back(std::stod(field[kResult]));
    into.retransmits.push_back(std::stod(field[kAfter]));
    into.rtt.push_back(std::stod(field[kRtt]));
  }
  return cells;
}

std::vector<MeasuredTransfer> read_transfers(const std::string& path, bool line_in_queue) {
  std::vector<MeasuredTransfer> transfers;
  for (const auto& field : read_lines(path, kResult + 1)) {
    if (!is_transfer(field)) continue;
    transfers.push_back(
        {cell_of(field), field[4], std::stoull(field[kSeconds]), std::stod(field[kResult])});
    transfers.back().cell.line_in_queue = line_in_queue;
    // There is no third figure beside the two: where there are more, they are not milliseconds.
    if (field.size() == kAfter + 1) transfers.back().again_ms = std::stod(field[kAfter]);
  }
  return transfers;
}

std::vector<double> read_outages(const std::string& path) {
  std::vector<double> seconds;
  for (const auto& field : read_lines(path, kResult + 1)) {
    if (is_outage(field)) seconds.push_back(std::stod(field[kResult]));
  }
  return seconds;
}

BesideNs3::BesideNs3(const std::string& path) {
  for (const auto& field : read_lines(path, kSeconds + 2)) {
    results_[key_of(cell_of(field), field[4], field[kSeconds])] = std::stod(field[kSeconds + 1]);
  }
}

std::optional<double> BesideNs3::of(const MeasuredBulk& measured) const {
  return find(measured.cell, measured.congestion, measured.seconds);
}

std::optional<double> BesideNs3::of(const MeasuredTransfer& measured) const {
  return find(measured.cell, measured.congestion, fmt::format("{}B", measured.bytes));
}

std::optional<double> BesideNs3::find(const Cell& cell, const std::string& congestion,
                                      const std::string& amount) const {
  const auto found = results_.find(key_of(cell, congestion, amount));
  return found == results_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace dispatch::validation

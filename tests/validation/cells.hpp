// The files of measurements: a cell a line, with the columns rate_mbit, owd_ms, queue_bytes,
// loss_prob, cc, and seconds, or a number of bytes with a B for one transfer, or the length of an
// outage ("dark5") whose result is seconds from its end until data arrives. More columns follow.
#pragma once

#include "tests/validation/measure.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace dispatch::validation {

// A bulk flow, as often as it was measured.
struct MeasuredBulk {
  Cell cell;
  std::string congestion;
  std::string seconds;
  std::vector<double> goodput{};  // Mbit/s
  std::vector<double> retransmits{};
  std::vector<double> rtt{};  // ms
};

// One transfer, in milliseconds.
struct MeasuredTransfer {
  Cell cell;
  std::string congestion;
  std::uint64_t bytes = 0;
  double ms = 0;
  std::optional<double> again_ms{};  // measured by other means
};

// Throw std::runtime_error where the file cannot be read.
// `line_in_queue`: as in Cell, for the link that was measured with.
std::vector<MeasuredBulk> read_bulk(const std::string& path, bool line_in_queue);
std::vector<MeasuredTransfer> read_transfers(const std::string& path, bool line_in_queue);

// The results of a file's outages, in seconds.
std::vector<double> read_outages(const std::string& path);

// What ns-3 does in the same cells (tests/ns3/ns3_cells.cpp).
class BesideNs3 {
 public:
  BesideNs3() = default;
  explicit BesideNs3(const std::string& path);

  std::optional<double> of(const MeasuredBulk& measured) const;      // Mbit/s
  std::optional<double> of(const MeasuredTransfer& measured) const;  // ms

 private:
  std::optional<double> find(const Cell& cell, const std::string& congestion,
                             const std::string& amount) const;

  std::map<std::string, double> results_;
};

}  // namespace dispatch::validation

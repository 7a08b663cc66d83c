// What is measured of the simulated TCP, in the same way as it was measured of Linux: two hosts,
// one link between them.
#pragma once

#include "sim/link/link_options.hpp"
#include "sim/tcp/options.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace dispatch::validation {

// A packet of the measured links, and what it wakes, comes so much later than the link's figures
// have it: one small transfer, of two round trips, takes 1.0 ms more at every rate and delay.
inline constexpr net::Duration kMeasuredLate = std::chrono::microseconds(250);

// One cell: a link, and who sends over it.
struct Cell {
  double rate_mbit = 0;
  int delay_ms = 0;  // one way
  std::uint64_t queue_bytes = 0;
  double loss = 0;  // of the data's direction
  sim::tcp::CongestionAlgorithm congestion = sim::tcp::CongestionAlgorithm::cubic;
  std::uint64_t lose_one_in = 0;  // every so manieth packet, in place of `loss`; 0: none
  bool line_in_queue = false;     // the packet that is being sent counts as in the queue
  net::Duration late{};           // of each packet, beyond the delay
};

struct Bulk {
  double goodput_mbit = 0;  // of all the time, connecting included
  std::uint64_t retransmits = 0;
  std::uint64_t drops = 0;
  double mean_rtt_ms = 0;  // the sender's smoothed RTT, looked at every 100 ms
  double max_window_kb = 0;
  double mean_window = 0;     // segments, of the last three quarters of the time
  std::uint64_t packets = 0;  // offered to the link, in the data's direction
};

// A download that does not end, for `seconds`.
Bulk measure_bulk(const Cell& cell, double seconds, std::uint64_t seed);

// Mbit/s of each of `flows` downloads over one link, begun a second apart, from when the last one
// has begun until `seconds`.
std::vector<double> measure_shares(const Cell& cell, int flows, double seconds);

// From the start of connecting until the last byte has been read, in milliseconds.
double measure_completion(const Cell& cell, std::uint64_t bytes);

// When a SYN into a black hole is repeated, in seconds after the first.
std::vector<double> measure_syn_retries();
// When a small segment is sent again on a path (RTT 40 ms) that went dark before it.
std::vector<double> measure_retransmissions();
// The link of a bulk download (20 Mbit/s, RTT 40 ms) goes dark for `outage` seconds: when data
// arrives again after the healing. Once for each of ten moments of going dark, a tenth of a second
// apart; the shortest first.
std::vector<double> measure_resumptions(double outage);

}  // namespace dispatch::validation

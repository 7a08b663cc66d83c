// The same link and the same transfer in ns-3 (www.nsnam.org), set up as much like Linux as it lets
// itself be: its TCP beside dispatch's, and what a packet costs in either.
#pragma once

#include <cstdint>
#include <string>

namespace dispatch::ns3_beside {

// As a line of tests/validation/*.csv has it.
struct Cell {
  double rate_mbit = 0;
  double delay_ms = 0;  // one way
  std::uint64_t queue_bytes = 0;
  double loss = 0;         // of the data's direction
  std::string congestion;  // reno or cubic
};

struct Download {
  double bytes = 0;    // that the client has read
  double ended_s = 0;  // when it read the last of them; connecting begins at 0
  double packets = 0;  // delivered by both links, in both directions
  double events = 0;
  double cpu_s = 0;
};

// A client connects, over the cell's link and a router, to a server that sends `bytes`, or without
// an end (0), for `seconds` at most.
Download download(const Cell& cell, std::uint64_t bytes, double seconds, std::uint64_t seed);

}  // namespace dispatch::ns3_beside

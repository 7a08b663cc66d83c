// Many flows in one simulated world: what an idle one takes, and what an event costs among them.
#pragma once

#include <cstddef>

namespace dispatch::bench {

struct FlowFigures {
  double bytes_per_idle_flow = 0;  // of memory: both ends and their sockets
  double bytes_with_reader = 0;    // and the task that waits for what the server will read
  double events_per_second = 0;    // of CPU time, while all flows ask and are answered
  double packets_per_second = 0;
};

// `flows` connections between two hosts: idle first, then each of them sends 1000 bytes and waits
// for as many, again and again, until about `messages` have been answered in all.
FlowFigures measure_flows(std::size_t flows, std::size_t messages);

// Of this process, user and system.
double cpu_seconds();

}  // namespace dispatch::bench

// The load of the benchmarks, on connections to a Target.
#pragma once

#include "tests/bench/bench_socket.hpp"
#include "tests/bench/bench_target.hpp"

#include <functional>
#include <vector>

namespace dispatch::bench {

// A connection to the target: directly, or through a proxy.
using Connect = std::function<Socket()>;

struct Bulk {
  double all_bytes = 0;  // with those of a short time before, until windows have grown
  double bytes = 0;      // in `seconds`
  double seconds = 0;
  double jain = 1;  // of the bytes of each connection: 1: all the same, 1/n: one has all
};
// All connections at once for `seconds`, from one thread with one epoll.
Bulk bulk(const Connect& connect, Target& target, int connections, bool up, double seconds);

// A connection over which a byte has gone there and back.
Socket used_connection(const Connect& connect);

// Opened, a byte each way, closed; some at a time. Per second.
double short_connections(const Connect& connect, int count);

// 64 bytes there and back on one connection. Microseconds of each: the median.
double ping_pong(const Connect& connect, int count);

// (sum x)^2 / (n * sum x^2)
double jain_index(const std::vector<double>& values);

}  // namespace dispatch::bench

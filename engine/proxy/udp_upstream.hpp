// A SOCKS5 proxy's relay, through which the datagrams of an association leave (RFC 1928 7).
#pragma once

#include "engine/link/link.hpp"
#include "engine/net/stream.hpp"
#include "engine/proxy/udp_options.hpp"

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace dispatch::proxy {

// Shared by the outlet, which sends, and the task that asks for the relay and keeps the connection
// on which it hangs. Until there is a relay, datagrams wait here.
struct UdpUpstream {
  explicit UdpUpstream(link::Link& by) : link(by) {}

  // Ends the relay; the task ends soon after.
  void close() {
    closed = true;
    if (control) control->abort();
  }

  // False: there are too many.
  // `header`: with the target.
  bool wait(std::span<const std::byte> header, std::span<const std::byte> payload,
            const UdpOptions& options) {
    if (waiting.size() >= options.waiting_max) return false;
    if (waiting_bytes + payload.size() > options.waiting_bytes_max) return false;
    waiting_bytes += payload.size();
    waiting.push_back({{header.begin(), header.end()}, {payload.begin(), payload.end()}});
    return true;
  }

  struct Waiting {
    std::vector<std::byte> header;
    std::vector<std::byte> payload;
  };
  std::vector<Waiting> take_waiting() {
    waiting_bytes = 0;
    return std::exchange(waiting, {});
  }

  link::Link& link;
  net::StreamPtr control;
  bool is_served = false;  // its task has begun
  bool is_open = false;
  bool closed = false;  // nobody sends any more
  std::vector<Waiting> waiting;
  std::size_t waiting_bytes = 0;
};

}  // namespace dispatch::proxy

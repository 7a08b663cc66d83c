// What a server is doing, for people who look at it from outside its event loop.
#pragma once

#include "engine/net/time.hpp"
#include "engine/proxy/server_options.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace dispatch::proxy {

struct ConnectionView {
  std::string client;  // as to_string(Peer) has it
  std::string target;
  std::string link;
  net::Duration age{};
  std::uint64_t sent_bytes = 0;  // to the target
  std::uint64_t received_bytes = 0;
};

struct ServerView {
  ServerCounters counters;
  std::vector<ConnectionView> connections;  // to targets, the oldest first
};

}  // namespace dispatch::proxy

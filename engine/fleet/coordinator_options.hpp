// What `dispatch coordinator` is told.
#pragma once

#include "engine/fleet/address_pool.hpp"
#include "engine/fleet/target_policy.hpp"
#include "engine/fleet/tokens.hpp"
#include "engine/fleet/websocket.hpp"

#include <cstdint>
#include <string>

namespace dispatch::fleet {

struct CoordinatorOptions {
  std::string name = "coordinator";       // in the history, where several share one
  Tokens api_tokens;                      // none: every caller is served
  Tokens agent_tokens;                    // none: every agent is
  bool agents_show_certificates = false;  // that the TLS listener's roots have signed
  TargetPolicy targets;

  Strategy strategy = Strategy::round_robin;  // where a request says nothing
  PoolLimits limits;
  std::uint64_t per_host = 0;          // requests in flight to one target host; 0: no limit
  std::uint64_t waiting_max = 10'000;  // requests that wait for a place within the limits
  std::uint64_t attempts = 3;  // of a request, on different addresses, where it says nothing
  net::Duration address_rest = std::chrono::seconds(30);  // after an address failed by itself

  std::uint64_t agents_max = 10'000;
  net::Duration forget_after = std::chrono::hours(1);      // of one that is not connected
  net::Duration inactive_after = std::chrono::minutes(2);  // without a word of the agent
  WebSocketLimits agent_socket;
  std::uint64_t clients_max = 20'000;                // connections
  std::size_t request_bytes_max = 64 * 1024 * 1024;  // of what callers post
  std::uint64_t batch_max = 10'000;                  // requests of one batch

  std::size_t history_body_max = 16 * 1024;  // bytes of each body that the history keeps
  net::Duration feed_interval = std::chrono::milliseconds(500);  // of /ws/monitor
};

}  // namespace dispatch::fleet

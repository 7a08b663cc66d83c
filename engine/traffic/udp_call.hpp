// A call: datagrams in a steady rhythm to somebody who sends them back, and what becomes of them.
#pragma once

#include "engine/net/runtime.hpp"
#include "engine/proxy/socks5.hpp"
#include "engine/proxy/target.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dispatch::traffic {

struct CallOptions {
  proxy::Target peer;                   // an echo_datagrams()
  std::optional<net::Endpoint> socks5;  // through this proxy, by UDP ASSOCIATE
  std::optional<proxy::socks5::Credentials> credentials{};
  std::uint64_t datagram_bytes = 160;  // of payload, at least 8
  net::Duration interval = std::chrono::milliseconds(20);
  net::TimePoint until{};  // nothing is sent from then on
  net::ByteCounter* progress = nullptr;
};

// Kept up to date while the call goes on.
struct CallResult {
  net::Error error;     // it could not begin, or the proxy ended it
  std::string failure;  // what failed, for people
  std::optional<net::TimePoint> connected;
  std::uint64_t sent = 0;
  std::uint64_t received = 0;              // each once
  std::vector<net::Duration> round_trips;  // of those, in the order of their arrival
  net::Duration jitter{};                  // of the round trips, as RFC 3550 6.4.1 smooths it
  bool ended = false;
};

// What comes back within a second after the last one was sent counts. All that it refers to
// outlives it.
net::Task<void> call(net::Runtime& runtime, CallOptions options, CallResult& result);

}  // namespace dispatch::traffic

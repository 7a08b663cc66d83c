// What a running dispatcher looks like, as values and as JSON.
#pragma once

#include "engine/control/rates.hpp"
#include "engine/link/link.hpp"
#include "engine/proxy/server_view.hpp"

#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dispatch::control {

// "up", "recovering", "suspect", "down" (link::Health), "off": people have switched it off, or
// "capped": it has used its data cap, and is the last resort or not used at all.
std::string_view state_of(const link::Link& link);

struct LinkStatus {
  std::string name;
  std::string state;      // state_of
  std::string reason;     // one line; empty: nothing speaks against it
  net::Duration since{};  // for how long its health has been so
  bool enabled = true;
  unsigned weight = 1;
  std::vector<std::string> addresses;  // "192.0.2.7", or the proxy's URL without credentials
  std::uint64_t live = 0;
  std::uint64_t dialling = 0;
  std::uint64_t connections = 0;
  std::uint64_t dials = 0;
  std::uint64_t dial_failures = 0;
  std::uint64_t sent_bytes = 0;
  std::uint64_t received_bytes = 0;
  Rate rate;
  link::RateLimits limits;
  std::optional<link::CapUsage> cap{};  // none: it has no data cap
};

struct Status {
  std::string version;
  net::Duration uptime{};
  proxy::ServerCounters clients;  // of all event loops
  std::vector<LinkStatus> links;
  LinkStatus direct;  // by the host's own routes
};

// `now` and `began` of the same clock.
LinkStatus status_of(const link::Link& link, const Rates& rates, net::TimePoint now,
                     net::TimePoint began);

// Times are seconds with "_s" at the end of their names, rates bytes per second.
boost::json::value to_json(const Status& status);
boost::json::value to_json(const std::vector<proxy::ConnectionView>& connections);
// {"interval_s": 1, "links": [{"name": ..., "sent": [...], "received": [...]}]}
boost::json::value history_json(const link::LinkSet& links, const Rates& rates);

}  // namespace dispatch::control

// What becomes of connections whose link dies.
#pragma once

#include "engine/link/link_set.hpp"
#include "engine/net/condition.hpp"
#include "engine/net/runtime.hpp"
#include "engine/proxy/connection_table.hpp"

#include <cstdint>
#include <map>
#include <optional>

namespace dispatch::proxy {

// The kernel says nothing on its own: what was sent over a dead link is sent again for a quarter of
// an hour, and who waits for an answer waits for ever. While a link is down and another one is not:
//
//   - A request that another link may answer goes there at once (Connection::link_is_down).
//   - A connection that was at work is reset when no byte has passed for `timeout`, of which half a
//     second at most before the doubt came up, so that its client dials again; one that was idle
//     before (ten seconds) gets twenty times as long, since it may never notice. One that
//     progresses is left alone, and so are all as long as their link brings anything, and whose
//     peer is heard of: it is slow, however late it answers probes.
//
// And while links are up, a connection of which nothing sent is acknowledged is a sign
// (link::Sign::stalled): only those that have sent are asked. So is one that has received much for
// seconds and ceases to, when nothing else comes by its link either.
class DeadLinks {
 public:
  // All outlive this. `timeout` 0: nothing is reset.
  DeadLinks(net::Runtime& runtime, link::LinkSet& links, ConnectionTable& table,
            net::Duration timeout);

  // Until it is cancelled.
  net::Task<void> run();

 private:
  // Whether any of the links is in doubt.
  bool look();
  void look_at_links(net::TimePoint now);
  bool brings_bytes(const link::Link& link, net::TimePoint now) const;
  bool hears_its_peer(Connection& connection) const;
  void look_for_stalls(net::TimePoint now);
  void look_for_stall(Connection& connection, net::TimePoint now);
  bool has_ceased(Connection& connection, bool link_is_quiet);
  void look_at_doubt(Connection& connection, net::TimePoint now);

  net::Runtime& runtime_;
  link::LinkSet& links_;
  ConnectionTable& table_;
  net::Duration timeout_;
  net::Condition news_;
  net::TimePoint looked_for_stalls_{};
  std::map<const link::Link*, std::uint64_t> received_;  // by then

  // Of a link that is not up.
  struct Doubted {
    std::uint64_t received;                      // when it was looked at last
    std::optional<net::TimePoint> brought_at{};  // bytes, since it came into doubt
  };
  std::map<const link::Link*, Doubted> doubted_;
};

}  // namespace dispatch::proxy

// The engine's options: what `dispatch start` would be given.
#include "sim/scenario/shape.hpp"
#include "sim/scenario/shape_kinds.hpp"

namespace dispatch::scenario {

using namespace kinds;

ShapePtr engine_shape() {
  static const auto kShape =
      map_of("engine",
             {{"start", "links and weights: [wifi/2, lte/1]", list_of(text())},
              {"port", "of the only listener, at 127.0.0.1; 1080 by default", count()},
              {"listen", "in its place, a list of listeners", list_of(text())},
              {"send_proxy", "servers are told who the client is", choice_of({"v1", "v2"})},
              {"policy", "how each connection's link is chosen", text()},
              {"routes", "rules: [\".bank.example=wifi\"]", list_of(text())},
              {"dns", "name servers to ask", one_or_more_of(text())},
              {"dns_cache", "how long an address is kept at most", duration()},
              {"connect_timeout", "for reaching a target, over all links", duration()},
              {"slow_attempt", "after which another link helps",
               either_of({choice_of({"auto"}), duration()})},
              {"probe", "what each link is asked, again and again", one_or_more_of(text())},
              {"probe_interval", "between two probes", duration()},
              {"no_probes", "no link is asked", truth()},
              {"no_health", "every link is taken to be up", truth()},
              {"dead_link_timeout", "after which connections on a dead link are reset", duration()},
              {"users", "names and passwords", names_of(text())},
              {"allow", "where clients may come from", one_or_more_of(text())},
              {"max_connections", "at a time; 0: no limit", count()},
              {"max_per_client", "at a time, of one address", count()},
              {"max_per_target", "at a time, to one host and port", count()},
              {"client_rate", "how fast each client may go: 20 Mbit/s", text()},
              {"handshake_timeout", "for a client to say what it wants", duration()},
              {"idle_timeout", "after which silent connections are reset", duration()},
              {"half_open_timeout", "the same, once one side has ended", duration()},
              {"tcp_keepalive", "after which a silent peer is asked", duration()},
              {"keep_alive_timeout", "for the next HTTP request", duration()},
              {"bind_timeout", "for the connection that SOCKS BIND waits for", duration()},
              {"udp_timeout", "after which a target of datagrams is forgotten", duration()},
              {"udp_one_link", "all datagrams of an association leave by one link", truth()},
              {"udp_only_answers", "only datagrams of targets come back", truth()}});
  return kShape;
}

}  // namespace dispatch::scenario

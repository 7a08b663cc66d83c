// What goes wrong, and what is expected of it all.
#include "sim/scenario/shape.hpp"
#include "sim/scenario/shape_kinds.hpp"

namespace dispatch::scenario {

using namespace kinds;

namespace {}  // namespace

ShapePtr event_shape() {
  static const auto kShape = map_of(
      "an event",
      {{"at", "when", duration()},
       {"every", "of a series: from one to the next", duration()},
       {"from", "of a series: the first", duration()},
       {"to", "of a series: the last one possible", duration()},
       {"over", "of set: evenly over so long", duration()},
       {"for", "of dns: it is over after that", duration()},
       {"link", "that it happens to", text()},
       {"host", "that it happens to", text()},
       {"dns", "how a name server answers", dns_behaviour_shape()},
       {"blackhole", "every packet vanishes, and nobody is told",
        nothing_or(choice_of({"both", "down", "up"}))},
       {"down", "the interface goes down", nothing()},
       {"up", "undoes what was done to it", nothing()},
       {"set", "new rate, delay and so on", link_change_shape()},
       {"flap", "a blackhole for so long", duration()},
       {"unplug", "the interface vanishes", nothing()},
       {"address", "a new DHCP lease", one_or_more_of(text())},
       {"no_address", "it loses its addresses", nothing_or(choice_of({"both", "IPv4", "IPv6"}))},
       {"no_route", "it loses its default routes", nothing_or(choice_of({"both", "IPv4", "IPv6"}))},
       {"unreachable", "a router answers every packet with that ICMP error",
        nothing_or(
            choice_of({"host", "network", "prohibited", "network_prohibited", "host_prohibited"}))},
       {"rebind", "its NAT forgets, and has another address", nothing()},
       {"portal", "a captive portal begins",
        either_of({shape_of(Shape::Kind::truth), nothing_or(portal_shape())})},
       {"sign_in", "it ends", nothing()},
       {"freeze", "the host's programs stand still", nothing()},
       {"kill", "the host's programs end", nothing()},
       {"restart", "they begin anew", nothing()},
       {"reboot", "the host is off for so long, and has lost all", duration()},
       {"backlog_full", "the host takes no connection", nothing()},
       {"slow_reader", "it takes at most so much of each connection", rate()},
       {"slow_writer", "it gives at most so much to each connection", rate()}},
      {}, {"refuse", "reset"});
  return kShape;
}

ShapePtr expectation_shape() {
  static const auto kShape = either_of(
      {text(), map_of("an expectation",
                      {{"always", "it holds at every instant", text()},
                       {"sometimes", "it holds at one instant, for one seed at least", text()},
                       {"eventually", "it holds within a time after the last event", text()}},
                      {{"always", "sometimes", "eventually"}})});
  return kShape;
}

}  // namespace dispatch::scenario

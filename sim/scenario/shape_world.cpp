// The file as a whole, and what is in the world beside links: hosts, names, machines, clients.
#include "sim/scenario/shape_world.hpp"

#include "sim/scenario/shape.hpp"
#include "sim/scenario/shape_kinds.hpp"

namespace dispatch::scenario {

using namespace kinds;

namespace {

ShapePtr congestion() {
  static const auto kShape = choice_of({"cubic", "reno", "bbr"});
  return kShape;
}
ShapePtr ecn() {
  static const auto kShape = choice_of({"on", "passive", "off"});
  return kShape;
}

}  // namespace

ShapePtr dns_fault_shape() {
  static const auto kShape =
      choice_of({"answer", "SERVFAIL", "NXDOMAIN", "refused", "silent", "truncated",
                 "truncated_without_tcp", "only_a", "only_aaaa"});
  return kShape;
}

ShapePtr dns_behaviour_map_shape() {
  static const auto kShape = map_of(
      "how a name server answers",
      {{"fault", "what it says", dns_fault_shape()}, {"delay", "before it does", duration()}});
  return kShape;
}

ShapePtr dns_behaviour_shape() {
  return either_of({dns_fault_shape(), dns_behaviour_map_shape()});
}

ShapePtr nat_shape() {
  static const auto kShape = map_of(
      "a NAT", {{"address", "its external one", text()},
                {"filtering", "who may answer", choice_of({"any", "address", "endpoint"})},
                {"udp_unanswered", "after which it forgets UDP without an answer", duration()},
                {"udp_timeout", "after which it forgets UDP", duration()},
                {"tcp_timeout", "after which it forgets silent connections", duration()},
                {"tcp_transitory", "and those that begin or end", duration()},
                {"flows", "at most so many", count()},
                {"keep_ports", "keeps the port where it is free", truth()},
                {"unknown", "what becomes of packets that it knows no flow of",
                 choice_of({"drop", "forward"})}});
  return kShape;
}

ShapePtr portal_shape() {
  static const auto kShape =
      map_of("a captive portal", {{"others", "what becomes of all but names and web pages",
                                   choice_of({"refuse", "drop"}), true}});
  return kShape;
}

ShapePtr service_shape() {
  static const auto kShape =
      map_of("a service",
             {{"http", "a web server at this port", count()},
              {"proxy", "a proxy for SOCKS and HTTP at this port", count()},
              {"dns", "a name server at this port", count()},
              {"echo", "datagrams to this port are sent back", count()},
              {"users", "of a proxy, with their passwords", names_of(text())},
              {"tls", "of a proxy: within TLS, with a certificate of the host's name or another",
               either_of({truth(), text()})},
              {"accept_proxy", "of http: connections begin with a PROXY header", truth()},
              {"fault", "of a name server", dns_fault_shape()},
              {"delay", "of a name server, before it answers", duration()}},
             {{"http", "proxy", "dns", "echo"}}, {"https", "tcp"});
  return kShape;
}

ShapePtr host_shape() {
  static const auto kShape =
      map_of("a host",
             {{"address", "one or more", one_or_more_of(text())},
              {"delay", "one way, added to that of the link", duration()},
              {"serves", "[{http: 80}] by default", list_of(service_shape())},
              {"congestion", "of its TCP", congestion()},
              {"ecn", "of its TCP", ecn()}},
             {}, {"rate", "down", "up", "loss"});
  return kShape;
}

ShapePtr dns_shape() {
  static const auto kShape =
      map_of("dns", {{"delay", "before an answer; 5ms by default", duration()},
                     {"fault", "how the world's own name server answers", dns_fault_shape()},
                     {"records", "names, and where they lead", names_of(one_or_more_of(text()))}});
  return kShape;
}

ShapePtr machine_shape() {
  static const auto kShape =
      map_of("a machine", {{"links", "its interfaces, by name", names_of(link_shape()), true},
                           {"engine", "what its dispatch is given", engine_shape()}});
  return kShape;
}

ShapePtr client_shape() {
  static const auto kShape = map_of(
      "clients", {{"of", "the machine in whose network they are", text()},
                  {"count", "how many; 1 by default", count()},
                  {"rate", "of each one's line; 1 Gbit/s by default", shape_of(Shape::Kind::rate)},
                  {"delay", "one way, to the machine; 200us by default", duration()}});
  return kShape;
}

ShapePtr fleet_shape() {
  static const auto kShape = map_of(
      "a fleet",
      {{"coordinator", "the host on which it runs", text(), true},
       {"agents", "hosts and machines that execute its requests", one_or_more_of(text()), true},
       {"targets", "hosts that count what they are asked", one_or_more_of(text()), true},
       {"strategy", "whose turn it is; round-robin by default",
        choice_of({"round-robin", "weighted", "least-busy", "sticky"})},
       {"ping_interval", "after which a silent peer is asked; 10s by default", duration()},
       {"max_per_agent", "requests at once; 100 by default", count()},
       {"max_per_host", "requests at once to a target; no limit by default", count()}});
  return kShape;
}

const Shape& scenario_shape() {
  static const auto kShape =
      map_of("a scenario",
             {{"dispatch", "the version of the format: 1", count(), true},
              {"include", "files whose keys are taken, too", one_or_more_of(text())},
              {"name", "what the summary calls it", text()},
              {"seed", "of all chance in the world; 1 by default", count()},
              {"seeds", "of whoever runs it many times: 1..200", either_of({count(), text()})},
              {"duration", "a hard stop, in simulated time; 10 min by default", duration()},
              {"congestion", "of every machine's TCP", congestion()},
              {"ecn", "explicit congestion notification", ecn()},
              {"content", "whether every byte is checked, or only counted",
               choice_of({"checked", "counted"})},
              {"links", "the machine's interfaces, by name", names_of(link_shape())},
              {"hosts", "machines in the internet, by name", names_of(nothing_or(host_shape()))},
              {"dns", "a name server", dns_shape()},
              {"engine", "what dispatch start would be given", engine_shape()},
              {"machines", "further machines with links and a dispatch, by name",
               names_of(machine_shape())},
              {"clients", "computers in a machine's network, by name",
               names_of(nothing_or(client_shape()))},
              {"fleet", "a coordinator and its agents", fleet_shape()},
              {"workloads", "what clients do", list_of(workload_shape())},
              {"events", "what goes wrong, and when", list_of(event_shape())},
              {"expect", "what must hold", list_of(expectation_shape())}});
  return *kShape;
}

}  // namespace dispatch::scenario

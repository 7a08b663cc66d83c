// A laptop with two links, both of both families, name servers and a server in the internet: the
// stage of the dialer's tests. Nothing takes time but the way, so that every duration is exact.
#pragma once

#include "engine/link/link_spec.hpp"
#include "engine/link/policy/smooth_weighted_round_robin.hpp"
#include "engine/proxy/dialer.hpp"
#include "sim/core/simulation.hpp"
#include "sim/host/dns_server.hpp"
#include "sim/host/world.hpp"
#include "tests/unit/proxy/spy_runtime.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/errc.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::proxy {

using namespace std::chrono_literals;  // NOLINT: tests speak of times all the time

struct DialWorld {
  static constexpr net::Duration kWifiRtt = 30ms;
  static constexpr net::Duration kLteRtt = 70ms;

  static net::Address ip(std::string_view text) { return net::parse_address(text).value(); }

  // A patience that is known beforehand.
  static DialOptions fixed() {
    DialOptions options;
    options.slow_attempt = 3s;
    return options;
  }

  explicit DialWorld(std::vector<std::string> arguments = {"wifi", "lte"},
                     DialOptions options = fixed(), std::uint64_t seed = 1,
                     std::shared_ptr<const tls::Context> believed = nullptr)
      : simulation(seed),
        world(simulation),
        laptop(world.add_host("laptop")),
        www(world.add_host("www")),
        dns_host(world.add_host("dns")),
        dns(dns_host),
        spy(laptop) {
    world.set_unknown_destination(sim::World::UnknownDestination::silent);
    attach(laptop, "wifi", {"192.0.2.2/24", "2001:db8:2::2/64"}, kWifiRtt / 2);
    attach(laptop, "lte", {"198.51.100.2/24", "2001:db8:3::2/64"}, kLteRtt / 2);
    attach(laptop, "old", {"198.18.0.2/24"}, kLteRtt / 2);     // IPv4 only
    attach(laptop, "new", {"2001:db8:4::2/64"}, kLteRtt / 2);  // IPv6 only
    attach(www, "eth0", {"203.0.113.10/24", "203.0.113.11/24", "2001:db8:80::10/64"}, 0ms);
    attach(dns_host, "eth0", {"203.0.113.53/24", "2001:db8:80::53/64"}, 0ms);
    laptop.set_nameservers({{ip("203.0.113.53"), 53}, {ip("2001:db8:80::53"), 53}});
    for (const auto* local : {"203.0.113.53", "2001:db8:80::53"}) {
      dns_host.spawn(dns.serve({ip(local), 53}));
    }
    for (const auto family : {net::Family::v4, net::Family::v6}) www.spawn(serve(*this, family));
    dns.add("both.example", {ip(kWww4), ip(kWww6)}, 60s);
    dns.add("v4.example", {ip(kWww4)}, 60s);
    dns.add("v6.example", {ip(kWww6)}, 60s);
    dns.add("dead6.example", {ip(kWww4), ip(kNobody6)}, 60s);  // its IPv6 address is nobody's
    dns.add("dead.example", {ip(kNobody4)}, 60s);
    dns.add_failure("sick.example");
    std::vector<link::LinkSpec> specs;
    for (const auto& argument : arguments) {
      specs.push_back(link::parse_link_spec(argument));
      if (specs.back().upstream) specs.back().upstream->tls = believed;
    }
    const auto interfaces = laptop.interfaces().list().value();
    links.emplace(link::make_links(specs, interfaces, laptop.network()),
                  [] { return std::make_unique<link::SmoothWeightedRoundRobin>(); });
    dialer.emplace(spy, *links, options);
  }

  ~DialWorld() { simulation.drop_tasks(); }
  DialWorld(const DialWorld&) = delete;
  DialWorld& operator=(const DialWorld&) = delete;

  void attach(sim::Host& host, const char* interface, std::vector<const char*> addresses,
              net::Duration delay) {
    std::vector<net::Prefix> prefixes;
    for (const auto* each : addresses) prefixes.push_back(net::parse_prefix(each).value());
    sim::DirectionOptions both;
    both.delay = delay;
    world.attach(host, interface, prefixes, sim::LinkOptions::symmetric(both));
  }

  static net::Task<void> serve(DialWorld& self, net::Family family) {
    auto listener = self.www.network().listen({net::any_address(family), 80}, {}).value();
    for (;;) {
      auto stream = co_await listener->accept();
      if (!stream) co_return;
      self.www.spawn(hold(std::move(*stream)));
    }
  }

  static net::Task<void> hold(net::StreamPtr stream) {
    std::byte byte{};
    for (;;) {
      const auto got = co_await stream->read_some({&byte, 1});
      if (!got || *got == 0) co_return;
    }
  }

  struct Outcome {
    std::optional<Dialed> dialed;
    net::Error error;
    net::Duration took{};
    bool ended = false;

    std::string link() const { return dialed ? dialed->use.link().name() : "none"; }
    std::string remote() const {
      return dialed ? dialed->stream->remote_endpoint().address.to_string() : "none";
    }
  };

  static net::Task<void> dial_into(DialWorld& self, Target target, Outcome& outcome) {
    const auto began = self.simulation.now();
    auto dialed = co_await self.dialer->dial(std::move(target));
    outcome.took = self.simulation.now() - began;
    outcome.ended = true;
    if (dialed) {
      outcome.dialed.emplace(std::move(*dialed));
    } else {
      outcome.error = dialed.error();
    }
  }

  Outcome dial(Target target, net::Duration limit = 120s) {
    Outcome outcome;
    simulation.spawn(dial_into(*this, std::move(target), outcome));
    const auto deadline = simulation.now() + limit;
    while (!outcome.ended && simulation.now() < deadline && simulation.step()) {
    }
    BOOST_REQUIRE_MESSAGE(outcome.ended, "the dial did not end");
    return outcome;
  }

  // Dials `target` again and again, each connection ended before the next; how many each link had.
  std::map<std::string, int> shares(const Target& target, int count) {
    std::map<std::string, int> got;
    for (int i = 0; i < count; ++i) ++got[dial(target).link()];
    return got;
  }

  // Nothing of any dial is left, once the questions under way have ended.
  void check_nothing_is_left() {
    simulation.run_for(200s);
    BOOST_TEST(spy.open == 0u);
    BOOST_TEST(dialer->names().under_way() == 0u);
    for (const auto& link : links->links()) BOOST_TEST(link->counters().live == 0u);
    BOOST_TEST(laptop.tcp_sockets() == 0u);
    BOOST_TEST(www.tcp_sockets() == 0u);
  }

  sim::Link& line(const std::string& interface) { return *world.find_link("laptop/" + interface); }

  static constexpr const char* kWww4 = "203.0.113.10";
  static constexpr const char* kWww4b = "203.0.113.11";
  static constexpr const char* kWww6 = "2001:db8:80::10";
  static constexpr const char* kNobody4 = "203.0.113.99";
  static constexpr const char* kNobody4b = "203.0.113.98";
  static constexpr const char* kNobody6 = "2001:db8:80::99";

  sim::Simulation simulation;
  sim::World world;
  sim::Host& laptop;
  sim::Host& www;
  sim::Host& dns_host;
  sim::DnsServer dns;
  SpyRuntime spy;
  std::optional<link::LinkSet> links;
  std::optional<Dialer> dialer;
};

inline Target name(std::string of, std::uint16_t port = 80) {
  return {std::move(of), port};
}
inline Target literal(std::string_view address, std::uint16_t port = 80) {
  return {net::parse_address(address).value(), port};
}

}  // namespace dispatch::proxy

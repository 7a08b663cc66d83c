// Links through other proxies: a dispatch behind a dispatch, and proxies that misbehave.

#include "engine/net/deadline.hpp"
#include "engine/proxy/upstream_error.hpp"
#include "tests/unit/proxy/upstream_world.hpp"

#include <functional>

namespace dispatch::proxy {
BOOST_AUTO_TEST_SUITE(upstreams)
namespace {

namespace errc = boost::system::errc;

std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (const int each : values) text += static_cast<char>(each);
  return text;
}

const std::string kNoAuthentication = bytes({5, 0});
const std::string kSucceeded = bytes({5, 0, 0, 1, 192, 0, 2, 99, 4, 210});
std::string reply(int code) {
  return bytes({5, code, 0, 1, 0, 0, 0, 0, 0, 0});
}

BOOST_AUTO_TEST_CASE(every_protocol_reaches_addresses_and_names_through_another_dispatch) {
  for (const auto* protocol : {"socks5", "socks4", "socks4a", "http"}) {
    BOOST_TEST_CONTEXT(protocol) {
      UpstreamWorld world({std::string(protocol) + "://203.0.113.20:1080"});
      for (const auto& target : {literal(DialWorld::kWww4, 7), name("v4.example", 7)}) {
        auto outcome = world.dial(target);
        BOOST_REQUIRE(outcome.dialed.has_value());
        BOOST_TEST(outcome.link() == std::string(protocol) + "://203.0.113.20:1080");
        BOOST_TEST(world.exchange(*outcome.dialed->stream, "hello") == "!hello");
        BOOST_TEST(world.peers.back().address.to_string() == kHop);
      }
      BOOST_TEST(world.links->links()[0]->counters().dials == 2u);
      BOOST_TEST(world.links->links()[0]->counters().connections == 2u);
      world.check_nothing_is_left_anywhere();
    }
  }
}

BOOST_AUTO_TEST_CASE(names_are_looked_up_by_the_proxy_but_not_by_socks4) {
  for (const auto* protocol : {"socks5", "socks4a", "http"}) {
    UpstreamWorld world({std::string(protocol) + "://203.0.113.20:1080"});
    BOOST_TEST(world.dial(name("v4.example")).dialed.has_value(), protocol);
    BOOST_TEST(world.spy.questions().empty(), protocol);
  }
  UpstreamWorld world({"socks4://203.0.113.20:1080"});
  BOOST_TEST(world.dial(name("v4.example")).dialed.has_value());
  BOOST_TEST(world.spy.questions().size() == 1u);
}

BOOST_AUTO_TEST_CASE(ipv6_targets_go_by_the_proxies_that_can_take_them) {
  UpstreamWorld world({"socks4a://203.0.113.20:1080", "http://203.0.113.20:1080"});
  for (int i = 0; i < 2; ++i) {
    BOOST_TEST(world.dial(literal(DialWorld::kWww6)).link() == "http://203.0.113.20:1080");
  }
  UpstreamWorld none({"socks4://203.0.113.20:1080"});
  BOOST_TEST((none.dial(literal(DialWorld::kWww6)).error == errc::address_family_not_supported));
}

BOOST_AUTO_TEST_CASE(the_bound_address_is_what_the_proxy_says) {
  UpstreamWorld world;
  const auto outcome = world.dial(literal(DialWorld::kWww4, 7));
  BOOST_REQUIRE(outcome.dialed.has_value());
  world.simulation.run_for(1s);
  BOOST_TEST((outcome.dialed->local() == world.peers.back()));
}

BOOST_AUTO_TEST_CASE(what_comes_along_with_the_answer_is_the_targets) {
  const std::string http = "HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 3\r\n\r\n";
  const std::string socks4 = bytes({0, 90, 0, 80, 1, 2, 3, 4});
  for (const auto& [url, lines] : std::vector<std::pair<std::string, std::vector<std::string>>>{
           {"socks5", {kNoAuthentication, kSucceeded + "early"}},
           {"socks5", {kNoAuthentication, bytes({5, 0, 0, 3, 2, 'a', 'b', 0, 1}) + "early"}},
           {"http", {http + "early"}},
           {"http", {"HTTP/1.1 100 Continue\r\n\r\n" + http + "early"}},
           {"socks4", {socks4 + "early"}}}) {
    UpstreamWorld world({url + "://203.0.113.20:9000"});
    world.script(lines, UpstreamWorld::Then::close);
    auto outcome = world.dial(literal(DialWorld::kWww4));
    BOOST_REQUIRE_MESSAGE(outcome.dialed.has_value(), url << ": " << outcome.error.message());
    BOOST_TEST(world.exchange(*outcome.dialed->stream, "") == "early", url);
  }
}

BOOST_AUTO_TEST_CASE(the_right_password_opens_and_the_wrong_one_is_the_links_fault) {
  for (const auto* protocol : {"socks5", "http"}) {
    BOOST_TEST_CONTEXT(protocol) {
      Accounts accounts;
      accounts.add("kim", "p@ss:word");
      const auto url = [&](const char* credentials) {
        return std::string(protocol) + "://" + credentials + "203.0.113.20:1080";
      };
      UpstreamWorld right({url("kim:p%40ss%3aword@")}, {}, accounts);
      BOOST_TEST(right.dial(literal(DialWorld::kWww4)).dialed.has_value());
      for (const auto* credentials : {"kim:wrong@", "kim@", ""}) {
        UpstreamWorld wrong({url(credentials)}, {}, accounts);
        const auto outcome = wrong.dial(literal(DialWorld::kWww4));
        BOOST_TEST((outcome.error == UpstreamError::not_authorized), outcome.error.message());
        wrong.check_nothing_is_left_anywhere();
        UpstreamWorld helped({url(credentials), "wifi"}, {}, accounts);
        BOOST_TEST(helped.dial(literal(DialWorld::kWww4)).link() == "wifi");
        BOOST_TEST(helped.links->links()[0]->counters().dial_failures == 1u);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(the_targets_refusal_is_final_and_other_replies_are_not) {
  struct Case {
    int reply;
    net::Error error;
    bool final;
  };
  const std::vector<Case> kCases{
      {1, UpstreamError::failed, false},
      {2, UpstreamError::refused, false},
      {3, errc::make_error_code(errc::network_unreachable), false},
      {4, errc::make_error_code(errc::host_unreachable), false},
      {5, errc::make_error_code(errc::connection_refused), true},
      {6, errc::make_error_code(errc::timed_out), false},
      {7, UpstreamError::failed, false},
      {99, UpstreamError::failed, false},
  };
  for (const auto& [code, error, final] : kCases) {
    BOOST_TEST_CONTEXT("reply " << code) {
      UpstreamWorld alone({kScriptedUrl});
      alone.script({kNoAuthentication, reply(code)}, UpstreamWorld::Then::close);
      const auto outcome = alone.dial(literal(DialWorld::kWww4));
      BOOST_TEST((outcome.error == error), outcome.error.message());
      UpstreamWorld two({kScriptedUrl, "wifi"});
      two.script({kNoAuthentication, reply(code)}, UpstreamWorld::Then::close);
      BOOST_TEST(two.dial(literal(DialWorld::kWww4)).link() == (final ? "none" : "wifi"));
    }
  }
}

BOOST_AUTO_TEST_CASE(the_refusal_of_a_target_is_told_through_two_proxies) {
  UpstreamWorld world;
  const auto outcome = world.dial(literal(DialWorld::kWww4, 81));
  BOOST_TEST((outcome.error == errc::connection_refused), outcome.error.message());
}

BOOST_AUTO_TEST_CASE(a_proxy_that_is_not_there_is_left_for_another_link_at_once) {
  UpstreamWorld world({"socks5://203.0.113.20:1081", "wifi"});
  const auto outcome = world.dial(literal(DialWorld::kWww4));
  BOOST_TEST(outcome.link() == "wifi");
  BOOST_TEST((outcome.took == 2 * DialWorld::kWifiRtt));
  UpstreamWorld alone({"socks5://203.0.113.20:1081"});
  const auto refused = alone.dial(literal(DialWorld::kWww4));
  // Not the target's refusal.
  BOOST_TEST((refused.error == UpstreamError::unreachable), refused.error.message());
  BOOST_TEST((refused.error == errc::network_unreachable));
}

BOOST_AUTO_TEST_CASE(a_proxy_whose_name_cannot_be_found_is_left_for_another_link) {
  UpstreamWorld world({"socks5://gone.example:1080", "wifi"});
  BOOST_TEST(world.dial(literal(DialWorld::kWww4)).link() == "wifi");
  UpstreamWorld alone({"socks5://gone.example:1080"});
  BOOST_TEST((alone.dial(literal(DialWorld::kWww4)).error == UpstreamError::unreachable));
}

BOOST_AUTO_TEST_CASE(a_proxy_that_is_silent_is_helped_by_another_link) {
  for (const auto& lines : std::vector<std::vector<std::string>>{
           {}, {bytes({5})}, {kNoAuthentication}, {kNoAuthentication, bytes({5, 0, 0})}}) {
    UpstreamWorld world({kScriptedUrl, "wifi"});
    world.script(lines, UpstreamWorld::Then::hold);
    const auto outcome = world.dial(literal(DialWorld::kWww4));
    BOOST_TEST(outcome.link() == "wifi");
    BOOST_TEST((outcome.took == 3s + DialWorld::kWifiRtt));
    UpstreamWorld alone({kScriptedUrl});
    alone.script(lines, UpstreamWorld::Then::hold);
    const auto silent = alone.dial(literal(DialWorld::kWww4));
    BOOST_TEST((silent.error == UpstreamError::silent), silent.error.message());
    BOOST_TEST((silent.error == errc::timed_out));
    BOOST_TEST((silent.took < 11s));
    alone.check_nothing_is_left_anywhere();
  }
}

BOOST_AUTO_TEST_CASE(a_proxy_that_hangs_up_at_any_byte_is_left_at_once) {
  using Then = UpstreamWorld::Then;
  const std::string http = "HTTP/1.1 200 Connection established\r\n\r\n";
  for (const auto then : {Then::close, Then::reset}) {
    for (std::size_t size = 0; size < http.size(); ++size) {
      UpstreamWorld world({"http://203.0.113.20:9000", "wifi"});
      world.script({http.substr(0, size)}, then);
      BOOST_TEST(world.dial(literal(DialWorld::kWww4)).link() == "wifi", "http " << size);
    }
    for (std::size_t size = 0; size < 2 + kSucceeded.size(); ++size) {
      std::vector<std::string> lines{kNoAuthentication.substr(0, std::min<std::size_t>(size, 2))};
      if (size >= 2) lines.push_back(kSucceeded.substr(0, size - 2));
      UpstreamWorld world({kScriptedUrl, "wifi"});
      world.script(lines, then);
      BOOST_TEST(world.dial(literal(DialWorld::kWww4)).link() == "wifi", "socks5 " << size);
      UpstreamWorld alone({kScriptedUrl});
      alone.script(lines, then);
      const auto outcome = alone.dial(literal(DialWorld::kWww4));
      BOOST_TEST((outcome.error == UpstreamError::closed), outcome.error.message());
      alone.check_nothing_is_left_anywhere();
    }
  }
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_none_is_the_links_fault) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> kCases{
      {"socks5", {"HTTP/1.1 400 Bad Request\r\n\r\n"}},
      {"socks5", {bytes({4, 0})}},
      {"socks5", {bytes({5, 2})}},  // a password that was not offered
      {"socks5", {kNoAuthentication, bytes({4, 0, 0, 1, 0, 0, 0, 0, 0, 0})}},
      {"socks5", {kNoAuthentication, bytes({5, 0, 0, 9, 0, 0, 0, 0, 0, 0})}},
      {"socks5", {kNoAuthentication, bytes({5, 0, 0, 3, 0, 0, 0})}},
      {"socks4", {bytes({5, 0, 0, 0, 0, 0, 0, 0})}},
      {"socks4", {bytes({0, 7, 0, 0, 0, 0, 0, 0})}},
      {"http", {"\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"}},
      {"http", {"SSH-2.0-OpenSSH_9.2\r\n\r\n"}},
      {"http", {"HTTP/1.1 101 Switching\r\n\r\n"}},
      {"http", {"HTTP/1.1 200 OK\nX: y\n\n"}},
      {"http", {std::string(70'000, 'x')}},
      {"http", {bytes({5, 0, 0, 1})}},
  };
  for (const auto& [protocol, lines] : kCases) {
    BOOST_TEST_CONTEXT(protocol << " " << lines.back().substr(0, 20)) {
      UpstreamWorld world({protocol + "://203.0.113.20:9000"});
      world.script(lines, UpstreamWorld::Then::hold);
      const auto outcome = world.dial(literal(DialWorld::kWww4));
      BOOST_TEST((outcome.error == UpstreamError::not_a_proxy ||
                  outcome.error == UpstreamError::silent || outcome.error == UpstreamError::failed),
                 outcome.error.message());
      UpstreamWorld two({protocol + "://203.0.113.20:9000", "wifi"});
      two.script(lines, UpstreamWorld::Then::hold);
      BOOST_TEST(two.dial(literal(DialWorld::kWww4)).link() == "wifi");
      world.check_nothing_is_left_anywhere();
    }
  }
}

BOOST_AUTO_TEST_CASE(the_addresses_of_a_proxys_name_are_raced) {
  UpstreamWorld world({"socks5://two.example:1080"});
  world.dns.add("two.example", {DialWorld::ip(kHop), DialWorld::ip(DialWorld::kNobody6)});
  const auto outcome = world.dial(literal(DialWorld::kWww4));
  BOOST_TEST(outcome.dialed.has_value());
  BOOST_TEST((outcome.took < 500ms));
}

BOOST_AUTO_TEST_CASE(a_proxy_is_reached_through_the_link_that_is_named) {
  UpstreamWorld world({"socks5://hop.example:1080,via=lte", "wifi"});
  BOOST_TEST(world.dial(literal(DialWorld::kWww4)).link() == "socks5://hop.example:1080");
  BOOST_TEST(world.dial(literal(DialWorld::kWww4)).link() == "wifi");
  BOOST_REQUIRE(world.spy.connects().size() == 2u);
  BOOST_TEST(world.spy.connects()[0].way == "lte");
  BOOST_TEST(world.spy.questions()[0].way == "lte");
}

BOOST_AUTO_TEST_CASE(a_link_that_is_full_is_passed_over) {
  UpstreamWorld world({std::string(kHopUrl) + ",max=1", "wifi,max=1"});
  const auto first = world.dial(literal(DialWorld::kWww4));
  auto second = world.dial(literal(DialWorld::kWww4));
  BOOST_TEST(first.link() == kHopUrl);
  BOOST_TEST(second.link() == "wifi");
  const auto third = world.dial(literal(DialWorld::kWww4));
  BOOST_TEST((third.error == RouteError::full), third.error.message());
  second.dialed.reset();
  for (int i = 0; i < 3; ++i) BOOST_TEST(world.dial(literal(DialWorld::kWww4)).link() == "wifi");
}

BOOST_AUTO_TEST_CASE(rules_hold_before_a_name_goes_to_a_proxy) {
  DialOptions options;
  for (const auto* rule : {"both.example=refuse", "v4.example=hop", "127.0.0.0/8=refuse"}) {
    options.routes.push_back(parse_route_rule(rule));
  }
  UpstreamWorld world({std::string("hop=") + kHopUrl, "wifi"}, options);
  BOOST_TEST((world.dial(name("both.example")).error == RouteError::refused));
  for (int i = 0; i < 2; ++i) BOOST_TEST(world.dial(name("v4.example")).link() == "hop");
  BOOST_TEST(world.dial(literal(DialWorld::kWww4)).link() == "hop");
  BOOST_TEST(world.dial(literal(DialWorld::kWww4)).link() == "wifi");
}

BOOST_AUTO_TEST_CASE(shares_hold_between_proxies_and_interfaces) {
  UpstreamWorld world({std::string(kHopUrl) + "@3", "wifi"});
  const auto shares = world.shares(name("v4.example"), 20);
  BOOST_TEST((shares == std::map<std::string, int>{{kHopUrl, 15}, {"wifi", 5}}));
}

BOOST_AUTO_TEST_CASE(whichever_operation_fails_on_the_way_to_a_proxy_another_link_helps) {
  const std::vector<net::Error> faults{
      SpyRuntime::kSilence, net::errno_error(ECONNREFUSED), net::errno_error(ENETUNREACH),
      net::ResolveError::server_failure, net::ResolveError::not_found};
  for (const auto& fault : faults) {
    std::size_t operations = 1;
    for (std::size_t n = 0; n < operations; ++n) {
      BOOST_TEST_CONTEXT("operation " << n << ": " << fault.message()) {
        UpstreamWorld world({"socks5://hop.example:1080", "wifi"});
        world.spy.fault = [&](std::size_t at) { return at == n ? fault : net::Error{}; };
        auto outcome = world.dial(literal(DialWorld::kWww4));
        operations = std::max(operations, world.spy.operations.size());
        BOOST_TEST(outcome.dialed.has_value());
        BOOST_TEST((outcome.took < 5s));
        outcome.dialed.reset();
        // A resolver that never ends is not of this world: it alone goes on.
        const bool endless = fault == SpyRuntime::kSilence && n < world.spy.operations.size() &&
                             world.spy.operations[n].what.starts_with("A");
        if (!endless) world.check_nothing_is_left_anywhere();
      }
    }
  }
}

net::Task<void> dial_until(UpstreamWorld& world, net::TimePoint end, Target target) {
  static_cast<void>(co_await net::with_deadline(world.laptop.clock(), end,
                                                world.dialer->dial(std::move(target))));
}

BOOST_AUTO_TEST_CASE(a_client_that_goes_away_during_the_handshake_leaves_nothing) {
  for (net::Duration after = 0ms; after < 200ms; after += 2ms) {
    for (const auto* url : {"socks5://hop.example:1080,via=wifi", "http://hop.example:1080"}) {
      UpstreamWorld world({url});
      world.simulation.spawn(
          dial_until(world, world.simulation.now() + after, literal(DialWorld::kWww4)));
      world.simulation.run_for(after + 1ms);
      world.check_nothing_is_left_anywhere();
    }
  }
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy

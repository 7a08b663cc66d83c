// Each option of `dispatch start` reaches what it is about, and nothing else.

#include "cli/arguments.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>

namespace dispatch::cli {
BOOST_AUTO_TEST_SUITE(start_options)
namespace {

using namespace std::chrono_literals;

StartArguments start(std::vector<const char*> words) {
  words.insert(words.begin(), {"dispatch", "start"});
  const auto parsed = parse_arguments(static_cast<int>(words.size()), words.data());
  return std::get<StartArguments>(parsed.command);
}

// No two are alike, so that none can be taken for another.
BOOST_AUTO_TEST_CASE(each_time_is_its_own) {
  const auto given = start(
      {"--handshake-timeout", "1s",  "--connect-timeout", "2s",  "--idle-timeout",       "3s",
       "--half-open-timeout", "4s",  "--tcp-keepalive",   "5s",  "--keep-alive-timeout", "6s",
       "--bind-timeout",      "7s",  "--drain",           "8s",  "--udp-timeout",        "9s",
       "--dns-cache",         "10s", "--slow-attempt",    "11s", "--probe-interval",     "12s",
       "--dead-link-timeout", "13s"});
  const auto& server = given.server;
  BOOST_TEST((server.handshake_timeout == 1s));
  BOOST_TEST((server.dial.timeout == 2s));
  BOOST_TEST((server.silence.idle == 3s));
  BOOST_TEST((server.silence.half_open == 4s));
  BOOST_TEST((server.tcp_keep_alive == net::KeepAlive::after(5s)));
  BOOST_TEST((server.keep_alive_timeout == 6s));
  BOOST_TEST((server.bind_timeout == 7s));
  BOOST_TEST((given.drain == 8s));
  BOOST_TEST((server.udp.flow_timeout == 9s));
  BOOST_TEST((server.dial.names.ttl_max == 10s));
  BOOST_TEST((server.dial.slow_attempt == 11s));
  BOOST_TEST((server.monitor.interval == 12s));
  BOOST_TEST((server.dead_link_timeout == 13s));
}

BOOST_AUTO_TEST_CASE(each_limit_is_its_own) {
  const auto given = start({"--max-connections", "1", "--max-per-client", "2", "--max-per-target",
                            "3", "--threads", "4", "--client-rate", "down=5Mbit/s,up=6Mbit/s"});
  BOOST_TEST(given.server.admission.connections_max == 1u);
  BOOST_TEST(given.server.admission.connections_per_max == 2u);
  BOOST_TEST(given.server.connections_per_target_max == 3u);
  BOOST_TEST(given.threads == 4u);
  BOOST_TEST(given.server.client_rates.down.bits_per_second == 5'000'000u);
  BOOST_TEST(given.server.client_rates.up.bits_per_second == 6'000'000u);
}

BOOST_AUTO_TEST_CASE(each_flag_is_its_own) {
  const auto none = start({});
  BOOST_TEST((none.server.health && none.server.monitor.probes));
  BOOST_TEST((!none.server.udp.one_link && !none.server.udp.only_from_targets));
  BOOST_TEST(!start({"--no-health"}).server.health);
  BOOST_TEST(start({"--no-health"}).server.monitor.probes);
  BOOST_TEST(!start({"--no-probes"}).server.monitor.probes);
  BOOST_TEST(start({"--udp-one-link"}).server.udp.one_link);
  BOOST_TEST(start({"--udp-only-answers"}).server.udp.only_from_targets);
}

BOOST_AUTO_TEST_CASE(ranges_are_of_clients_or_of_proxies) {
  const auto given = start({"--listen", "127.0.0.1:0,accept-proxy", "--accept-proxy-from",
                            "192.0.2.0/24", "--allow", "198.51.100.0/24"});
  BOOST_REQUIRE(given.server.trusted_proxies.size() == 1);
  BOOST_TEST(net::to_string(given.server.trusted_proxies[0]) == "192.0.2.0/24");
  BOOST_REQUIRE(given.server.admission.allowed.size() == 1);
  BOOST_TEST(net::to_string(given.server.admission.allowed[0]) == "198.51.100.0/24");
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::cli

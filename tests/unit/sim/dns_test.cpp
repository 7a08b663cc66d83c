// The stub resolver and the name server, over simulated UDP.
#include "sim/host/dns_message.hpp"
#include "sim/host/dns_server.hpp"
#include "tests/unit/sim/two_hosts.hpp"

#include <boost/test/unit_test.hpp>

namespace dispatch::sim::test {
BOOST_AUTO_TEST_SUITE(names)
namespace {

constexpr net::Duration kRtt = 40ms;
const auto kDns = endpoint("203.0.113.10:53");
const auto kSecond = endpoint("203.0.113.20:53");

// A client, a name server, and a second one that is asked after it.
struct Names : TwoHosts {
  Names()
      : TwoHosts(LinkOptions::symmetric(direction(DataRate::unlimited(), kRtt / 2))),
        second_host(world.add_host("second")),
        first(server),
        second(second_host) {
    world.attach(second_host, "eth0", {prefix("203.0.113.20/24")}, {});
    client.set_nameservers({kDns, kSecond});
    for (auto* each : {&first, &second}) {
      each->add("www.example", {address("203.0.113.80"), address("2001:db8:80::80")}, 60s);
      each->add("v4.example", {address("203.0.113.81")});
      each->add_alias("alias.example", "www.example", 30s);
      each->add_alias("circle.example", "circle.example");
      each->add_failure("broken.example");
    }
    server.spawn(first.serve(kDns));
    server.spawn(first.serve_streams(kDns));
    second_host.spawn(second.serve(kSecond));
  }

  net::Result<std::vector<net::ResolvedAddress>> resolve(std::string name, bool v4 = true,
                                                         bool v6 = true, net::Egress egress = {}) {
    net::ResolveQuery query{std::move(name), v4, v6, std::move(egress)};
    began = simulation.now();
    return result_of(simulation, client.resolver().resolve(query));
  }
  net::Duration took() const { return simulation.now() - began; }

  Host& second_host;
  DnsServer first;
  DnsServer second;
  net::TimePoint began{};
};

BOOST_AUTO_TEST_CASE(a_name_has_its_addresses_ipv6_first_after_one_round_trip) {
  Names names;
  const auto got = names.resolve("WWW.Example.");
  BOOST_REQUIRE(got.has_value());
  BOOST_REQUIRE(got->size() == 2u);
  BOOST_TEST(((*got)[0] == net::ResolvedAddress{address("2001:db8:80::80"), 60s}));
  BOOST_TEST(((*got)[1] == net::ResolvedAddress{address("203.0.113.80"), 60s}));
  BOOST_TEST((names.took() == kRtt));
  BOOST_TEST(names.first.questions() == 2u);
  BOOST_TEST(names.second.questions() == 0u);
}

BOOST_AUTO_TEST_CASE(only_the_families_asked_for_are_asked) {
  Names names;
  const auto got = names.resolve("www.example", true, false);
  BOOST_REQUIRE(got.has_value());
  BOOST_REQUIRE(got->size() == 1u);
  BOOST_TEST((*got)[0].address.is_v4());
  BOOST_TEST(names.first.questions() == 1u);
}

BOOST_AUTO_TEST_CASE(an_alias_is_followed_and_lives_as_long_as_its_shortest_part) {
  Names names;
  const auto got = names.resolve("alias.example", true, false);
  BOOST_REQUIRE(got.has_value());
  BOOST_TEST(((*got)[0] == net::ResolvedAddress{address("203.0.113.80"), 30s}));
}

BOOST_AUTO_TEST_CASE(failures_say_why) {
  Names names;
  using net::ResolveError;
  const auto failure = [&](std::string name, bool v4 = true, bool v6 = true) {
    const auto got = names.resolve(std::move(name), v4, v6);
    return got ? net::Error{} : got.error();
  };
  BOOST_TEST(failure("gone.example") == net::Error{ResolveError::not_found});
  BOOST_TEST(failure("v4.example", false, true) == net::Error{ResolveError::no_data});
  BOOST_TEST(failure("circle.example") == net::Error{ResolveError::server_failure});
  for (const std::string name : {"", ".", "two..dots", ".example"}) {
    BOOST_TEST(failure(name) == net::Error{ResolveError::bad_name});
  }
  BOOST_TEST(failure(std::string(64, 'a') + ".example") == net::Error{ResolveError::bad_name});
}

BOOST_AUTO_TEST_CASE(a_failing_server_makes_the_resolver_ask_the_next_at_once) {
  Names names;
  names.first.set_behaviour({DnsFault::servfail});
  BOOST_TEST(names.resolve("www.example").has_value());
  BOOST_TEST((names.took() == 2 * kRtt));
  names.second.set_behaviour({DnsFault::refused});
  BOOST_TEST(names.resolve("www.example").error() == net::Error{net::ResolveError::server_failure});
  BOOST_TEST((names.took() == 4 * kRtt));  // twice around
}

BOOST_AUTO_TEST_CASE(a_silent_server_costs_five_seconds) {
  Names names;
  names.first.set_behaviour({DnsFault::silent});
  BOOST_TEST(names.resolve("www.example").has_value());
  BOOST_TEST((names.took() == 5s + kRtt));
}

BOOST_AUTO_TEST_CASE(two_silent_servers_are_asked_twice_each) {
  Names names;
  names.first.set_behaviour({DnsFault::silent});
  names.second.set_behaviour({DnsFault::silent});
  BOOST_TEST(names.resolve("www.example").error() == net::Error{net::ResolveError::timed_out});
  BOOST_TEST((names.took() == 20s));
  BOOST_TEST(names.first.questions() == 4u);
}

BOOST_AUTO_TEST_CASE(a_port_where_nobody_serves_is_left_at_once) {
  Names names;
  names.client.set_nameservers({endpoint("203.0.113.10:54"), kSecond});
  BOOST_TEST(names.resolve("www.example").has_value());
  BOOST_TEST((names.took() == 2 * kRtt));
}

BOOST_AUTO_TEST_CASE(questions_go_out_by_the_egress) {
  Names names;
  const auto lte = address("198.51.100.2");
  auto& link = names.world.attach(names.client, "lte", {prefix("198.51.100.2/24")}, {});
  BOOST_TEST(names.resolve("www.example", true, true, {lte, ""}).has_value());
  BOOST_TEST(link.up().counters().delivered.packets == 2u);
  BOOST_TEST(names.link.up().counters().offered.packets == 0u);
  const auto foreign = names.resolve("www.example", true, true, {address("192.0.2.99"), ""});
  BOOST_TEST(foreign.error() == net::Error{net::ResolveError::unreachable});
}

BOOST_AUTO_TEST_CASE(slow_answers_do_not_delay_each_other) {
  Names names;
  names.first.set_delay(2s);
  BOOST_TEST(names.resolve("www.example").has_value());
  BOOST_TEST((names.took() == 2s + kRtt));
}

BOOST_AUTO_TEST_CASE(localhost_is_known_without_a_question) {
  Names names;
  const auto got = names.resolve("localhost");
  BOOST_REQUIRE(got.has_value());
  BOOST_TEST(got->size() == 2u);
  BOOST_TEST(names.first.questions() == 0u);
}

BOOST_AUTO_TEST_CASE(compressed_names_are_read_and_loops_are_refused) {
  dns::Message message;
  message.response = true;
  message.question = dns::Question{"www.example", dns::Type::a};
  auto bytes = dns::encode(message);
  // One answer whose name points at the question's.
  bytes[7] = std::byte{1};
  for (const int byte : {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 203, 0, 113, 80}) {
    bytes.push_back(static_cast<std::byte>(byte));
  }
  const auto read = dns::decode(bytes);
  BOOST_REQUIRE(read.has_value());
  BOOST_REQUIRE(read->answers.size() == 1u);
  BOOST_TEST(read->answers[0].name == "www.example");
  BOOST_TEST((read->answers[0].address == address("203.0.113.80")));

  // A pointer to itself.
  bytes[bytes.size() - 15] = static_cast<std::byte>(bytes.size() - 16);
  BOOST_TEST(!dns::decode(bytes).has_value());
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    BOOST_TEST(!dns::decode(std::span(bytes).first(cut)).has_value());
  }
}

BOOST_AUTO_TEST_CASE(answers_that_do_not_fit_are_left_out_and_it_says_so) {
  dns::Message message;
  message.response = true;
  message.question = dns::Question{"www.example", dns::Type::a};
  for (int i = 0; i < 100; ++i) {
    message.answers.push_back({"www.example", 60, address("203.0.113.80"), {}});
  }
  const auto bytes = dns::encode(message);
  BOOST_TEST(bytes.size() <= 512u);
  const auto read = dns::decode(bytes);
  BOOST_REQUIRE(read.has_value());
  BOOST_TEST(read->truncated);
  BOOST_TEST(read->answers.size() == (512u - 29u) / 27u);
}

BOOST_AUTO_TEST_CASE(a_truncated_answer_is_asked_for_again_over_tcp) {
  Names names;
  names.first.set_behaviour({DnsFault::truncated});
  const auto got = names.resolve("www.example", true, false);
  BOOST_REQUIRE(got.has_value());
  BOOST_TEST((got->front().address == address("203.0.113.80")));
  BOOST_TEST((names.took() == 3 * kRtt));  // the question, the handshake, the question again
  BOOST_TEST(names.second.questions() == 0u);
}

BOOST_AUTO_TEST_CASE(a_truncated_answer_without_tcp_is_a_failure_of_that_server) {
  Names names;
  names.first.set_behaviour({DnsFault::truncated_without_tcp});
  BOOST_TEST(names.resolve("www.example").has_value());
  BOOST_TEST(names.second.questions() == 2u);
  names.second.set_behaviour({DnsFault::truncated_without_tcp});
  const auto got = names.resolve("www.example");
  BOOST_REQUIRE(!got.has_value());
  BOOST_TEST((got.error() == net::ResolveError::server_failure));
}

BOOST_AUTO_TEST_CASE(addresses_of_one_family_may_be_kept_back) {
  Names names;
  names.first.set_behaviour({DnsFault::only_aaaa});
  const auto got = names.resolve("www.example");
  BOOST_REQUIRE(got.has_value());
  BOOST_REQUIRE(got->size() == 1u);
  BOOST_TEST(got->front().address.is_v6());
  const auto none = names.resolve("v4.example");
  BOOST_REQUIRE(!none.has_value());
  BOOST_TEST((none.error() == net::ResolveError::no_data));
}

BOOST_AUTO_TEST_CASE(a_server_may_treat_some_who_ask_otherwise) {
  Names names;
  names.first.set_behaviour({prefix("192.0.2.0/24")}, DnsBehaviour{DnsFault::nxdomain, 1s});
  const auto got = names.resolve("www.example");
  BOOST_REQUIRE(!got.has_value());
  BOOST_TEST((got.error() == net::ResolveError::not_found));
  BOOST_TEST((names.took() == kRtt + 1s));
  names.first.set_behaviour({prefix("192.0.2.0/24")}, std::nullopt);
  BOOST_TEST(names.resolve("www.example").has_value());
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::sim::test

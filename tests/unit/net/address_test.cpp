#include "engine/net/address.hpp"

#include <boost/test/unit_test.hpp>

namespace dispatch::net {
BOOST_AUTO_TEST_SUITE(address)
namespace {

BOOST_AUTO_TEST_CASE(endpoints_survive_text) {
  for (const auto* text : {"192.0.2.1:80", "[2001:db8::1]:443", "0.0.0.0:0"}) {
    const auto endpoint = parse_endpoint(text);
    BOOST_REQUIRE_MESSAGE(endpoint.has_value(), text);
    BOOST_TEST(to_string(*endpoint) == text);
  }
}

BOOST_AUTO_TEST_CASE(a_scope_stays_a_number_on_every_machine) {
  const auto address = parse_address("fe80::1%1").value();  // 1: the loopback interface of Linux
  BOOST_TEST(to_string(address) == "fe80::1%1");
  BOOST_TEST(to_string(Endpoint{address, 80}) == "[fe80::1%1]:80");
  BOOST_TEST((parse_endpoint("[fe80::1%1]:80") == Endpoint{address, 80}));
  BOOST_TEST(to_string(Prefix{address, 64}) == "fe80::1%1/64");
}

BOOST_AUTO_TEST_CASE(what_is_no_endpoint_is_refused) {
  for (const auto* text : {"", ":80", "192.0.2.1", "192.0.2.1:", "192.0.2.1:65536", "::1:80",
                           "[192.0.2.1]:80", "[::1]", "host:80", "192.0.2.1:+1"}) {
    BOOST_TEST(!parse_endpoint(text).has_value(), text);
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_address_is_refused) {
  using namespace std::string_view_literals;
  for (const auto text : {"192.0.2.1\0.example"sv, "::1\0"sv, "2001:db8::1%2"sv, "192.0.2.1%2"sv,
                          "fe80::1%"sv, "fe80::1%1%1"sv, "fe80::1%eth0"sv}) {
    BOOST_TEST(!parse_address(text).has_value(), text);
  }
}

BOOST_AUTO_TEST_CASE(a_prefix_contains_its_block_and_no_more) {
  const auto block = parse_prefix("192.0.2.64/26").value();
  BOOST_TEST(block.contains(*parse_address("192.0.2.127")));
  BOOST_TEST(!block.contains(*parse_address("192.0.2.128")));
  BOOST_TEST(!block.contains(*parse_address("2001:db8::1")));
  BOOST_TEST(parse_prefix("::/0")->contains(*parse_address("2001:db8::1")));
  BOOST_TEST(!parse_prefix("192.0.2.0/33").has_value());
}

BOOST_AUTO_TEST_CASE(link_local_addresses_are_known_in_both_families) {
  BOOST_TEST(is_link_local(*parse_address("169.254.255.1")));
  BOOST_TEST(is_link_local(*parse_address("febf::1")));
  BOOST_TEST(!is_link_local(*parse_address("169.253.0.1")));
  BOOST_TEST(!is_link_local(*parse_address("fec0::1")));
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::net

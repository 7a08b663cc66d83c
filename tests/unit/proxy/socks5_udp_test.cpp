// The header of SOCKS5 datagrams, byte by byte.

#include "engine/proxy/socks5_udp.hpp"

#include "engine/proxy/octets.hpp"

#include <boost/test/unit_test.hpp>

namespace dispatch::proxy::socks5 {
BOOST_AUTO_TEST_SUITE(socks5_udp)
namespace {

Bytes bytes(std::initializer_list<std::uint8_t> values, std::string_view text = "") {
  Bytes all;
  append(all, values);
  append(all, text);
  return all;
}

const Bytes kIpv4 = bytes({0, 0, 0, 1, 192, 0, 2, 1, 0, 53});

BOOST_AUTO_TEST_CASE(a_header_is_split_from_its_payload) {
  auto datagram = kIpv4;
  append(datagram, std::string_view("hello"));
  const auto split = split_udp(datagram);
  BOOST_TEST((split.fault == UdpFault::none));
  BOOST_TEST(text_of(split.payload) == "hello");
  BOOST_TEST(to_string(*udp_target(split.destination)) == "192.0.2.1:53");
}

BOOST_AUTO_TEST_CASE(a_datagram_may_be_empty) {
  const auto split = split_udp(kIpv4);
  BOOST_TEST((split.fault == UdpFault::none));
  BOOST_TEST(split.payload.empty());
}

BOOST_AUTO_TEST_CASE(every_address_type_names_its_target) {
  const auto v6 = bytes({0, 0, 0, 4, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2});
  BOOST_TEST(to_string(*udp_target(split_udp(v6).destination)) == "[2001:db8::1]:258");
  auto name = bytes({0, 0, 0, 3, 4}, "host");
  append(name, {1, 2});
  BOOST_TEST(to_string(*udp_target(split_udp(name).destination)) == "host:258");
  auto literal = bytes({0, 0, 0, 3, 9}, "192.0.2.1");
  append(literal, {0, 53});
  BOOST_TEST(to_string(*udp_target(split_udp(literal).destination)) == "192.0.2.1:53");
}

BOOST_AUTO_TEST_CASE(what_is_cut_short_is_not_read_past_its_end) {
  auto name = bytes({0, 0, 0, 3, 4}, "host");
  append(name, {1, 2});
  for (const auto& whole : {kIpv4, name}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const Bytes cut(whole.begin(), whole.begin() + static_cast<long>(size));
      BOOST_TEST((split_udp(cut).fault == UdpFault::too_short));
    }
    BOOST_TEST((split_udp(whole).fault == UdpFault::none));
  }
}

BOOST_AUTO_TEST_CASE(fragments_and_unknown_types_are_told_apart) {
  auto fragment = kIpv4;
  fragment[2] = std::byte{1};
  BOOST_TEST((split_udp(fragment).fault == UdpFault::fragment));
  auto strange = kIpv4;
  strange[3] = std::byte{2};
  BOOST_TEST((split_udp(strange).fault == UdpFault::address_type));
}

BOOST_AUTO_TEST_CASE(there_is_no_target_without_port_address_or_a_possible_name) {
  const auto target_of = [](const Bytes& datagram) {
    return udp_target(split_udp(datagram).destination);
  };
  BOOST_TEST(!target_of(bytes({0, 0, 0, 1, 192, 0, 2, 1, 0, 0})));
  BOOST_TEST(!target_of(bytes({0, 0, 0, 1, 0, 0, 0, 0, 0, 53})));
  BOOST_TEST(!target_of(bytes({0, 0, 0, 3, 0, 0, 53})));
  BOOST_TEST(!target_of(bytes({0, 0, 0, 3, 1, ' ', 0, 53})));
  auto nowhere = bytes({0, 0, 0, 3, 7}, "0.0.0.0");
  append(nowhere, {0, 53});
  BOOST_TEST(!target_of(nowhere));
}

BOOST_AUTO_TEST_CASE(a_header_names_an_address) {
  const UdpHeader v4({net::parse_address("192.0.2.1").value(), 53});
  BOOST_TEST(text_of(v4.bytes()) == text_of(kIpv4));
  const UdpHeader v6({net::parse_address("2001:db8::1").value(), 258});
  BOOST_TEST(v6.bytes().size() == 22u);
  BOOST_TEST(to_string(*udp_target(v6.destination())) == "[2001:db8::1]:258");
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy::socks5

#include "engine/proxy/socks5.hpp"

#include "engine/net/resolver.hpp"

#include <boost/system/errc.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <random>
#include <string>

namespace dispatch::proxy::socks5 {
BOOST_AUTO_TEST_SUITE(socks5)
namespace {

Bytes bytes(std::initializer_list<int> values) {
  Bytes result;
  for (const auto value : values) result.push_back(static_cast<std::byte>(value));
  return result;
}

Target named(const std::string& name, std::uint16_t port) {
  return {name, port};
}
Target at(const char* address, std::uint16_t port) {
  return {net::parse_address(address).value(), port};
}

BOOST_AUTO_TEST_CASE(a_greeting_lists_the_methods) {
  const auto decoded = decode_greeting(bytes({5, 2, 0, 2}));
  BOOST_REQUIRE(decoded.progress == Progress::complete);
  BOOST_TEST(decoded.size == 4u);
  BOOST_TEST(decoded.message.offers(Method::none));
  BOOST_TEST(decoded.message.offers(Method::password));
  BOOST_TEST(!decoded.message.offers(Method::gssapi));
}

BOOST_AUTO_TEST_CASE(requests_survive_the_way_for_each_kind_of_address) {
  for (const auto& target : {at("192.0.2.1", 80), at("2001:db8::1", 443), named("www.example", 1),
                             named(std::string(255, 'x'), 65535)}) {
    const auto decoded = decode_request(encode_request(Command::connect, target));
    BOOST_REQUIRE(decoded.progress == Progress::complete);
    BOOST_TEST((decoded.message.target == target));
    BOOST_TEST((decoded.message.command == Command::connect));
  }
}

BOOST_AUTO_TEST_CASE(a_message_may_arrive_byte_by_byte) {
  for (const auto& whole : {encode_request(Command::connect, at("192.0.2.1", 80)),
                            encode_request(Command::connect, at("2001:db8::1", 80)),
                            encode_request(Command::connect, named("www.example", 80))}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto part = decode_request(std::span(whole).first(size));
      BOOST_TEST((part.progress == Progress::incomplete), "after " << size << " bytes");
    }
    BOOST_TEST((decode_request(whole).progress == Progress::complete));
  }
}

BOOST_AUTO_TEST_CASE(what_follows_a_message_is_left_alone) {
  auto input = encode_request(Command::connect, named("www.example", 80));
  const auto size = input.size();
  for (const auto byte : bytes({'G', 'E', 'T'})) input.push_back(byte);
  BOOST_TEST(decode_request(input).size == size);
}

BOOST_AUTO_TEST_CASE(an_unknown_command_is_answered_07_and_an_unknown_address_type_08) {
  auto request = encode_request(Command::connect, at("192.0.2.1", 80));
  request[1] = std::byte{9};
  BOOST_TEST((decode_request(request).progress == Progress::invalid));
  BOOST_TEST((decode_request(request).reply == Reply::command_not_supported));
  request[1] = std::byte{1};
  request[3] = std::byte{2};
  BOOST_TEST((decode_request(request).progress == Progress::invalid));
  BOOST_TEST((decode_request(request).reply == Reply::address_type_not_supported));
}

BOOST_AUTO_TEST_CASE(another_version_is_refused_at_its_first_byte) {
  BOOST_TEST((decode_greeting(bytes({4})).progress == Progress::invalid));
  BOOST_TEST((decode_greeting(bytes({'G'})).progress == Progress::invalid));
}

BOOST_AUTO_TEST_CASE(a_literal_address_sent_as_a_name_is_an_address) {
  const auto v4 = decode_request(encode_request(Command::connect, named("192.0.2.1", 80)));
  BOOST_TEST((v4.message.target == at("192.0.2.1", 80)));
  const auto v6 = decode_request(encode_request(Command::connect, named("2001:db8::1", 80)));
  BOOST_TEST((v6.message.target == at("2001:db8::1", 80)));
}

BOOST_AUTO_TEST_CASE(an_ipv4_address_mapped_into_ipv6_is_an_ipv4_address) {
  const auto decoded = decode_request(encode_request(Command::connect, at("::ffff:192.0.2.1", 80)));
  BOOST_TEST((decoded.message.target == at("192.0.2.1", 80)));
}

BOOST_AUTO_TEST_CASE(a_name_that_no_resolver_can_carry_is_unreachable) {
  for (const auto* name : {"", "two words", "line\nbreak", "nul\x01"}) {
    const auto decoded = decode_request(encode_request(Command::connect, named(name, 80)));
    BOOST_TEST((decoded.progress == Progress::invalid));
    BOOST_TEST((decoded.reply == Reply::host_unreachable));
  }
}

BOOST_AUTO_TEST_CASE(answers_carry_the_bound_endpoint) {
  const auto decoded = decode_answer(
      encode_answer(Reply::succeeded, net::parse_endpoint("[2001:db8::7]:4711").value()));
  BOOST_REQUIRE(decoded.progress == Progress::complete);
  BOOST_TEST((decoded.message.reply == Reply::succeeded));
  BOOST_TEST((decoded.message.bound == at("2001:db8::7", 4711)));
}

BOOST_AUTO_TEST_CASE(each_failure_has_the_reply_that_tells_it) {
  namespace errc = boost::system::errc;
  const auto of = [](auto condition) { return reply_for(errc::make_error_code(condition)); };
  BOOST_TEST((of(errc::connection_refused) == Reply::connection_refused));
  BOOST_TEST((of(errc::network_unreachable) == Reply::network_unreachable));
  BOOST_TEST((of(errc::host_unreachable) == Reply::host_unreachable));
  BOOST_TEST((of(errc::timed_out) == Reply::host_unreachable));
  BOOST_TEST((of(errc::address_family_not_supported) == Reply::address_type_not_supported));
  BOOST_TEST((of(errc::address_not_available) == Reply::general_failure));
  BOOST_TEST((reply_for(net::ResolveError::not_found) == Reply::host_unreachable));
  BOOST_TEST((reply_for(net::ResolveError::unreachable) == Reply::network_unreachable));
  BOOST_TEST((reply_for(net::errno_error(ECONNREFUSED)) == Reply::connection_refused));
}

// Any bytes at all: a decoder says something definite, stays within its input, and never takes back
// what it said when more bytes follow.
BOOST_AUTO_TEST_CASE(decoders_survive_any_input) {
  std::minstd_rand random(1);
  for (int round = 0; round < 200000; ++round) {
    Bytes input(random() % 24);
    for (auto& byte : input) byte = static_cast<std::byte>(random());
    if (!input.empty() && round % 2 == 0) input[0] = std::byte{kVersion};
    if (input.size() > 3 && round % 3 == 0) input[3] = static_cast<std::byte>(1 + random() % 4);
    const auto check = [&](auto decode) {
      const auto decoded = decode(std::span<const std::byte>(input));
      if (decoded.progress == Progress::complete) BOOST_REQUIRE(decoded.size <= input.size());
      if (decoded.progress == Progress::incomplete) return;
      auto longer = input;
      longer.insert(longer.end(), 8, std::byte{0xff});
      const auto again = decode(std::span<const std::byte>(longer));
      BOOST_REQUIRE((again.progress == decoded.progress));
      BOOST_REQUIRE(again.size == decoded.size);
    };
    check(decode_greeting);
    check(decode_request);
    check(decode_method);
    check(decode_answer);
  }
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy::socks5

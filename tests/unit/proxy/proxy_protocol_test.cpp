// Headers as in "The PROXY protocol, versions 1 & 2".
#include "engine/proxy/proxy_protocol.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

namespace dispatch::proxy::proxy_protocol {
BOOST_AUTO_TEST_SUITE(proxy_protocol)
namespace {

using namespace std::string_literals;

DecodedHeader decode_text(const std::string& text) {
  return decode(std::as_bytes(std::span(text)));
}

Addresses addresses(const char* source, const char* destination) {
  return {net::parse_endpoint(source).value(), net::parse_endpoint(destination).value()};
}

std::string text(const Bytes& bytes) {
  return std::string(text_of(bytes));
}

const auto kSignature = "\r\n\r\n\0\r\nQUIT\n"s;
const auto kTcp4 = kSignature + "\x21\x11\x00\x0c\xc0\x00\x02\x01\xcb\x00\x71\x0a\xdc\x04\x01\xbb"s;
const auto kTcp6 = kSignature +
                   "\x21\x21\x00\x24"
                   "\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"
                   "\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02"
                   "\xdc\x04\x01\xbb"s;

BOOST_AUTO_TEST_CASE(the_worst_lines_of_version_1) {
  const auto v4 =
      decode_text("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\nGET / HTTP/1.1\r\n");
  BOOST_REQUIRE((v4.progress == Progress::complete));
  BOOST_TEST(v4.size == 56u);
  BOOST_TEST((v4.message.addresses == addresses("255.255.255.255:65535", "255.255.255.255:65535")));
  BOOST_TEST(v4.message.rest == 0u);

  const auto ones = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"s;
  const auto v6 = decode_text("PROXY TCP6 " + ones + " " + ones + " 65535 65535\r\n");
  BOOST_REQUIRE((v6.progress == Progress::complete));
  BOOST_TEST(v6.size == 104u);
  BOOST_TEST(to_string(v6.message.addresses->source) == "[" + ones + "]:65535");

  const auto unknown = decode_text("PROXY UNKNOWN " + ones + " " + ones + " 65535 65535\r\n\x05");
  BOOST_REQUIRE((unknown.progress == Progress::complete));
  BOOST_TEST(unknown.size == 107u);
  BOOST_TEST(!unknown.message.addresses);
  BOOST_TEST(decode_text("PROXY UNKNOWN\r\n").size == 15u);
}

BOOST_AUTO_TEST_CASE(what_is_no_line_of_version_1) {
  for (const auto& line : {"PROXX"s,
                           "PROXY\r\n"s,
                           "PROXY \r\n"s,
                           "PROXY TCP5 192.0.2.1 192.0.2.2 1 2\r\n"s,
                           "PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n"s,
                           "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n"s,
                           "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 \r\n"s,
                           "PROXY TCP4  192.0.2.1 192.0.2.2 1 2\r\n"s,
                           "PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n"s,
                           "PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n"s,
                           "PROXY TCP4 192.0.2.1 192.0.2.2 1 -2\r\n"s,
                           "PROXY TCP4 192.0.2.01 192.0.2.2 1 2\r\n"s,
                           "PROXY TCP4 192.0.2 192.0.2.2 1 2\r\n"s,
                           "PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n"s,
                           "PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n"s,
                           "PROXY TCP6 [2001:db8::1] 2001:db8::2 1 2\r\n"s,
                           "PROXY TCP6 fe80::1%1 2001:db8::2 1 2\r\n"s,
                           "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n\r\n"s,
                           "proxy TCP4 192.0.2.1 192.0.2.2 1 2\r\n"s,
                           "PROXY UNKNOWN" + std::string(100, ' ')}) {
    BOOST_TEST((decode_text(line).progress == Progress::invalid), line);
  }
}

BOOST_AUTO_TEST_CASE(addresses_of_version_2) {
  const auto v4 = decode_text(kTcp4 + "rest");
  BOOST_REQUIRE((v4.progress == Progress::complete));
  BOOST_TEST(v4.size == 28u);
  BOOST_TEST((v4.message.addresses == addresses("192.0.2.1:56324", "203.0.113.10:443")));
  const auto v6 = decode_text(kTcp6);
  BOOST_REQUIRE((v6.progress == Progress::complete));
  BOOST_TEST(v6.size == 52u);
  BOOST_TEST((v6.message.addresses == addresses("[2001:db8::1]:56324", "[2001:db8::2]:443")));
}

BOOST_AUTO_TEST_CASE(extensions_are_left_to_be_skipped) {
  auto header = kTcp4;
  header[15] = 12 + 7;  // PP2_TYPE_NOOP with 4 bytes
  const auto decoded = decode_text(header + "\x04\x00\x04\x00\x00\x00\x00"s);
  BOOST_REQUIRE((decoded.progress == Progress::complete));
  BOOST_TEST(decoded.size == 28u);
  BOOST_TEST(decoded.message.rest == 7u);
}

BOOST_AUTO_TEST_CASE(connections_that_are_the_senders_own) {
  // A health check; an unspecified family; a Unix socket's two names; UDP.
  for (const auto& rest : {"\x20\x00\x00\x00"s, "\x20\x11\x00\x0c"s, "\x21\x00\x00\x05"s,
                           "\x21\x31\x00\xd8"s, "\x21\x12\x00\x0c"s}) {
    const auto decoded = decode_text(kSignature + rest);
    BOOST_REQUIRE((decoded.progress == Progress::complete));
    BOOST_TEST(decoded.size == 16u);
    BOOST_TEST(!decoded.message.addresses);
    BOOST_TEST(decoded.message.rest == static_cast<unsigned char>(rest[3]));
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_header_of_version_2) {
  for (const auto& rest :
       {"\x11\x11\x00\x0c"s, "\x22\x11\x00\x0c"s, "\x31\x11\x00\x0c"s, "\x21\x41\x00\x0c"s,
        "\x21\x13\x00\x0c"s, "\x21\x11\x00\x0b"s, "\x21\x21\x00\x23"s}) {
    const auto decoded = decode_text(kSignature + rest + std::string(40, 'x'));
    BOOST_TEST((decoded.progress == Progress::invalid));
  }
  BOOST_TEST((decode_text("\r\n\r\n\0\r\nQUIX"s).progress == Progress::invalid));
  BOOST_TEST((decode_text("\x05\x01\x00"s).progress == Progress::invalid));
}

BOOST_AUTO_TEST_CASE(a_header_may_arrive_byte_by_byte) {
  for (const auto& whole : {"PROXY TCP4 192.0.2.1 203.0.113.10 56324 443\r\n"s, kTcp4, kTcp6}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto part = decode_text(whole.substr(0, size));
      BOOST_TEST((part.progress == Progress::incomplete), "after " << size << " bytes");
    }
    BOOST_TEST((decode_text(whole).progress == Progress::complete));
  }
}

BOOST_AUTO_TEST_CASE(headers_are_written_as_they_are_read) {
  const auto v4 = addresses("192.0.2.1:56324", "203.0.113.10:443");
  const auto v6 = addresses("[2001:db8::1]:56324", "[2001:db8::2]:443");
  BOOST_TEST(text(encode(Version::v1, v4)) == "PROXY TCP4 192.0.2.1 203.0.113.10 56324 443\r\n");
  BOOST_TEST(text(encode(Version::v1, v6)) == "PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n");
  BOOST_TEST(text(encode(Version::v1, std::nullopt)) == "PROXY UNKNOWN\r\n");
  BOOST_TEST((text(encode(Version::v2, v4)) == kTcp4));
  BOOST_TEST((text(encode(Version::v2, v6)) == kTcp6));
  BOOST_TEST((text(encode(Version::v2, std::nullopt)) == kSignature + "\x21\x00\x00\x00"s));
}

BOOST_AUTO_TEST_CASE(two_families_are_told_as_ipv6) {
  const auto mixed = addresses("192.0.2.1:56324", "[2001:db8::2]:443");
  BOOST_TEST(text(encode(Version::v1, mixed)) ==
             "PROXY TCP6 ::ffff:192.0.2.1 2001:db8::2 56324 443\r\n");
  const auto decoded = decode(encode(Version::v2, mixed));
  BOOST_TEST(to_string(decoded.message.addresses->source) == "[::ffff:192.0.2.1]:56324");
}

BOOST_AUTO_TEST_CASE(a_scope_is_not_told) {
  auto scoped = net::AddressV6(net::parse_address("fe80::1")->to_v6().to_bytes(), 7);
  const Addresses local{{scoped, 1}, {scoped, 2}};
  BOOST_TEST(text(encode(Version::v1, local)) == "PROXY TCP6 fe80::1 fe80::1 1 2\r\n");
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy::proxy_protocol

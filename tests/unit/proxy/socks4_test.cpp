#include "engine/proxy/socks4.hpp"

#include <boost/test/unit_test.hpp>

#include <random>
#include <string>

namespace dispatch::proxy::socks4 {
BOOST_AUTO_TEST_SUITE(socks4)
namespace {

using namespace std::string_literals;

std::span<const std::byte> bytes(const std::string& text) {
  return std::as_bytes(std::span(text));
}

const auto kConnect = "\x04\x01\x00\x50\xcb\x00\x71\x0a"s;  // 203.0.113.10, port 80
const auto kNamed = "\x04\x01\x01\xbb\x00\x00\x00\x07"s;    // 4a, port 443

BOOST_AUTO_TEST_CASE(a_request_names_an_address_and_a_user) {
  const auto decoded = decode_request(bytes(kConnect + "fred\0rest"s));
  BOOST_REQUIRE((decoded.progress == Progress::complete));
  BOOST_TEST(decoded.size == kConnect.size() + 5);
  BOOST_TEST((decoded.message.command == Command::connect));
  BOOST_TEST(to_string(decoded.message.target) == "203.0.113.10:80");
  BOOST_TEST(decoded.message.user == "fred");
}

BOOST_AUTO_TEST_CASE(an_address_of_0_0_0_x_announces_a_name) {
  const auto decoded = decode_request(bytes(kNamed + "\0www.example\0rest"s));
  BOOST_REQUIRE((decoded.progress == Progress::complete));
  BOOST_TEST(decoded.size == kNamed.size() + 1 + 12);
  BOOST_TEST(to_string(decoded.message.target) == "www.example:443");
  BOOST_TEST(decoded.message.user.empty());
}

BOOST_AUTO_TEST_CASE(a_literal_address_as_a_name_is_an_address) {
  const auto v6 = decode_request(bytes(kNamed + "\0002001:db8::1\0"s));
  BOOST_TEST(to_string(v6.message.target) == "[2001:db8::1]:443");
}

BOOST_AUTO_TEST_CASE(the_address_0_0_0_0_is_an_address) {
  const auto decoded = decode_request(bytes("\x04\x01\x00\x50\x00\x00\x00\x00\0www.example\0"s));
  BOOST_REQUIRE((decoded.progress == Progress::complete));
  BOOST_TEST(to_string(decoded.message.target) == "0.0.0.0:80");
  BOOST_TEST(decoded.size == 9u);
}

BOOST_AUTO_TEST_CASE(a_request_may_arrive_byte_by_byte) {
  for (const auto& whole : {kConnect + "fred\0"s, kNamed + "\0www.example\0"s}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto part = decode_request(bytes(whole).first(size));
      BOOST_TEST((part.progress == Progress::incomplete), "after " << size << " bytes");
    }
    BOOST_TEST((decode_request(bytes(whole)).progress == Progress::complete));
  }
}

BOOST_AUTO_TEST_CASE(what_cannot_become_a_request_is_invalid) {
  const auto progress = [](const std::string& text) {
    return decode_request(bytes(text)).progress;
  };
  BOOST_TEST((progress("\x05") == Progress::invalid));
  BOOST_TEST((progress("\x04\x03") == Progress::invalid));
  BOOST_TEST((progress("\x04\0"s) == Progress::invalid));
  BOOST_TEST((progress(kNamed + "\0\0"s) == Progress::invalid));
  BOOST_TEST((progress(kNamed + "\0bad name\0"s) == Progress::invalid));
}

BOOST_AUTO_TEST_CASE(texts_are_bounded) {
  const std::string longest(255, 'x');
  BOOST_TEST((decode_request(bytes(kConnect + longest + "\0"s)).progress == Progress::complete));
  BOOST_TEST((decode_request(bytes(kConnect + longest)).progress == Progress::incomplete));
  BOOST_TEST((decode_request(bytes(kConnect + longest + "x")).progress == Progress::invalid));
  BOOST_TEST((decode_request(bytes(kNamed + "\0"s + longest + "x")).progress == Progress::invalid));
}

BOOST_AUTO_TEST_CASE(random_bytes_are_refused_or_bounded) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20'000; ++i) {
    std::string text(random() % 700, '\0');
    for (auto& c : text) c = static_cast<char>(random() % 4 == 0 ? random() : 'a');
    if (text.size() > 1) text[0] = 4, text[1] = 1;
    const auto decoded = decode_request(bytes(text));
    BOOST_REQUIRE(decoded.size <= text.size());
    if (text.size() > 8 + 2 * 256) BOOST_REQUIRE((decoded.progress != Progress::incomplete));
  }
}

BOOST_AUTO_TEST_CASE(an_answer_tells_the_bound_address) {
  const auto text = [](const Bytes& answer) { return std::string(text_of(answer)); };
  BOOST_TEST(text(encode_answer(Reply::granted, *net::parse_endpoint("192.0.2.2:258"))) ==
             "\x00\x5a\x01\x02\xc0\x00\x02\x02"s);
  BOOST_TEST(text(encode_answer(Reply::rejected, *net::parse_endpoint("[2001:db8::1]:258"))) ==
             "\x00\x5b\x00\x00\x00\x00\x00\x00"s);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy::socks4

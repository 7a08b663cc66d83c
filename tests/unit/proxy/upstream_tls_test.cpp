// Links through proxies inside TLS: whom they believe, and that what passes is what it was.

#include "engine/proxy/upstream_error.hpp"
#include "tests/unit/proxy/upstream_world.hpp"
#include "tests/unit/tls/certificate.hpp"

namespace dispatch::proxy {
BOOST_AUTO_TEST_SUITE(upstream_tls)
namespace {

const char* const kSecure = "https://hop.example:1080";

const tls::Identity& proxys() {
  static const auto identity = tls::make_identity("hop.example");
  return identity;
}
Security shown(const tls::Identity& identity, std::shared_ptr<const tls::Context> believed) {
  return {tls::Context::server(identity.certificate, identity.key), std::move(believed)};
}
Security in_order() {
  return shown(proxys(), tls::Context::client(proxys().certificate));
}

BOOST_AUTO_TEST_CASE(addresses_and_names_are_reached_with_half_close) {
  UpstreamWorld world({kSecure}, {}, {}, in_order());
  for (const auto& target : {literal(DialWorld::kWww4, 7), name("v4.example", 7)}) {
    auto outcome = world.dial(target);
    BOOST_REQUIRE_MESSAGE(outcome.dialed.has_value(), outcome.error.message());
    BOOST_TEST(outcome.link() == kSecure);
    BOOST_TEST(world.exchange(*outcome.dialed->stream, "hello") == "!hello");
    BOOST_TEST(world.peers.back().address.to_string() == kHop);
  }
  world.check_nothing_is_left_anywhere();
}

BOOST_AUTO_TEST_CASE(the_password_goes_inside) {
  Accounts accounts;
  accounts.add("kim", "secret");
  UpstreamWorld right({"https://kim:secret@hop.example:1080"}, {}, accounts, in_order());
  BOOST_TEST(right.dial(literal(DialWorld::kWww4)).dialed.has_value());
  UpstreamWorld wrong({"https://kim:guess@hop.example:1080"}, {}, accounts, in_order());
  BOOST_TEST((wrong.dial(literal(DialWorld::kWww4)).error == UpstreamError::not_authorized));
}

BOOST_AUTO_TEST_CASE(a_certificate_of_somebody_unknown_is_not_believed_and_another_link_helps) {
  const auto other = tls::make_identity("hop.example");
  const auto security = shown(proxys(), tls::Context::client(other.certificate));
  UpstreamWorld alone({kSecure}, {}, {}, security);
  const auto outcome = alone.dial(literal(DialWorld::kWww4));
  BOOST_TEST(is_untrusted(outcome.error));
  BOOST_TEST(outcome.error.message() ==
             "the upstream proxy's certificate is not trusted: self-signed certificate");
  alone.check_nothing_is_left_anywhere();
  UpstreamWorld helped({kSecure, "wifi"}, {}, {}, security);
  BOOST_TEST(helped.dial(literal(DialWorld::kWww4)).link() == "wifi");
  BOOST_TEST(helped.links->links()[0]->counters().dial_failures == 1u);
}

BOOST_AUTO_TEST_CASE(a_certificate_of_another_name_is_not_believed) {
  const auto other = tls::make_identity("elsewhere.example");
  UpstreamWorld world({kSecure}, {}, {}, shown(other, tls::Context::client(other.certificate)));
  const auto outcome = world.dial(literal(DialWorld::kWww4));
  BOOST_TEST(outcome.error.message() ==
             "the upstream proxy's certificate is not trusted: hostname mismatch");
}

BOOST_AUTO_TEST_CASE(who_believes_anyone_is_served_by_anyone) {
  const auto other = tls::make_identity("elsewhere.example");
  UpstreamWorld world({kSecure}, {}, {}, shown(other, tls::Context::client_of_anyone()));
  BOOST_TEST(world.dial(literal(DialWorld::kWww4)).dialed.has_value());
}

BOOST_AUTO_TEST_CASE(a_proxy_that_speaks_no_tls_is_left_at_once) {
  const std::string plain = "HTTP/1.1 400 Bad Request\r\n\r\n";
  for (const auto then : {UpstreamWorld::Then::hold, UpstreamWorld::Then::close}) {
    UpstreamWorld alone({"https://hop.example:9000"}, {}, {}, in_order());
    alone.script({plain}, then);
    const auto outcome = alone.dial(literal(DialWorld::kWww4));
    BOOST_TEST(outcome.error.message().starts_with("no TLS with the upstream proxy: "),
               outcome.error.message());
    alone.check_nothing_is_left_anywhere();
    UpstreamWorld helped({"https://hop.example:9000", "wifi"}, {}, {}, in_order());
    helped.script({plain}, then);
    BOOST_TEST(helped.dial(literal(DialWorld::kWww4)).link() == "wifi");
  }
}

BOOST_AUTO_TEST_CASE(a_proxy_that_hangs_up_or_is_silent_within_the_handshake_is_left) {
  for (const auto then : {UpstreamWorld::Then::close, UpstreamWorld::Then::reset}) {
    UpstreamWorld alone({"https://hop.example:9000"}, {}, {}, in_order());
    alone.script({""}, then);
    const auto outcome = alone.dial(literal(DialWorld::kWww4));
    BOOST_TEST((outcome.error == UpstreamError::closed), outcome.error.message());
  }
  UpstreamWorld silent({"https://hop.example:9000", "wifi"}, {}, {}, in_order());
  silent.script({}, UpstreamWorld::Then::hold);
  const auto outcome = silent.dial(literal(DialWorld::kWww4));
  BOOST_TEST(outcome.link() == "wifi");
  BOOST_TEST((outcome.took < 4s));
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy

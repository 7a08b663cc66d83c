// Proxies as links: how they are written, and what is told of them.

#include "engine/link/link_spec.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

namespace dispatch::link {
BOOST_AUTO_TEST_SUITE(upstream_spec)
namespace {

BOOST_AUTO_TEST_CASE(a_proxy_has_a_place_credentials_a_weight_and_options) {
  const auto spec =
      parse_link_spec("office=http://kim:p%40ss%3aword@[2001:db8::1]:3128@3,max=10,via=eth0");
  BOOST_TEST(spec.name == "office");
  BOOST_TEST(spec.target == "http://[2001:db8::1]:3128");
  BOOST_TEST(spec.weight == 3u);
  BOOST_TEST(spec.connections_max == 10u);
  BOOST_TEST(spec.via == "eth0");
  BOOST_REQUIRE(spec.upstream.has_value());
  BOOST_TEST((spec.upstream->protocol == UpstreamProtocol::http));
  BOOST_TEST(spec.upstream->port == 3128);
  BOOST_TEST((spec.upstream->credentials == Credentials{"kim", "p@ss:word"}));
}

BOOST_AUTO_TEST_CASE(a_weight_is_told_from_credentials) {
  BOOST_TEST(parse_link_spec("socks5://192.0.2.1:1080@3").weight == 3u);
  BOOST_TEST(parse_link_spec("socks5://192.0.2.1:1080/3").weight == 3u);
  BOOST_TEST(parse_link_spec("socks5://192.0.2.1:1080/").weight == 1u);
  const auto spec = parse_link_spec("socks5://3@192.0.2.1:1080@4");
  BOOST_TEST(spec.weight == 4u);
  BOOST_TEST(spec.upstream->credentials->user == "3");
  BOOST_TEST(parse_link_spec("socks5://a@b@192.0.2.1:1080").upstream->credentials->user == "a@b");
}

BOOST_AUTO_TEST_CASE(names_stay_names_and_socks5h_is_socks5) {
  const auto spec = parse_link_spec("socks5h://proxy.example:1080");
  BOOST_TEST(spec.target == "socks5://proxy.example:1080");
  BOOST_TEST(std::get<std::string>(spec.upstream->host) == "proxy.example");
}

BOOST_AUTO_TEST_CASE(whom_to_believe_is_said_of_proxies_inside_tls) {
  const auto spec = parse_link_spec("https://kim:secret@proxy.example:443@2,ca=office.pem");
  BOOST_TEST((spec.upstream->protocol == UpstreamProtocol::https));
  BOOST_TEST(spec.target == "https://proxy.example:443");
  BOOST_TEST(spec.ca_file == "office.pem");
  BOOST_TEST(!spec.insecure);
  BOOST_TEST(parse_link_spec("https://proxy.example:443,max=2,insecure").insecure);
  for (const auto* text :
       {"http://proxy.example:3128,insecure", "eth0,insecure",
        "socks5://192.0.2.1:1080,ca=office.pem", "https://proxy.example:443,ca=office.pem,insecure",
        "https://proxy.example:443,ca="}) {
    BOOST_CHECK_THROW(parse_link_spec(text), net::ConfigError);
  }
}

BOOST_AUTO_TEST_CASE(any_link_can_have_a_name_and_a_maximum) {
  const auto spec = parse_link_spec("home=eth0/7,max=100");
  BOOST_TEST(spec.name == "home");
  BOOST_TEST(spec.target == "eth0");
  BOOST_TEST(spec.weight == 7u);
  BOOST_TEST(spec.connections_max == 100u);
}

BOOST_AUTO_TEST_CASE(no_error_has_the_password) {
  for (const auto* text :
       {"sock5://kim:secret@192.0.2.1:1080", "socks5://kim:secret@192.0.2.1",
        "socks5://kim:secret@192.0.2.1:99999", "socks5://kim:secret@192.0.2.1:1080/0",
        "socks5://kim:secret@192.0.2.1:1080@0", "socks5://kim:secret@", "socks5://kim:secret%@a:1",
        "socks5://kim:secret@a b:1", "socks4://kim:secret@192.0.2.1:1080",
        "socks5://kim:secret@192.0.2.1:1080,max=x", "socks5://kim:secret@192.0.2.1:1080,what",
        "kim:secret@192.0.2.1:1080", "a/b=socks5://kim:secret@192.0.2.1:1080"}) {
    BOOST_CHECK_EXCEPTION(parse_link_spec(text), net::ConfigError,
                          [&](const net::ConfigError& error) {
                            const std::string what = error.what();
                            BOOST_TEST(what.find("secret") == std::string::npos, what);
                            return true;
                          });
  }
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::link

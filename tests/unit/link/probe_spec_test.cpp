// Probes as people write them.
#include "engine/link/probe.hpp"

#include <boost/test/unit_test.hpp>

namespace dispatch::link {
BOOST_AUTO_TEST_SUITE(probe_spec)
namespace {

BOOST_AUTO_TEST_CASE(a_web_page_is_asked_for_with_the_status_that_it_should_have) {
  const auto plain = parse_probe_spec("http://www.example/generate_204");
  BOOST_TEST((plain.kind == ProbeKind::http));
  BOOST_TEST(std::get<std::string>(plain.host) == "www.example");
  BOOST_TEST(plain.port == 80);
  BOOST_TEST(plain.path == "/generate_204");
  BOOST_TEST(plain.status == 204);
  const auto other = parse_probe_spec("http://[2001:db8::1]:8080,status=200");
  BOOST_TEST(std::get<net::Address>(other.host).to_string() == "2001:db8::1");
  BOOST_TEST(other.port == 8080);
  BOOST_TEST(other.path == "/");
  BOOST_TEST(other.status == 200);
}

BOOST_AUTO_TEST_CASE(a_port_and_a_name_are_asked_for) {
  const auto tcp = parse_probe_spec("tcp://192.0.2.1:443");
  BOOST_TEST((tcp.kind == ProbeKind::tcp));
  BOOST_TEST(tcp.port == 443);
  const auto dns = parse_probe_spec("dns://www.example");
  BOOST_TEST((dns.kind == ProbeKind::dns));
  BOOST_TEST(std::get<std::string>(dns.host) == "www.example");
}

BOOST_AUTO_TEST_CASE(what_is_no_probe_is_refused) {
  for (const auto* text :
       {"", "www.example", "https://www.example/", "ftp://www.example/", "http://", "http:///x",
        "http://a:0/", "http://a:99999/", "http://a/b c", "http://a/,status=99", "http://a@b/",
        "http://a/,status=x", "tcp://www.example", "tcp://:80", "tcp://a:b", "dns://",
        "dns://192.0.2.1", "dns://a:53", "http://[::1/"}) {
    BOOST_CHECK_THROW(parse_probe_spec(text), net::ConfigError);
  }
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::link

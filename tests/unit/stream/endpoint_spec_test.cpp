// Endpoints as people write them.
#include "engine/stream/endpoint_spec.hpp"

#include <boost/test/unit_test.hpp>

namespace dispatch::stream {
BOOST_AUTO_TEST_SUITE(endpoint_specs)
namespace {

EndpointSpec parse(const char* text) {
  return parse_endpoint_spec(text, Scheme::udp, true);
}

std::string error_of(const char* text) {
  try {
    (void)parse(text);
    return "none";
  } catch (const net::ConfigError& error) {
    return error.what();
  }
}

BOOST_AUTO_TEST_CASE(every_form_comes_back_as_it_was) {
  for (const auto* text : {"udp://192.0.2.7:9000", "udp://[2001:db8::7]:9000",
                           "udp://[ff02::1%eth0]:9000", "tcp://example.net:80",
                           "tls://192.0.2.7:443", "unix:/run/feed.sock", "file:feed.log", "-"}) {
    BOOST_TEST(to_string(parse(text)) == text);
  }
}

BOOST_AUTO_TEST_CASE(without_a_scheme_an_address_is_udp_and_a_path_a_file) {
  BOOST_TEST(to_string(parse("192.0.2.7:9000")) == "udp://192.0.2.7:9000");
  BOOST_TEST(to_string(parse("[::1]:9000")) == "udp://[::1]:9000");
  BOOST_TEST(to_string(parse("example.net:9000")) == "udp://example.net:9000");
  BOOST_TEST(to_string(parse("feed.log")) == "file:feed.log");
  BOOST_TEST(to_string(parse("/var/log/a:9000")) == "file:/var/log/a:9000");
  BOOST_TEST(to_string(parse("tcp:9000")) == "udp://tcp:9000");  // a host may be called so
  BOOST_TEST(to_string(parse_endpoint_spec("h:1", Scheme::tcp, false)) == "tcp://h:1");
}

BOOST_AUTO_TEST_CASE(options_follow_a_question_mark) {
  const auto spec = parse("udp://239.1.2.3:9000?iface=eth0&ttl=4&loop=off&size=1200");
  BOOST_TEST(spec.interface == "eth0");
  BOOST_TEST(spec.hop_limit.value() == 4);
  BOOST_TEST(!spec.loop);
  BOOST_TEST(spec.datagram_bytes == 1200u);
  const auto other = parse("udp://[ff35::1]:9000?source=2001:db8::1&device=wlan0");
  BOOST_TEST(other.source->to_string() == "2001:db8::1");
  BOOST_TEST(other.device == "wlan0");
  BOOST_TEST(parse("tcp://h:1?link=eth0").link == "eth0");
  const auto tls = parse("tls://h:1?ca=roots.pem&name=other&insecure");
  BOOST_TEST(tls.ca_file == "roots.pem");
  BOOST_TEST(tls.server_name == "other");
  BOOST_TEST(tls.insecure);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_said) {
  const std::pair<const char*, const char*> wrong[] = {
      {"", "an endpoint is missing"},
      {"quic://h:1", "'quic' is none of udp, tcp, tls, unix and file"},
      {"udp://h", "no HOST:PORT"},
      {"udp://h:", "'' is not a port"},
      {"udp://h:65536", "'65536' is not a port"},
      {"udp://:9000", "a host is missing"},
      {"udp://2001:db8::1:9000", "stands in brackets: [2001:db8::1]:9000"},
      {"udp://[192.0.2.1]:9000", "'192.0.2.1' is not an IPv6 address"},
      {"udp://[fe80::1%]:9000", "an interface is missing"},
      {"udp://192.0.2.1%eth0:9000", "only an IPv6 address has an interface"},
      {"udp://h:1?ttl=256", "ttl: '256' is not from 0 to 255"},
      {"udp://h:1?loop=maybe", "loop: 'maybe' is not on or off"},
      {"udp://h:1?size=0", "size: '0' is not from 1 to 65507"},
      {"udp://h:1?source=here", "source: 'here' is not an address"},
      {"udp://h:1?iface", "option 'iface' has no value"},
      {"udp://h:1?hops=3", "'hops' is not an option of udp (iface, ttl"},
      {"tcp://h:1?ttl=3", "'ttl' is not an option of tcp (source, device, link)"},
      {"udp://h:1?link=eth0&source=192.0.2.1", "a link has a source and a device of its own"},
      {"unix:", "a path is missing"},
  };
  for (const auto& [text, expected] : wrong) {
    BOOST_TEST(error_of(text).find(expected) != std::string::npos,
               text << ": " << error_of(text) << ", not: " << expected);
  }
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::stream

#include "engine/proxy/listener_spec.hpp"

#include "engine/net/config_error.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

namespace dispatch::proxy {
BOOST_AUTO_TEST_SUITE(listener_spec)
namespace {

BOOST_AUTO_TEST_CASE(an_address_and_a_port) {
  for (const auto* text : {"127.0.0.1:1080", "[::1]:0", "0.0.0.0:65535", "[2001:db8::1]:80"}) {
    BOOST_TEST(to_string(parse_listener_spec(text)) == text);
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_listener_is_told) {
  for (const auto* text : {"", "1080", "127.0.0.1", ":1080", "::1:1080", "127.0.0.1:65536",
                           "127.0.0.1:x", "localhost:1080", "127.0.0.1:-1", "[::1]"}) {
    BOOST_CHECK_EXCEPTION(parse_listener_spec(text), net::ConfigError, [&](const auto& error) {
      return std::string(error.what()).starts_with("'" + std::string(text) + "' is not");
    });
  }
}

BOOST_AUTO_TEST_CASE(options_stand_behind_commas) {
  const auto spec = parse_listener_spec("[::1]:1443,tls");
  BOOST_TEST(spec.entrance.tls_only);
  BOOST_TEST(to_string(spec) == "[::1]:1443,tls");
  BOOST_TEST(!parse_listener_spec("[::1]:1443").entrance.tls_only);
  const auto both = parse_listener_spec("[::1]:1443,accept-proxy,tls");
  BOOST_TEST((both.entrance.tls_only && both.entrance.accept_proxy));
  BOOST_TEST(to_string(both) == "[::1]:1443,tls,accept-proxy");
  for (const auto* text :
       {"127.0.0.1:1,", "127.0.0.1:1,ssl", "127.0.0.1:1,tls,", "127.0.0.1:1,tls tls"}) {
    BOOST_CHECK_EXCEPTION(parse_listener_spec(text), net::ConfigError, [](const auto& error) {
      return std::string(error.what()).find("is not an option of a listener") != std::string::npos;
    });
  }
}

BOOST_AUTO_TEST_CASE(a_path_and_its_mode) {
  const auto spec = parse_listener_spec("unix:/run/dispatch.sock");
  BOOST_TEST(spec.path == "/run/dispatch.sock");
  BOOST_TEST(!spec.mode);
  BOOST_TEST(to_string(spec) == "unix:/run/dispatch.sock");
  BOOST_TEST(!is_beyond_this_machine(spec));
  const auto open = parse_listener_spec("unix:s,accept-proxy,mode=666");
  BOOST_TEST(open.path == "s");
  BOOST_TEST(*open.mode == 0666u);
  BOOST_TEST(to_string(open) == "unix:s,mode=0666,accept-proxy");
  BOOST_TEST(parse_listener_spec("unix:" + std::string(107, 's')).path.size() == 107u);
  BOOST_CHECK_THROW(parse_listener_spec("unix:" + std::string(108, 's')), net::ConfigError);
  for (const auto* text : {"unix:", "unix:,tls", "unix:s,mode=", "unix:s,mode=888",
                           "unix:s,mode=01000", "unix:s,mode=rw", "127.0.0.1:1,mode=0660"}) {
    BOOST_CHECK_THROW(parse_listener_spec(text), net::ConfigError);
  }
}

BOOST_AUTO_TEST_CASE(loopback_is_this_machine_only) {
  BOOST_TEST(!is_beyond_this_machine(parse_listener_spec("127.3.2.1:1080")));
  BOOST_TEST(!is_beyond_this_machine(parse_listener_spec("[::1]:1080")));
  BOOST_TEST(is_beyond_this_machine(parse_listener_spec("0.0.0.0:1080")));
  BOOST_TEST(is_beyond_this_machine(parse_listener_spec("[::]:1080")));
  BOOST_TEST(is_beyond_this_machine(parse_listener_spec("192.0.2.1:1080")));
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy

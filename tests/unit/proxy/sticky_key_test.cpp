// Which connections belong together: what is made of clients, targets and names.
#include "engine/proxy/sticky_key.hpp"

#include "engine/proxy/registered_domain.hpp"
#include "engine/proxy/session_name.hpp"

#include <boost/test/unit_test.hpp>

namespace dispatch::proxy {
BOOST_AUTO_TEST_SUITE(sticky_keys)
namespace {

using namespace std::chrono_literals;  // NOLINT: tests speak of times all the time

const Peer kClient(net::Endpoint{net::parse_address("192.0.2.7").value(), 4711});
const Peer kSameClient(net::Endpoint{net::parse_address("::ffff:192.0.2.7").value(), 4712});
const Peer kOther(net::Endpoint{net::parse_address("192.0.2.8").value(), 4711});
const Target kWww{"www.shop.example.co.uk", 443};
const Target kImages{"IMG.example.co.uk.", 80};
const Target kElsewhere{"www.other.co.uk", 443};

std::uint64_t key(link::Isolation isolation, const Peer& client, const Target& target,
                  std::string_view user = {}) {
  return sticky_key(isolation, {client, target, user}).hash;
}

BOOST_AUTO_TEST_CASE(the_registered_domain_is_one_label_more_than_the_public_suffix) {
  BOOST_TEST(registered_domain("www.shop.example.co.uk") == "example.co.uk");
  BOOST_TEST(registered_domain("WWW.Example.COM.") == "example.com");
  BOOST_TEST(registered_domain("me.github.io") == "me.github.io");
  BOOST_TEST(registered_domain("co.uk") == "co.uk");
  BOOST_TEST(registered_domain("localhost") == "localhost");
}

BOOST_AUTO_TEST_CASE(connections_belong_together_by_what_is_asked_for) {
  const link::Isolation by_site{.client = true, .domain = true};
  BOOST_TEST(key(by_site, kClient, kWww) == key(by_site, kSameClient, kImages));
  BOOST_TEST(key(by_site, kClient, kWww) != key(by_site, kOther, kWww));
  BOOST_TEST(key(by_site, kClient, kWww) != key(by_site, kClient, kElsewhere));
  const link::Isolation by_host{.host = true};
  BOOST_TEST(key(by_host, kClient, kWww) == key(by_host, kOther, kWww));
  BOOST_TEST(key(by_host, kClient, kWww) != key(by_host, kClient, kImages));
  const link::Isolation by_port{.port = true};
  BOOST_TEST(key(by_port, kClient, kWww) == key(by_port, kOther, kElsewhere));
  BOOST_TEST(key(by_port, kClient, kWww) != key(by_port, kClient, kImages));
}

BOOST_AUTO_TEST_CASE(a_user_has_as_many_keys_as_sessions) {
  const link::Isolation by_user{.user = true};
  const auto of = [&](std::string_view user) { return key(by_user, kClient, kWww, user); };
  BOOST_TEST(of("kim") == key(by_user, kOther, kElsewhere, "kim"));
  BOOST_TEST(of("kim") != of("lee"));
  BOOST_TEST(of("kim-session-1") != of("kim-session-2"));
  BOOST_TEST(of("kim-session-1") == of("kim-session-1-lifetime-5min"));
  const auto timed = sticky_key(by_user, {kClient, kWww, "kim-session-1-lifetime-5min"});
  BOOST_TEST((timed.lifetime == 5min));
}

BOOST_AUTO_TEST_CASE(a_name_that_does_not_follow_the_grammar_is_an_account_in_whole) {
  for (const auto* name : {"kim", "-session-1", "kim-session-", "kim-session-1-lifetime-soon",
                           "kim-session-1-lifetime-0s", "kim-session--lifetime-1s"}) {
    BOOST_TEST(parse_session_name(name).account == name);
    BOOST_TEST(parse_session_name(name).session == "");
  }
}

BOOST_AUTO_TEST_CASE(a_session_needs_the_password_of_its_account) {
  Accounts accounts;
  accounts.add("kim", "secret");
  BOOST_TEST(accepts(accounts, "kim", "secret"));
  BOOST_TEST(accepts(accounts, "kim-session-9-lifetime-1h", "secret"));
  BOOST_TEST(!accepts(accounts, "kim-session-9", "guess"));
  BOOST_TEST(!accepts(accounts, "lee-session-9", "secret"));
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy

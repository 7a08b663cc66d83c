#include "engine/proxy/accounts.hpp"

#include "engine/net/config_error.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

namespace dispatch::proxy {
BOOST_AUTO_TEST_SUITE(accounts)
namespace {

BOOST_AUTO_TEST_CASE(a_name_and_its_password_are_accepted_and_nothing_else) {
  Accounts accounts;
  BOOST_TEST(accounts.empty());
  accounts.add("fred", "secret");
  accounts.add("anna", "12:34");
  BOOST_TEST(!accounts.empty());
  BOOST_TEST(accounts.accepts("fred", "secret"));
  BOOST_TEST(accounts.accepts("anna", "12:34"));
  BOOST_TEST(!accounts.accepts("fred", "12:34"));
  BOOST_TEST(!accounts.accepts("fred", "secre"));
  BOOST_TEST(!accounts.accepts("fred", ""));
  BOOST_TEST(!accounts.accepts("", "secret"));
  BOOST_TEST(!accounts.accepts("freds", "ecret"));
  BOOST_TEST(!accounts.accepts("anna:12", "34"));
}

BOOST_AUTO_TEST_CASE(what_no_protocol_can_carry_is_refused) {
  Accounts accounts;
  BOOST_CHECK_THROW(accounts.add("", "x"), net::ConfigError);
  BOOST_CHECK_THROW(accounts.add("a:b", "x"), net::ConfigError);
  BOOST_CHECK_THROW(accounts.add("a", ""), net::ConfigError);
  BOOST_CHECK_THROW(accounts.add(std::string(256, 'a'), "x"), net::ConfigError);
  BOOST_CHECK_THROW(accounts.add("a", std::string(256, 'x')), net::ConfigError);
  BOOST_TEST(accounts.empty());
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy

// Rules as people write them.

#include "engine/proxy/route_rule.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

namespace dispatch::proxy {
BOOST_AUTO_TEST_SUITE(route_rule)
namespace {

BOOST_AUTO_TEST_CASE(a_rule_says_who_goes_where) {
  const auto rule = parse_route_rule(" .Example.COM.:80,6000-6010 = link eth0 ");
  BOOST_TEST(rule.text == ".Example.COM.:80,6000-6010 = link eth0");
  BOOST_TEST(rule.name == "example.com");
  BOOST_TEST(rule.with_subdomains);
  BOOST_TEST(!rule.range.has_value());
  BOOST_TEST((rule.ports == std::vector<PortRange>{{80, 80}, {6000, 6010}}));
  BOOST_TEST((rule.action == RouteAction::link));
  BOOST_TEST(rule.link == "eth0");
}

BOOST_AUTO_TEST_CASE(a_range_is_ipv4_or_ipv6_with_or_without_a_port) {
  const auto range = [](const char* text) {
    return net::to_string(parse_route_rule(text).range.value());
  };
  BOOST_TEST(range("10.0.0.0/8=direct") == "10.0.0.0/8");
  BOOST_TEST(range("10.1.2.3=direct") == "10.1.2.3/32");
  BOOST_TEST(range("10.0.0.0/8:25=direct") == "10.0.0.0/8");
  BOOST_TEST(range("2001:db8::/32=direct") == "2001:db8::/32");
  BOOST_TEST(range("::1=direct") == "::1/128");
  BOOST_TEST(range("[::1]=direct") == "::1/128");
  BOOST_TEST(range("[2001:db8::]/32:443=direct") == "2001:db8::/32");
  BOOST_TEST(range("[2001:db8::/32]:443=direct") == "2001:db8::/32");
  BOOST_TEST(range("::ffff:10.0.0.0/104=direct") == "10.0.0.0/8");
  BOOST_TEST(parse_route_rule("[::1]:443=direct").has_port(443));
  BOOST_TEST(!parse_route_rule("[::1]:443=direct").has_port(80));
}

BOOST_AUTO_TEST_CASE(a_domain_has_itself_and_all_below_it_and_a_name_itself) {
  const auto domain = parse_route_rule(".example.com=direct");
  BOOST_TEST(domain.has_name("example.com"));
  BOOST_TEST(domain.has_name("a.b.example.com"));
  BOOST_TEST(!domain.has_name("badexample.com"));
  BOOST_TEST(!domain.has_name("example.com.evil"));
  const auto name = parse_route_rule("example.com=direct");
  BOOST_TEST(name.has_name("example.com"));
  BOOST_TEST(!name.has_name("www.example.com"));
  BOOST_TEST(canonical_name("WWW.Example.com.") == "www.example.com");
}

BOOST_AUTO_TEST_CASE(a_rule_may_be_of_ports_alone_or_of_everything) {
  const auto ports = parse_route_rule(":25=refuse");
  BOOST_TEST((ports.action == RouteAction::refuse));
  BOOST_TEST((!ports.range && ports.name.empty()));
  BOOST_TEST((ports.has_port(25) && !ports.has_port(26)));
  BOOST_TEST((parse_route_rule("*=dispatch").action == RouteAction::dispatch));
  BOOST_TEST(parse_route_rule("*:443=eth0").has_port(443));
}

BOOST_AUTO_TEST_CASE(a_link_called_like_a_keyword_can_be_named) {
  const auto rule = parse_route_rule("*=link direct");
  BOOST_TEST((rule.action == RouteAction::link));
  BOOST_TEST(rule.link == "direct");
}

struct Wrong {
  const char* text;
  std::size_t column;
  const char* reason;
};

BOOST_AUTO_TEST_CASE(what_is_wrong_is_told_with_its_place) {
  const Wrong kWrong[] = {
      {"10.0.0.0/8", 0, "there is no '='"},
      {"=direct", 0, "before the '=' is nothing"},
      {"a=", 2, "behind the '=' is nothing"},
      {"a = ", 4, "behind the '=' is nothing"},
      {"10.0.0.0/33=direct", 0, "'10.0.0.0/33' is not an address or a range"},
      {"1.2.3=direct", 0, "'1.2.3' is not an address or a range"},
      {"2001:db8::/129=direct", 0, "'2001:db8::/129' is not an address"},
      {"fe80::1%2=direct", 0, "'fe80::1%2' is not an address"},
      {"[::1=direct", 0, "the ']' is missing"},
      {"*.example=direct", 0, "write '.example'"},
      {"a b=direct", 0, "'a b' is not a name"},
      {"a..b=direct", 0, "'a..b' is not a name"},
      {"a..=direct", 0, "'a..' is not a name"},
      {".=direct", 0, "'.' is not a name"},
      {"a.example:http=direct", 10, "'http' is not a port"},
      {"a.example:=direct", 10, "'' is not a port"},
      {":65536=direct", 1, "'65536' is not a port"},
      {":80,90-85=direct", 4, "'90-85' runs backwards"},
      {"  :x=direct", 3, "'x' is not a port"},
  };
  for (const auto& [text, column, reason] : kWrong) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_CHECK_EXCEPTION(parse_route_rule(text), RouteSyntaxError, [&](const auto& error) {
        BOOST_TEST(error.column() == column);
        BOOST_TEST(std::string(error.what()).find(reason) != std::string::npos, error.what());
        return true;
      });
    }
  }
}

BOOST_AUTO_TEST_CASE(a_file_has_a_rule_a_line_and_comments) {
  const auto rules =
      parse_route_rules("# mail\n:25=refuse   # never\r\n\n  .example = eth0\n*=direct", "rules");
  BOOST_REQUIRE_EQUAL(rules.size(), 3u);
  BOOST_TEST(rules[0].text == ":25=refuse");
  BOOST_TEST(rules[1].text == ".example = eth0");
  BOOST_TEST(rules[2].text == "*=direct");
}

BOOST_AUTO_TEST_CASE(an_error_in_a_file_names_line_and_column) {
  BOOST_CHECK_EXCEPTION(parse_route_rules("*=direct\n\n a:x=direct\n", "rules.txt"),
                        net::ConfigError, [](const net::ConfigError& error) {
                          BOOST_TEST(std::string(error.what()).starts_with("rules.txt:3:4: 'x'"),
                                     error.what());
                          return true;
                        });
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy

// Targets: URLs, which of them are allowed, and what of them is a secret.
#include "engine/fleet/redact.hpp"
#include "engine/fleet/target_policy.hpp"
#include "engine/fleet/target_url.hpp"
#include "engine/net/config_error.hpp"

#include <boost/test/unit_test.hpp>

namespace dispatch::fleet {
namespace {

BOOST_AUTO_TEST_SUITE(fleet_target)

// What is connected to, what stands in Host, and in the request line; or "no".
std::string parsed(const std::string& text) {
  const auto url = parse_target_url(text);
  if (!url) return "no";
  return (url->tls ? "tls " : "") + url->host() + " " + std::to_string(url->target.port) + " " +
         url->authority() + " " + url->origin_form +
         (url->user_info.empty() ? "" : " by " + url->user_info);
}

BOOST_AUTO_TEST_CASE(urls_are_taken_apart) {
  const std::pair<const char*, const char*> kUrls[] = {
      {"http://example.com", "example.com 80 example.com /"},
      {"HTTP://EXAMPLE.com:80/A?b#c", "example.com 80 example.com /A?b"},
      {"https://example.com:8443/x", "tls example.com 8443 example.com:8443 /x"},
      {"https://example.com:443", "tls example.com 443 example.com /"},
      {"http://example.com?q=1", "example.com 80 example.com /?q=1"},
      {"http://192.0.2.1:81/", "192.0.2.1 81 192.0.2.1:81 /"},
      {"http://[2001:DB8::1]/", "2001:db8::1 80 [2001:db8::1] /"},
      {"http://[2001:db8::1]:8080/", "2001:db8::1 8080 [2001:db8::1]:8080 /"},
      {"http://u:p%40ss@example.com/", "example.com 80 example.com / by u:p@ss"},
      {"http://a@b@example.com/", "example.com 80 example.com / by a@b"},
      {"http://example.com/a b\xc3\xa4", "example.com 80 example.com /a%20b%C3%A4"},
      {"http://example.com/?x=\r\nY: 1", "example.com 80 example.com /?x=%0D%0AY:%201"},
      {"http://example.com:/", "example.com 80 example.com /"},
      {"", "no"},
      {"example.com", "no"},
      {"//example.com/", "no"},
      {"ftp://example.com/", "no"},
      {"http://", "no"},
      {"http:///x", "no"},
      {"http://?x", "no"},
      {"http://example.com:0/", "no"},
      {"http://example.com:65536/", "no"},
      {"http://example.com:8x/", "no"},
      {"http://exa mple.com/", "no"},
      {"http://[::1/", "no"},
      {"http://[127.0.0.1]/", "no"},
      {"http://[::1]x/", "no"},
      {"http://a\\b/", "no"},
      {"http://exa%6Dple.com/", "no"},
  };
  for (const auto& [text, expected] : kUrls) BOOST_TEST(parsed(text) == expected, text);
  BOOST_TEST(parsed("http://x/" + std::string(20'000, 'a')) == "no");
}

BOOST_AUTO_TEST_CASE(locations_are_seen_from_where_they_were_given) {
  const auto base = *parse_target_url("https://example.com/a/b/c?q=1");
  const std::pair<const char*, const char*> kLocations[] = {
      {"d", "https://example.com/a/b/d"},
      {"/d", "https://example.com/d"},
      {"../d", "https://example.com/a/d"},
      {"../../../d", "https://example.com/d"},
      {"./", "https://example.com/a/b/"},
      {"?r", "https://example.com/a/b/c?r"},
      {"", "https://example.com/a/b/c?q=1"},
      {"#x", "https://example.com/a/b/c?q=1"},
      {"//other/x", "https://other/x"},
      {"http://other:81", "http://other:81/"},
      {"d?u=http://x", "https://example.com/a/b/d?u=http://x"},
  };
  for (const auto& [location, expected] : kLocations) {
    BOOST_TEST(resolve_location(base, location)->text() == expected, location);
  }
  BOOST_TEST(!resolve_location(base, "ftp://other/"));
}

BOOST_AUTO_TEST_CASE(parameters_are_added_to_the_query_and_encoded) {
  auto url = *parse_target_url("http://x/?a=1");
  add_params(url, {{"b c", "d&e"}, {"f", ""}});
  BOOST_TEST(url.origin_form == "/?a=1&b%20c=d%26e&f=");
}

BOOST_AUTO_TEST_CASE(private_addresses_are_known_also_behind_other_forms) {
  for (const auto* each :
       {"127.0.0.1", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.0.1", "169.254.169.254",
        "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1",
        "fd12::1", "ff02::1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:0a00:0001::1"}) {
    BOOST_TEST(is_private(net::parse_address(each).value()), each);
  }
  for (const auto* each : {"1.1.1.1", "172.32.0.1", "172.15.0.1", "100.128.0.1", "203.0.113.7",
                           "2600::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"}) {
    BOOST_TEST(!is_private(net::parse_address(each).value()), each);
  }
}

TargetPolicy policy(std::vector<const char*> allowed, std::vector<const char*> denied,
                    bool private_too = false) {
  TargetPolicy made;
  for (const auto* each : allowed) made.allowed.emplace_back(each);
  for (const auto* each : denied) made.denied.emplace_back(each);
  made.private_addresses = private_too;
  return made;
}

// Whether a request for `host` may be sent to `address`, where it leads.
bool is_allowed(const TargetPolicy& its, const char* host, const char* address) {
  return !its.objection(host) && !its.objection(host, net::parse_address(address).value());
}

BOOST_AUTO_TEST_CASE(a_policy_judges_names_and_where_they_lead) {
  const auto usual = policy({}, {});
  BOOST_TEST(is_allowed(usual, "example.com", "203.0.113.7"));
  BOOST_TEST(!is_allowed(usual, "example.com", "10.0.0.1"));  // a name for something private
  BOOST_TEST(!is_allowed(usual, "127.0.0.1", "127.0.0.1"));
  BOOST_TEST(is_allowed(policy({}, {}, true), "example.com", "10.0.0.1"));

  const auto listed = policy({"example.com", "*.example.org", "203.0.113.0/28"}, {});
  BOOST_TEST(is_allowed(listed, "EXAMPLE.com.", "198.51.100.1"));
  BOOST_TEST(!is_allowed(listed, "www.example.com", "198.51.100.1"));
  BOOST_TEST(is_allowed(listed, "a.b.example.org", "198.51.100.1"));
  BOOST_TEST(!is_allowed(listed, "example.org", "198.51.100.1"));
  BOOST_TEST(!is_allowed(listed, "notexample.org", "198.51.100.1"));
  BOOST_TEST(is_allowed(listed, "anything.example", "203.0.113.15"));
  BOOST_TEST(!is_allowed(listed, "anything.example", "203.0.113.16"));
  // Who owns a name that is allowed does not decide about private addresses, a prefix does.
  BOOST_TEST(!is_allowed(listed, "example.com", "192.168.0.1"));
  BOOST_TEST(is_allowed(policy({"192.168.0.0/24"}, {}), "router.example", "192.168.0.1"));

  const auto excepted = policy({"*.example"}, {"bad.example", "198.51.100.0/24"});
  BOOST_TEST(is_allowed(excepted, "good.example", "203.0.113.7"));
  BOOST_TEST(!is_allowed(excepted, "bad.example", "203.0.113.7"));
  BOOST_TEST(!is_allowed(excepted, "good.example", "198.51.100.7"));
  BOOST_TEST(!is_allowed(excepted, "good.example", "::ffff:198.51.100.7"));
}

BOOST_AUTO_TEST_CASE(a_policy_is_told_and_read_as_it_is) {
  const auto its = policy({"*.example", "10.0.0.0/8"}, {"2001:db8::1"}, true);
  BOOST_TEST((*read_target_policy(to_json(its)) == its));
  for (const auto* wrong : {"", "*", "*.", "a b", "http://x/", "10.0.0.0/33", "x/y"}) {
    BOOST_CHECK_THROW(TargetPattern{wrong}, net::ConfigError);
  }
}

BOOST_AUTO_TEST_CASE(secrets_are_taken_out_of_urls) {
  const std::pair<const char*, const char*> kUrls[] = {
      {"http://u:p@x/", "http://***@x/"},
      {"http://x/?a=1&token=t&b=2", "http://x/?a=1&token=***&b=2"},
      {"http://x/?ACCESS_TOKEN=t#f", "http://x/?ACCESS_TOKEN=***#f"},
      {"http://x/?key=k&monkey=m", "http://x/?key=***&monkey=m"},
      {"http://x/?password", "http://x/?password"},
      {"http://x/?q=a=b&api_key=c=d", "http://x/?q=a=b&api_key=***"},
      {"http://x/p@q?sig=1", "http://x/p@q?sig=***"},
      {"http://x/", "http://x/"},
      {"nothing", "nothing"},
  };
  for (const auto& [url, expected] : kUrls) BOOST_TEST(redacted_url(url) == expected);
}

BOOST_AUTO_TEST_CASE(secrets_are_taken_out_of_headers) {
  for (const auto* name : {"Authorization", "authorization", "Proxy-Authorization", "Cookie",
                           "Set-Cookie", "X-Api-Key", "X-My-Token", "Client-Secret"}) {
    BOOST_TEST(redacted({{name, "hidden"}}).front().second == "***", name);
  }
  for (const auto* name : {"Accept", "Content-Type", "X-Request-Id", "Authority"}) {
    BOOST_TEST(redacted({{name, "shown"}}).front().second == "shown", name);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace dispatch::fleet

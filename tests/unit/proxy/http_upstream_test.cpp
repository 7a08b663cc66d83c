// Requests that are forwarded to another HTTP proxy: what it gets, and what its answers are worth.

#include "tests/unit/proxy/http_world.hpp"

namespace dispatch::proxy {
BOOST_AUTO_TEST_SUITE(http_upstream)
namespace {

// The web server's host is the upstream proxy here: it gets what comes to port 80.
constexpr auto* kOffice = "office=http://kim:secret@203.0.113.10:80";
const std::string kProof = "Proxy-Authorization: Basic a2ltOnNlY3JldA==\r\n";
const std::string kEstablished = "HTTP/1.1 200 Connection established\r\n\r\n";
const std::string kChallenged =
    "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"office\"\r\n"
    "Content-Length: 0\r\n\r\n";

std::string get(const std::string& uri, const std::string& fields = "") {
  return "GET " + uri + " HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n";
}
const std::string kClose = "Connection: close\r\n";

BOOST_AUTO_TEST_CASE(a_request_goes_there_in_absolute_form_with_our_password_and_not_the_clients) {
  ProxyWorld world({kOffice});
  Origin office(world, {kHello});
  const auto answer = answer_to(world, get("http://www.far.example:8080/a?b",
                                           "Proxy-Authorization: Basic Zm9vOmJhcg==\r\n" + kClose));
  BOOST_REQUIRE(office.requests.size() == 1u);
  BOOST_TEST(office.requests[0] ==
             "GET http://www.far.example:8080/a?b HTTP/1.1\r\nHost: www.far.example:8080\r\n"
             "Via: 1.1 dispatch\r\n" +
                 kProof + "\r\n");
  BOOST_TEST(answer.ends_with("\r\n\r\nhello"));
  BOOST_TEST(!contains(answer, "a2lt"));
}

BOOST_AUTO_TEST_CASE(options_of_a_server_as_a_whole_have_no_path) {
  ProxyWorld world({kOffice});
  Origin office(world, {kHello, kHello});
  answer_to(world, "OPTIONS http://far.example HTTP/1.1\r\nHost: x\r\n" + kClose + "\r\n");
  BOOST_TEST(office.requests.at(0).starts_with("OPTIONS http://far.example HTTP/1.1\r\n"));
}

BOOST_AUTO_TEST_CASE(requests_for_one_server_share_a_connection_and_others_take_a_turn) {
  ProxyWorld world({kOffice, "wifi"});
  Origin office(world, {kHello, kHello, kHello});
  const auto answer = answer_to(world, get("http://far.example/1") + get("http://far.example/2") +
                                           get("http://203.0.113.10/3", kClose));
  BOOST_TEST(count_of(answer, "hello") == 3u);
  BOOST_TEST(office.connections == 2);
  BOOST_REQUIRE(office.requests.size() == 3u);
  BOOST_TEST(office.requests[1].starts_with("GET http://far.example/2 "));
  BOOST_TEST(office.requests[2].starts_with("GET /3 "));  // by wifi, to the server itself
  BOOST_TEST(!contains(office.requests[2], "Proxy-Authorization"));
  BOOST_TEST(world.links->links()[0]->counters().connections == 1u);
}

BOOST_AUTO_TEST_CASE(a_kept_connection_that_the_proxy_ended_is_replaced) {
  ProxyWorld world({kOffice});
  Origin office(world, {kHello, std::string(kHangUp), kHello});
  const auto answer =
      answer_to(world, get("http://far.example/1") + get("http://far.example/2", kClose));
  BOOST_TEST(count_of(answer, "hello") == 2u);
  BOOST_TEST(office.connections == 2);
}

BOOST_AUTO_TEST_CASE(connect_and_upgrades_take_a_tunnel) {
  for (const auto& request :
       {"CONNECT far.example:80 HTTP/1.1\r\nHost: far.example\r\n\r\n" + kGet,
        get("http://far.example:80/", "Upgrade: websocket\r\nConnection: Upgrade\r\n")}) {
    ProxyWorld world({kOffice});
    Origin office(world, {kEstablished, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello"});
    const auto answer = answer_to(world, request);
    BOOST_REQUIRE(!office.requests.empty());
    BOOST_TEST(office.requests[0] ==
               "CONNECT far.example:80 HTTP/1.1\r\nHost: far.example:80\r\n" + kProof + "\r\n");
    BOOST_TEST(answer.ends_with("hello"));
  }
}

BOOST_AUTO_TEST_CASE(a_proxy_may_be_told_to_take_tunnels_only) {
  ProxyWorld world({std::string(kOffice) + ",tunnel"});
  Origin office(world, {kEstablished, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello"});
  const auto answer = answer_to(world, get("http://far.example/a", kClose));
  BOOST_REQUIRE(office.requests.size() == 2u);
  BOOST_TEST(office.requests[0].starts_with("CONNECT far.example:80 "));
  BOOST_TEST(office.requests[1].starts_with("GET /a "));
  BOOST_TEST(answer.ends_with("hello"));
}

BOOST_AUTO_TEST_CASE(its_challenge_is_not_the_clients_and_another_link_helps) {
  ProxyWorld alone({kOffice});
  Origin office(alone, {kChallenged});
  const auto answer = answer_to(alone, get("http://far.example/", kClose));
  BOOST_TEST(answer.starts_with("HTTP/1.1 502 "));
  BOOST_TEST(answer.ends_with("far.example: the upstream proxy refuses this user or password\n"));
  BOOST_TEST(!contains(answer, "Proxy-Authenticate"));

  ProxyWorld two({kOffice, "wifi"});
  Origin both(two, {kChallenged, kHello});
  BOOST_TEST(answer_to(two, get("http://203.0.113.10/", kClose)).ends_with("hello"));
  BOOST_TEST(both.requests.at(1).starts_with("GET / "));
  BOOST_TEST(two.links->links()[0]->counters().dial_failures == 1u);
  BOOST_TEST(two.links->links()[0]->counters().live == 0u);
}

BOOST_AUTO_TEST_CASE(where_a_rule_fixes_the_link_its_challenge_is_the_end) {
  ServerOptions options;
  options.dial.routes.push_back(parse_route_rule("far.example=office"));
  ProxyWorld world({kOffice, "wifi"}, options);
  Origin office(world, {kChallenged, kChallenged, kHello});
  BOOST_TEST(answer_to(world, get("http://far.example/", kClose)).starts_with("HTTP/1.1 502 "));
  BOOST_TEST(office.requests.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_challenge_to_a_request_with_a_body_ends_it) {
  ProxyWorld world({kOffice, "wifi"});
  Origin office(world, {kChallenged, kHello});
  const auto answer = answer_to(world,
                                "POST http://far.example/ HTTP/1.1\r\nHost: x\r\n"
                                "Content-Length: 3\r\n\r\nabc");
  BOOST_TEST(answer.starts_with("HTTP/1.1 502 "));
  BOOST_TEST(office.connections == 1);
}

BOOST_AUTO_TEST_CASE(its_own_answers_are_passed_on) {
  ProxyWorld world({kOffice});
  Origin office(world, {"HTTP/1.1 504 Gateway Timeout\r\nContent-Length: 4\r\n\r\nlate"});
  const auto answer = answer_to(world, get("http://far.example/", kClose));
  BOOST_TEST(answer.starts_with("HTTP/1.1 504 "));
  BOOST_TEST(answer.ends_with("late"));
}

BOOST_AUTO_TEST_CASE(where_targets_are_told_of_the_client_a_tunnel_leads_to_them) {
  ServerOptions options;
  options.send_proxy = proxy_protocol::Version::v1;
  ProxyWorld world({kOffice}, options);
  Origin office(world, {kEstablished, kHello});
  answer_to(world, get("http://far.example/a", kClose));
  BOOST_TEST(office.requests.at(0).starts_with("CONNECT far.example:80 "));
  BOOST_TEST(office.requests.at(1).starts_with("PROXY TCP4 "));
}

BOOST_AUTO_TEST_CASE(targets_behind_a_proxy_are_told_of_their_own_address) {
  ServerOptions options;
  options.send_proxy = proxy_protocol::Version::v1;
  ProxyWorld world({kOffice}, options);
  Origin office(world, {kEstablished, kHello});
  answer_to(world, get("http://198.51.100.77/a", kClose));
  BOOST_TEST(office.requests.at(1).starts_with("PROXY TCP4 127.0.0.1 198.51.100.77 "));
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy

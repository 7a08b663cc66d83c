// What people ask of a dispatcher that runs, over the control socket of a simulated host.

#include "engine/control/request.hpp"
#include "engine/control/socket.hpp"
#include "engine/control/web.hpp"
#include "tests/unit/proxy/proxy_world.hpp"

#include <boost/json.hpp>

namespace dispatch::control {
BOOST_AUTO_TEST_SUITE(control_socket)
namespace {

namespace js = boost::json;
using proxy::ProxyWorld;
using namespace std::chrono_literals;

constexpr auto kPath = "/run/dispatch/control.sock";

net::Task<std::vector<proxy::ServerView>> look_at(proxy::Server& server, std::size_t most) {
  std::vector<proxy::ServerView> views;
  views.push_back(server.view(most));
  co_return views;
}

// What it says of a link, somebody else has decided.
proxy::ServerOptions without_health() {
  proxy::ServerOptions options;
  options.health = false;
  return options;
}

struct Controlled : ProxyWorld {
  Controlled()
      : ProxyWorld({"wifi", "lte"}, without_health()),
        controller(laptop, *links, "1.2.3", hooks()) {
    listener = open_socket(laptop.network(), kPath).value();
    laptop.spawn(serve_socket(controller, *listener));
    laptop.spawn(controller.follow());
  }
  ~Controlled() { simulation.drop_tasks(); }

  Hooks hooks() {
    Hooks made;
    made.reload = [this]() -> std::string {
      if (reloads++ == 0) return "all anew";
      throw std::runtime_error("f:3: no such thing");
    };
    made.look = [this](std::size_t most) { return look_at(*server, most); };
    return made;
  }

  js::object ask_for(const std::string& request) {
    std::string text;
    run(ask_into(text, request));
    return js::parse(text).as_object();
  }
  net::Task<void> ask_into(std::string& text, std::string request) {
    auto got = co_await ask(laptop, kPath, std::move(request), 5s);
    text = got.value();
  }

  std::string error_of(const std::string& request) {
    return std::string(ask_for(request).at("error").as_string());
  }

  int reloads = 0;
  Controller controller;
  net::ListenerPtr listener;
};

net::Task<void> send_much(net::StreamPtr stream) {
  std::vector<std::byte> much(5'000'000);
  (void)co_await net::write_all(*stream, much);
  (void)stream->shutdown_write();
  co_await proxy::read_to_end(*stream);
}

net::Task<void> wait(ProxyWorld& world, net::Duration time) {
  BOOST_TEST(!co_await world.laptop.clock().sleep_for(time));
}

net::Task<void> download(ProxyWorld& world, std::shared_ptr<net::StreamPtr> client) {
  *client = co_await world.connect_to_proxy();
  co_await proxy::send_text(**client, ProxyWorld::kSocks5ToWww);
  (void)(*client)->shutdown_write();
  co_await proxy::read_to_end(**client);
}

net::Task<void> connect(ProxyWorld& world, std::string& answer) {
  auto stream = co_await world.connect_to_proxy();
  co_await proxy::send_text(*stream, ProxyWorld::kConnectToWww);
  auto received = co_await proxy::read_to_end(*stream);
  answer = received.text;
}

const auto kWeb = proxy::endpoint("127.0.0.1:8080");

net::Task<void> browse(ProxyWorld& world, std::string head, std::string body, std::string& answer) {
  auto stream = co_await world.laptop.network().connect(kWeb, net::kAnyEgress);
  const auto length = std::to_string(body.size());
  const auto text = head + "\r\nHost: localhost\r\nConnection: close\r\nContent-Length: " + length +
                    "\r\n\r\n" + body;
  co_await proxy::send_text(**stream, text);
  auto received = co_await proxy::read_to_end(**stream);
  answer = received.text;
}

BOOST_AUTO_TEST_CASE(status_tells_of_each_link_its_state_and_why) {
  Controlled world;
  world.run(wait(world, 20s));
  auto& lte = *world.links->links()[1];
  const auto now = world.laptop.clock().now();
  world.links->set_standing(lte, {link::Health::down, "nothing answers", now});
  world.run(wait(world, 30s));
  const auto status = world.ask_for(R"({"do": "status"})");
  BOOST_TEST(status.at("version").as_string() == "1.2.3");
  BOOST_TEST(status.at("uptime_s").to_number<double>() == 50);
  const auto& links = status.at("links").as_array();
  BOOST_REQUIRE(links.size() == 2);
  BOOST_TEST(links[0].at("name").as_string() == "wifi");
  BOOST_TEST(links[0].at("state").as_string() == "up");
  BOOST_TEST(links[0].at("since_s").to_number<double>() == 50);
  BOOST_TEST(links[1].at("state").as_string() == "down");
  BOOST_TEST(links[1].at("reason").as_string() == "nothing answers");
  BOOST_TEST(links[1].at("since_s").to_number<double>() == 30);
}

BOOST_AUTO_TEST_CASE(connections_and_rates_are_seen_while_they_last) {
  Controlled world;
  world.serve(send_much);
  auto client = std::make_shared<net::StreamPtr>();
  world.laptop.spawn(download(world, client));
  world.run(wait(world, 1900ms));
  const auto row = world.ask_for(R"({"do": "connections"})").at("connections").at(0).as_object();
  BOOST_TEST(row.at("target").as_string() == "203.0.113.10:80");
  BOOST_TEST(row.at("link").as_string() == "wifi");
  BOOST_TEST(row.at("received_bytes").to_number<int>() > 1'000'000);
  const auto link = world.ask_for(R"({"do": "status"})").at("links").at(0).as_object();
  BOOST_TEST(link.at("live").to_number<int>() == 1);
  // 20 Mbit/s, less the headers, but for the first moment.
  const auto rate = link.at("received_rate").to_number<int>();
  BOOST_TEST(rate > 1'800'000);
  BOOST_TEST(rate < 2'500'000);
  world.run(wait(world, 10s));
  const auto after = world.ask_for(R"({"do": "status"})").at("links").at(0).as_object();
  BOOST_TEST(after.at("live").to_number<int>() == 0);
  BOOST_TEST(after.at("received_rate").to_number<int>() == 0);
  BOOST_TEST(world.ask_for(R"({"do": "connections"})").at("connections").as_array().empty());
  const auto history = world.ask_for(R"({"do": "history"})").at("links").at(0).as_object();
  std::uint64_t sum = 0;
  for (const auto& each : history.at("received").as_array()) sum += each.to_number<std::uint64_t>();
  // Seconds are whole, and so are the figures.
  BOOST_TEST(sum == 5'000'000);
}

BOOST_AUTO_TEST_CASE(a_link_is_switched_off_and_on_and_weighed) {
  Controlled world;
  auto& wifi = *world.links->links()[0];
  BOOST_TEST(
      world.ask_for(R"({"do":"link","name":"wifi","enabled":false})").at("done").as_string() ==
      "wifi is off");
  BOOST_TEST(!wifi.is_enabled());
  const auto status = world.ask_for(R"({"do":"status"})");
  BOOST_TEST(status.at("links").at(0).at("state").as_string() == "off");
  (void)world.ask_for(R"({"do":"link","name":"wifi","enabled":true})");
  BOOST_TEST(wifi.is_enabled());
  (void)world.ask_for(R"({"do":"link","name":"wifi","weight":12})");
  BOOST_TEST(wifi.weight() == 12);
}

BOOST_AUTO_TEST_CASE(where_every_link_is_off_clients_are_told) {
  Controlled world;
  for (auto* link : world.links->links()) world.links->set_enabled(*link, false);
  std::string answer;
  world.run(connect(world, answer));
  BOOST_TEST(answer.starts_with("HTTP/1.1 503 "));
  BOOST_TEST(answer.find("every link is switched off") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_is_answered_with_a_reason) {
  Controlled world;
  BOOST_TEST(world.error_of(R"({"do":"link","name":"wfi","enabled":false})") ==
             "there is no link 'wfi'; did you mean \"wifi\"?");
  BOOST_TEST(world.error_of(R"({"do":"link","name":"wifi"})").starts_with("what is to change"));
  BOOST_TEST(world.error_of(R"({"do":"link","name":"wifi","weight":0})").find("weight 0") !=
             std::string::npos);
  BOOST_TEST(world.error_of(R"({"do":"link","name":"wifi","weight":-1})") ==
             "\"weight\" is no whole number");
  BOOST_TEST(world.error_of(R"({"do":"dance"})").starts_with("\"dance\" is none of"));
  BOOST_TEST(world.error_of("{}") == "\"do\" is missing, or is no text");
  BOOST_TEST(world.error_of("[1]") == "a request is a JSON object on one line");
  BOOST_TEST(world.error_of("status") == "a request is a JSON object on one line");
  BOOST_TEST(world.error_of(std::string(9000, 'x')) == "the request is too long");
}

BOOST_AUTO_TEST_CASE(a_reload_says_what_has_changed_or_what_is_wrong) {
  Controlled world;
  BOOST_TEST(world.ask_for(R"({"do":"reload"})").at("done").as_string() == "all anew");
  BOOST_TEST(world.error_of(R"({"do":"reload"})") == "f:3: no such thing");
}

BOOST_AUTO_TEST_CASE(the_dashboard_changes_something_only_for_who_shows_the_token) {
  Controlled world;
  auto web = world.laptop.network().listen(kWeb, {}).value();
  WebOptions options;
  options.token = "0123456789abcdef";
  world.laptop.spawn(serve_web(world.controller, *web, options));
  std::string answer;
  world.run(browse(world, "GET /api/status HTTP/1.1", "", answer));
  BOOST_TEST(answer.starts_with("HTTP/1.1 200 "));
  BOOST_TEST(answer.find("\"version\":\"1.2.3\"") != std::string::npos);
  const std::string off = R"({"do":"link","name":"wifi","enabled":false})";
  world.run(browse(world, "POST /api/do HTTP/1.1", off, answer));
  BOOST_TEST(answer.starts_with("HTTP/1.1 403 "));
  BOOST_TEST(world.links->links()[0]->is_enabled());
  const std::string token = "POST /api/do HTTP/1.1\r\nAuthorization: Bearer " + options.token;
  world.run(browse(world, token, off, answer));
  BOOST_TEST(answer.starts_with("HTTP/1.1 200 "));
  BOOST_TEST(!world.links->links()[0]->is_enabled());
  world.run(browse(world, token, std::string(5000, 'x'), answer));
  BOOST_TEST(answer.starts_with("HTTP/1.1 400 "));
}

BOOST_AUTO_TEST_CASE(more_clients_than_are_served_at_a_time_wait_for_their_turn) {
  Controlled world;
  std::vector<net::StreamPtr> silent;
  for (std::size_t i = 0; i < kClientsMax; ++i) {
    silent.push_back(world.laptop.network().connect_local(kPath).value());
  }
  world.run(wait(world, 1s));
  std::string text;
  world.laptop.spawn(world.ask_into(text, R"({"do":"status"})"));
  world.run(wait(world, 1s));
  BOOST_TEST(text == "");
  silent.pop_back();
  world.run(wait(world, 1s));
  BOOST_TEST(text != "");
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::control

#include "tests/unit/fleet/fleet_world.hpp"

#include "engine/proxy/http_body.hpp"
#include "engine/proxy/http_reader.hpp"

#include <fmt/format.h>

namespace dispatch::fleet {
namespace {

namespace http = proxy::http;

const auto kHub = net::parse_endpoint("203.0.113.1:8000").value();
const auto kNames = net::parse_endpoint("203.0.113.80:53").value();

net::Task<void> read_answer(net::Stream& stream, const std::string& method, Answer& answer) {
  http::Reader reader(stream, nullptr);
  auto got = co_await reader.read_head();
  if (!got || got->fault) {
    answer.body = got ? got->fault->why : got.error().message();
    co_return;
  }
  const auto head = http::parse_response_head(got->text);
  if (!head) {
    answer.body = head.error().why;
    co_return;
  }
  const auto framing = http::framing_of(*head, method);
  http::BodyReader body(reader, *framing);
  for (;;) {
    const auto piece = body.take();
    if (!piece) co_return;
    answer.body.append(reinterpret_cast<const char*>(piece->data()), piece->size());
    if (!piece->empty()) continue;
    if (body.has_ended()) break;
    const auto error = co_await body.wait();
    if (error) co_return;
  }
  answer.status = head->status;
}

net::Task<void> make_call(sim::Host& host, std::string method, std::string text,
                          std::shared_ptr<Answer> answer) {
  auto connected = co_await host.network().connect(kHub, net::kAnyEgress);
  if (connected) {
    const auto stream = std::move(*connected);
    const auto error = co_await net::write_all(*stream, std::as_bytes(std::span(text)));
    if (!error) co_await read_answer(*stream, method, *answer);
  }
  answer->ended = true;
}

}  // namespace

sim::DirectionOptions FleetWorld::usual() {
  sim::DirectionOptions direction;
  direction.rate = sim::DataRate::bits_per_second(100'000'000);
  direction.delay = 5ms;
  return direction;
}

FleetWorld::FleetWorld(CoordinatorOptions with, std::uint64_t seed)
    : simulation(seed),
      world(simulation),
      hub(world.add_host("hub")),
      shop(world.add_host("shop")),
      caller(world.add_host("caller")),
      names(shop),
      options(std::move(with)) {
  simulation.set_log_sink(
      [](net::TimePoint, std::string_view host, net::LogLevel level, std::string_view line) {
        if (level >= net::LogLevel::error) BOOST_TEST_MESSAGE(host << ": " << line);
        BOOST_TEST(line.find("internal error") == std::string_view::npos, line);
      });
  const auto both = sim::LinkOptions::symmetric(usual());
  hub_link = &world.attach(hub, "eth0", {prefix("203.0.113.1/24")}, both);
  shop_link =
      &world.attach(shop, "eth0", {prefix("203.0.113.80/24"), prefix("2001:db8:80::80/64")}, both);
  names.add("shop.example",
            {*net::parse_address("203.0.113.80"), *net::parse_address("2001:db8:80::80")});
  shop.spawn(names.serve(kNames));
  world.attach(caller, "eth0", {prefix("192.0.2.1/24")}, both);
  options.agent_socket.silence = 2s;
  ledger = std::make_unique<traffic::Ledger>(shop);
  BOOST_REQUIRE(ledger->listen(net::parse_endpoint("203.0.113.80:80").value()));
  BOOST_REQUIRE(ledger->listen(net::parse_endpoint("[2001:db8:80::80]:80").value()));
  ledger->start();
  start_coordinator();
}

void FleetWorld::start_coordinator() {
  if (node) gone.push_back(std::move(node));
  node = std::make_unique<CoordinatorNode>(hub, options, history);
  BOOST_REQUIRE(node->server.listen(kHub, nullptr));
  hub.spawn(node->coordinator.run());
  node->server.start();
}

AgentOptions FleetWorld::agent_options(const std::string& name) {
  AgentOptions made;
  made.id = name;
  made.hostname = name + ".example";
  made.coordinators = {*parse_target_url("http://203.0.113.1:8000")};
  made.socket.silence = 2s;
  return made;
}

AgentNode& FleetWorld::add_agent(const std::string& name, unsigned addresses,
                                 const std::function<void(AgentOptions&)>& change) {
  auto& made = *agents.emplace_back(std::make_unique<AgentNode>());
  made.host = &world.add_host(name);
  std::vector<net::Prefix> prefixes;
  for (unsigned i = 1; i <= addresses; ++i) {
    prefixes.push_back(
        prefix(fmt::format("198.{}.{}.{}/24", 51 + agents.size() / 256, agents.size() % 256, i)));
  }
  if (agents_have_v6) {
    prefixes.push_back(prefix(fmt::format("2001:db8:51:{}::1/64", agents.size())));
  }
  made.link = &world.attach(*made.host, "eth0", prefixes, sim::LinkOptions::symmetric(usual()));
  made.options = std::make_unique<AgentOptions>(agent_options(name));
  made.host->set_nameservers({kNames});
  if (change) change(*made.options);
  start_agent(made);
  return made;
}

void FleetWorld::start_agent(AgentNode& its) {
  if (its.agent) gone_agents.push_back(std::move(its.agent));
  its.agent = std::make_unique<Agent>(*its.host, *its.options);
  its.host->spawn(its.agent->run());
}

std::shared_ptr<Answer> FleetWorld::call(const std::string& method, const std::string& target,
                                         const std::string& body, const std::string& token) {
  auto text = fmt::format("{} {} HTTP/1.1\r\nHost: 203.0.113.1:8000\r\nConnection: close\r\n",
                          method, target);
  if (!token.empty()) text += fmt::format("Authorization: Bearer {}\r\n", token);
  text += fmt::format("Content-Length: {}\r\n\r\n{}", body.size(), body);
  return send(method, text);
}

std::shared_ptr<Answer> FleetWorld::send(const std::string& method, const std::string& text) {
  auto answer = std::make_shared<Answer>();
  caller.spawn(make_call(caller, method, text, answer));
  return answer;
}

Answer FleetWorld::ask(const std::string& method, const std::string& target,
                       const std::string& body) {
  const auto answer = call(method, target, body);
  for (int i = 0; i < 6000 && !answer->ended; ++i) run_for(10ms);
  BOOST_REQUIRE_MESSAGE(answer->ended, method << " " << target << " was not answered");
  return *answer;
}

std::shared_ptr<Answer> FleetWorld::execute(const std::string& name, json::object more) {
  json::object body = std::move(more);
  if (!body.contains("url")) body["url"] = kUrl + name;
  return call("POST", "/api/execute", json::serialize(body));
}

Answer FleetWorld::execute_now(const std::string& name, json::object more) {
  json::object body = std::move(more);
  if (!body.contains("url")) body["url"] = kUrl + name;
  return ask("POST", "/api/execute", json::serialize(body));
}

std::uint64_t FleetWorld::times(const std::string& name) const {
  const auto found = ledger->entries().find(name);
  return found == ledger->entries().end() ? 0 : found->second.times;
}

}  // namespace dispatch::fleet

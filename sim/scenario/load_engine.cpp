#include "engine/net/server_address.hpp"
#include "engine/net/well_known_port.hpp"
#include "engine/units/suggestion.hpp"
#include "sim/scenario/engine_options.hpp"
#include "sim/scenario/load_parts.hpp"

#include <fmt/format.h>

namespace dispatch::scenario {

using units::hint;
namespace {

constexpr std::uint64_t kConnectionsMax = 1'000'000;

net::Endpoint read_name_server(const YamlValue& value) {
  const auto text = value.text("the address of a name server");
  const auto server = net::parse_server(text, net::kDnsPort);
  if (!server) {
    value.fail(
        fmt::format("\"{}\" is not the address of a name server: write one such as 192.0.2.53 or "
                    "\"[2001:db8::53]:5353\"",
                    text));
  }
  return *server;
}

net::Prefix read_prefix(const YamlValue& value) {
  const auto text = value.text("a range of addresses");
  const auto range = net::parse_prefix(text);
  if (!range) {
    value.fail(fmt::format("\"{}\" is not an address or a range such as 192.168.1.0/24", text));
  }
  return *range;
}

proxy::proxy_protocol::Version read_version(const YamlValue& value) {
  const auto text = value.text("v1 or v2");
  if (text == "v1") return proxy::proxy_protocol::Version::v1;
  if (text == "v2") return proxy::proxy_protocol::Version::v2;
  value.fail(fmt::format("\"{}\" is no version of the PROXY protocol: write v1 or v2", text));
}

std::vector<EngineSpec::Text> read_texts(const YamlValue& value, std::string_view list,
                                         std::string_view each) {
  std::vector<EngineSpec::Text> texts;
  for (const auto& item : value.list(list)) {
    auto text = item.text(each);
    texts.push_back({item.position_in_text(0), std::move(text)});
  }
  return texts;
}

void read_health(const YamlMap& map, EngineSpec& engine) {
  if (const auto* slow = map.find("slow_attempt")) {
    if (slow->text("a duration, or auto") != "auto") {
      engine.slow_attempt = read_positive_duration(*slow);
    }
  }
  if (const auto* probe = map.find("probe")) {
    for (const auto& each : probe->one_or_more("a probe such as http://www.example/")) {
      auto text = each.text("a probe such as http://www.example/");
      engine.probe.push_back({each.position_in_text(0), std::move(text)});
    }
  }
  if (const auto* none = map.find("no_probes")) engine.no_probes = none->yes_or_no();
  if (const auto* none = map.find("no_health")) engine.no_health = none->yes_or_no();
}

void read_admission(const YamlMap& map, EngineSpec& engine) {
  if (const auto* users = map.find("users")) engine.users = read_users(*users);
  if (const auto* allow = map.find("allow")) {
    for (const auto& each : allow->one_or_more("a range of addresses")) {
      engine.allow.push_back(read_prefix(each));
    }
  }
  if (const auto* max = map.find("max_connections")) {
    engine.max_connections = max->count(0, kConnectionsMax);
  }
  if (const auto* max = map.find("max_per_client")) {
    engine.max_per_client = max->count(0, kConnectionsMax);
  }
  if (const auto* max = map.find("max_per_target")) {
    engine.max_per_target = max->count(0, kConnectionsMax);
  }
  if (const auto* rate = map.find("client_rate")) {
    engine.client_rate = {rate->position_in_text(0), rate->text("a rate such as 20 Mbit/s")};
  }
}

}  // namespace

std::vector<UserSpec> read_users(const YamlValue& value) {
  std::vector<UserSpec> users;
  for (const auto& [name, key, password] : value.names("users and their passwords").entries()) {
    users.push_back({name, password.text("a password")});
    try {
      proxy::Accounts().add(users.back().name, users.back().password);
    } catch (const net::ConfigError& error) {
      key.fail(error.what());
    }
  }
  if (users.empty()) value.fail("no user: write some, or leave \"users\" out to let everyone in");
  return users;
}

EngineSpec read_engine(const YamlValue& value) {
  const auto map = value.map(engine_shape());
  EngineSpec engine;
  if (const auto* start = map.find("start")) {
    engine.start = read_texts(*start, "a list such as [wifi/2, lte/1]", "a link such as wifi/2");
    if (engine.start.empty()) start->fail("no link: write some, or leave \"start\" out to use all");
  }
  if (const auto* port = map.find("port")) {
    engine.port = static_cast<std::uint16_t>(port->count(1, net::kPortMax));
  }
  if (const auto* listen = map.find("listen")) {
    engine.listen = read_texts(*listen, "a list such as [\"127.0.0.1:1080\"]",
                               "a listener such as \"127.0.0.1:1443,tls\"");
    if (engine.listen.empty()) listen->fail("no listener: write some, or a port in its place");
    if (map.find("port") != nullptr) map.key("port")->fail("the port is among those of \"listen\"");
  }
  if (const auto* version = map.find("send_proxy")) engine.send_proxy = read_version(*version);
  if (const auto* policy = map.find("policy")) {
    engine.policy.text = policy->text("a policy such as least-connections");
    engine.policy.position = policy->position_in_text(0);
  }
  if (const auto* routes = map.find("routes")) {
    engine.routes = read_texts(*routes, "a list of rules such as [\".bank.example=wifi\"]",
                               "a rule such as .bank.example=wifi");
  }
  if (const auto* dns = map.find("dns")) {
    for (const auto& each : dns->one_or_more("the address of a name server")) {
      engine.dns.push_back(read_name_server(each));
    }
  }
  read_admission(map, engine);
  read_health(map, engine);
  for (const auto& time : engine_times()) {
    const auto* given = map.find(time.key);
    if (given == nullptr) continue;
    engine.*time.member = time.may_be_zero ? given->duration() : read_positive_duration(*given);
  }
  const bool asks = engine.tcp_keepalive != Duration::zero();
  if (asks && (engine.tcp_keepalive < std::chrono::seconds(1) ||
               engine.tcp_keepalive > net::kKeepAliveMax)) {
    map.find("tcp_keepalive")->fail("not from 1s to 9h, as Linux has it, or 0s (never)");
  }
  if (const auto* one_link = map.find("udp_one_link")) engine.udp_one_link = one_link->yes_or_no();
  if (const auto* only = map.find("udp_only_answers")) engine.udp_only_answers = only->yes_or_no();
  return engine;
}

}  // namespace dispatch::scenario

#include "engine/fleet/agent_message.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace dispatch::fleet {
namespace {

constexpr std::size_t kNameMax = 200;

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kNameMax && std::ranges::none_of(text, [](char c) {
    const auto octet = static_cast<unsigned char>(c);
    return octet < 0x20 || octet == 0x7f || c == '/' || c == '?' || c == '#' || c == '%';
  });
}

// As it is compared everywhere; empty: it is none.
std::string canonical_address(const std::string& text) {
  if (text.find('/') != std::string::npos) {
    const auto prefix = net::parse_prefix(text);
    return prefix ? net::to_string(*prefix) : std::string();
  }
  const auto address = net::parse_address(text);
  return address ? net::to_string(*address) : std::string();
}

boost::system::result<json::object, JsonProblem> object_of(std::string_view text) {
  auto value = parse_json(text);
  if (!value || !value->is_object()) return JsonProblem{{}, "a message is an object of JSON"};
  return std::move(value->get_object());
}

boost::system::result<Command, JsonProblem> read_execute(const json::object& object) {
  ExecuteCommand command;
  JsonReader reader(object, {});
  reader.text("request_id", command.request_id);
  reader.text("source_ip", command.source_ip);
  reader.require("source_ip");
  if (const auto* config = reader.find("config")) {
    if (!config->is_object()) {
      reader.fail("config", "an object is needed");
    } else if (auto problem = read_request_spec(config->get_object(), command.spec, {"config"})) {
      return *problem;
    }
  }
  command.time_left = command.spec.timeout;
  reader.seconds("time_left", command.time_left, kTimeoutMax);
  if (reader.problem()) return *reader.problem();
  return Command(std::move(command));
}

}  // namespace

json::object to_json(const Registration& registration) {
  json::array addresses;
  for (const auto& each : registration.addresses) addresses.emplace_back(each);
  return {{"agent_id", registration.agent_id},      {"hostname", registration.hostname},
          {"ipv6_addresses", std::move(addresses)}, {"status", "active"},
          {"weight", registration.weight},          {"concurrency", registration.concurrency}};
}

std::optional<JsonProblem> read_registration(const json::object& object, Registration& registration,
                                             std::vector<std::string> where) {
  JsonReader reader(object, std::move(where));
  reader.require("agent_id");
  reader.text("agent_id", registration.agent_id);
  reader.text("hostname", registration.hostname);
  reader.require("ipv6_addresses");
  reader.texts("ipv6_addresses", registration.addresses);
  reader.count("weight", registration.weight, 1, kWeightMax);
  reader.count("concurrency", registration.concurrency, 0, kConcurrencyMax);
  if (!is_name(registration.agent_id)) {
    reader.fail("agent_id", "a name of 1 to 200 characters without / ? # % is needed");
  }
  if (registration.hostname.size() > kNameMax) reader.fail("hostname", "it is too long");
  if (registration.addresses.size() > kAddressesMax) {
    reader.fail("ipv6_addresses", fmt::format("more than {} addresses", kAddressesMax));
    return reader.problem();
  }
  std::set<std::string> seen;
  std::vector<std::string> addresses;
  for (const auto& each : registration.addresses) {
    auto text = canonical_address(each);
    if (text.empty()) {
      reader.fail("ipv6_addresses", fmt::format("'{}' is no address", each));
      break;
    }
    if (seen.insert(text).second) addresses.push_back(std::move(text));
  }
  registration.addresses = std::move(addresses);
  return reader.problem();
}

std::string to_text(const ExecuteCommand& command) {
  std::string out;
  JsonObjectWriter object(out);
  object.text("command", "execute_request");
  object.text("request_id", command.request_id);
  object.text("source_ip", command.source_ip);
  write(object.key("config"), command.spec);
  object.seconds("time_left", command.time_left);
  object.end();
  return out;
}

std::string to_text(const CancelCommand& command) {
  return json::serialize(
      json::object{{"command", "cancel_request"}, {"request_id", command.request_id}});
}

std::string to_text(const PolicyCommand& command) {
  return json::serialize(
      json::object{{"command", "set_policy"}, {"policy", to_json(command.policy)}});
}

boost::system::result<Command, JsonProblem> parse_command(std::string_view text) {
  const auto object = object_of(text);
  if (!object) return object.error();
  JsonReader reader(*object, {});
  std::string name;
  reader.require("command");
  reader.text("command", name);
  if (reader.problem()) return *reader.problem();
  if (name == "execute_request") return read_execute(*object);
  if (name == "ping") return Command(PingCommand{});
  if (name == "cancel_request") {
    CancelCommand command;
    reader.require("request_id");
    reader.text("request_id", command.request_id);
    if (reader.problem()) return *reader.problem();
    return Command(std::move(command));
  }
  const auto* inner = reader.find(name == "set_policy" ? "policy" : "config");
  if (name == "set_policy" || name == "configure_request") {
    if (inner == nullptr || !inner->is_object()) {
      return JsonProblem{{name == "set_policy" ? "policy" : "config"}, "an object is needed"};
    }
    if (name == "configure_request") {
      ConfigureCommand command;
      if (auto problem = read_request_spec(inner->get_object(), command.spec, {"config"})) {
        return *problem;
      }
      return Command(std::move(command));
    }
    auto policy = read_target_policy(inner->get_object());
    if (!policy) return policy.error();
    return Command(PolicyCommand{std::move(*policy)});
  }
  return JsonProblem{{"command"}, fmt::format("'{}' is not known", name)};
}

std::string to_text(const Heartbeat& heartbeat) {
  return json::serialize(json::object{{"type", "heartbeat"}, {"data", to_json(heartbeat.agent)}});
}

std::string to_text(const ResultMessage& message) {
  return to_text(message.result);
}

std::string to_text(const StatusMessage& message) {
  return json::serialize(json::object{{"status", message.status}, {"message", message.message}});
}

boost::system::result<AgentMessage, JsonProblem> parse_agent_message(std::string_view text) {
  const auto object = object_of(text);
  if (!object) return object.error();
  JsonReader reader(*object, {});
  std::string type;
  reader.text("type", type);
  if (reader.problem()) return *reader.problem();
  if (type == "heartbeat") {
    const auto* data = reader.find("data");
    if (data == nullptr || !data->is_object()) return JsonProblem{{"data"}, "an object is needed"};
    Heartbeat heartbeat;
    if (auto problem = read_registration(data->get_object(), heartbeat.agent, {"data"})) {
      return *problem;
    }
    return AgentMessage(std::move(heartbeat));
  }
  if (reader.find("success") != nullptr) {
    ResultMessage message;
    if (auto problem = read_result(*object, message.result)) return *problem;
    return AgentMessage(std::move(message));
  }
  StatusMessage message;
  reader.require("status");
  reader.text("status", message.status);
  reader.text("message", message.message);
  if (reader.problem()) return *reader.problem();
  return AgentMessage(std::move(message));
}

}  // namespace dispatch::fleet

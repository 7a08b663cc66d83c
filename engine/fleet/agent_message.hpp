// What coordinators and agents say to each other over their WebSocket: JSON, one object a message.
//
// The names are the original HTTP Dispatcher's (command, config, source_ip, type, data, ...); its
// agents are understood, and its coordinators understand ours. What is new stands in keys that they
// leave alone.
#pragma once

#include "engine/fleet/result.hpp"
#include "engine/fleet/target_policy.hpp"

#include <boost/system/result.hpp>

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace dispatch::fleet {

// Coordinator to agent.
struct ExecuteCommand {
  std::string request_id;  // empty: an original coordinator of the first generation
  std::string source_ip;
  RequestSpec spec;
  // For all of it, from when it is received. (A span and not an instant: clocks differ.)
  net::Duration time_left = std::chrono::seconds(30);
};
struct CancelCommand {
  std::string request_id;
};
struct ConfigureCommand {  // the request configuration, of original coordinators
  RequestSpec spec;
};
struct PolicyCommand {  // which targets the coordinator allows
  TargetPolicy policy;
};
struct PingCommand {};

using Command =
    std::variant<ExecuteCommand, CancelCommand, ConfigureCommand, PolicyCommand, PingCommand>;

// Agent to coordinator. Addresses of both families stand in ipv6_addresses, whose name is the
// original's; prefixes too.
struct Registration {
  std::string agent_id;
  std::string hostname;
  std::vector<std::string> addresses;
  std::uint64_t weight = 1;
  std::uint64_t concurrency = 0;  // requests at once that it takes; 0: as the coordinator has it
};
struct Heartbeat {
  Registration agent;
};
struct ResultMessage {
  ExecuteResult result;
};
struct StatusMessage {  // an acknowledgement, or a complaint
  std::string status;
  std::string message;
};

using AgentMessage = std::variant<Heartbeat, ResultMessage, StatusMessage>;

inline constexpr std::uint64_t kWeightMax = 1000;
inline constexpr std::uint64_t kConcurrencyMax = 100'000;
inline constexpr std::size_t kAddressesMax = 4096;  // of an agent

std::string to_text(const ExecuteCommand& command);
std::string to_text(const CancelCommand& command);
std::string to_text(const PolicyCommand& command);
boost::system::result<Command, JsonProblem> parse_command(std::string_view text);

std::string to_text(const Heartbeat& heartbeat);
std::string to_text(const ResultMessage& result);
std::string to_text(const StatusMessage& status);
boost::system::result<AgentMessage, JsonProblem> parse_agent_message(std::string_view text);

json::object to_json(const Registration& registration);
// Ids are 1 to 200 characters without control characters and slashes; addresses are addresses or
// IPv6 prefixes, each once.
std::optional<JsonProblem> read_registration(const json::object& object, Registration& registration,
                                             std::vector<std::string> where = {"body"});

}  // namespace dispatch::fleet

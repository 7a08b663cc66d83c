// The coordinator's REST interface: its routes, what they are asked, what they answer. A table, so
// that the OpenAPI document (openapi.hpp) says what is there and nothing else.
#pragma once

#include "engine/fleet/coordinator.hpp"
#include "engine/proxy/http_head.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace dispatch::fleet {

// A request to the coordinator itself.
struct ApiCall {
  proxy::http::RequestHead head;
  std::string path;
  Pairs query;  // decoded
  std::string body;
  std::vector<std::string> captured;  // what stood in place of the path's {names}, decoded

  const std::string* parameter(std::string_view name) const;
};

struct ApiReply {
  unsigned status = 200;
  std::string type = "application/json";
  std::string body{};
  proxy::http::Fields fields{};
};

ApiReply json_reply(const json::value& value, unsigned status = 200);
ApiReply error_reply(const ApiError& error);
ApiReply error_reply(unsigned status, std::string detail);
ApiReply executed_reply(const Executed& executed);

// Who is let in.
enum class Guard : std::uint8_t { open, callers, agents };

// What a route is, beside being asked and answering.
enum class RouteKind : std::uint8_t { plain, execute, batch, agent_socket, monitor_socket };

struct Route {
  std::string_view method;
  std::string_view path;  // with {names}
  Guard guard;
  RouteKind kind;
  std::string_view summary;
  std::string_view query;     // names of parameters, by blanks
  std::string_view request;   // name of the schema of the body; empty: none
  std::string_view response;  // of a 200; empty: none
  std::string_view errors;    // statuses, by blanks
  net::Task<ApiReply> (*answer)(Coordinator&, const ApiCall&);  // null: of other kinds
};

const std::vector<Route>& routes();

// What stands in a text between blanks.
std::vector<std::string> words_of(std::string_view text);

// The route, and what stands in place of its {names}; or 404, or 405 with what is allowed.
struct Routed {
  const Route* route = nullptr;
  std::vector<std::string> captured{};
  std::string allowed{};  // methods; empty and no route: 404
};
Routed find_route(std::string_view method, std::string_view path);

// The query of a request target, decoded; "+" is a blank.
Pairs parse_query(std::string_view target);

// What POST /api/execute is given, over the configuration that it names, if any.
boost::system::result<ExecuteRequest, ApiError> read_execute_request(const Coordinator& coordinator,
                                                                     const json::object& object);
// Of the call: its body, or of a GET its query.
boost::system::result<ExecuteRequest, ApiError> execute_request_of(const Coordinator& coordinator,
                                                                   const ApiCall& call);
boost::system::result<json::object, ApiError> body_object(const ApiCall& call);

// As the routes and the monitors' feed show them.
json::object agent_json(const Coordinator& coordinator, const AgentEntry& agent);
json::array agents_json(const Coordinator& coordinator);
json::object pool_json(Coordinator& coordinator);
json::object stats_json(Coordinator& coordinator);
json::array requests_json(const Coordinator& coordinator);
json::array configs_json(const Coordinator& coordinator);

}  // namespace dispatch::fleet

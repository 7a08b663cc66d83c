#include "engine/fleet/api.hpp"

#include "engine/fleet/api_query.hpp"
#include "engine/fleet/metrics.hpp"
#include "engine/fleet/openapi.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace dispatch::fleet {
namespace {

using Reply = net::Task<ApiReply>;

ApiReply success(std::string message) {
  return json_reply(json::object{{"status", "success"}, {"message", std::move(message)}});
}

ApiReply store_failure(const std::string& what) {
  return error_reply(500, "The history cannot be used: " + what);
}

ApiReply wrong_path(const char* name, const char* what) {
  JsonProblem problem;
  problem.where = {"path", name};
  problem.what = what;
  return error_reply(unprocessable(std::move(problem)));
}

constexpr std::string_view kHistoryQuery =
    "limit agent_id source_ip request_id method url status_code success outcome since until before "
    "after final";

boost::system::result<HistoryFilter, ApiError> history_filter(const ApiCall& call) {
  HistoryFilter filter;
  QueryReader query(call);
  query.allow(kHistoryQuery);
  query.text("agent_id", filter.agent_id);
  query.text("source_ip", filter.source_ip);
  query.text("request_id", filter.request_id);
  query.text("method", filter.method);
  query.text("url", filter.url_part);
  filter.status_code = query.count("status_code");
  filter.success = query.truth("success");
  if (const auto* outcome = call.parameter("outcome")) {
    filter.outcome = parse_outcome(*outcome);
    if (!filter.outcome) query.fail("outcome", "an outcome such as timed_out is needed");
  }
  filter.since = query.time("since");
  filter.until = query.time("until");
  filter.before_id = query.count("before").value_or(0);
  filter.after_id = query.count("after").value_or(0);
  filter.final_only = query.truth("final").value_or(false);
  filter.limit = query.count("limit").value_or(filter.limit);
  if (filter.limit > kHistoryPageMax) {
    query.fail("limit",
               fmt::format("{} at most; pages are had by before and after", kHistoryPageMax));
  }
  if (query.problem) return unprocessable(*query.problem);
  return filter;
}

// Routes.

Reply register_agent(Coordinator& coordinator, const ApiCall& call) {
  const auto object = body_object(call);
  if (!object) co_return error_reply(object.error());
  Registration registration;
  if (auto problem = read_registration(*object, registration)) {
    co_return error_reply(unprocessable(std::move(*problem)));
  }
  if (const auto error = coordinator.register_agent(registration)) co_return error_reply(*error);
  co_return success("Agent registered successfully");
}

Reply get_agents(Coordinator& coordinator, const ApiCall&) {
  co_return json_reply(json::object{{"agents", agents_json(coordinator)}});
}

Reply get_agent(Coordinator& coordinator, const ApiCall& call) {
  const auto& id = call.captured.front();
  const auto* agent = coordinator.pool().find(id);
  if (agent == nullptr || coordinator.was_removed(id)) {
    co_return error_reply(404, "Agent not found");
  }
  co_return json_reply(agent_json(coordinator, *agent));
}

Reply delete_agent(Coordinator& coordinator, const ApiCall& call) {
  const auto& id = call.captured.front();
  if (!coordinator.remove_agent(id)) co_return error_reply(404, "Agent not found");
  co_return success(fmt::format("Agent {} removed", id));
}

Reply put_named(Coordinator& coordinator, const ApiCall& call, std::string name) {
  const auto object = body_object(call);
  if (!object) co_return error_reply(object.error());
  RequestSpec spec;
  auto problem = read_request_spec(*object, spec);
  if (!problem) problem = check_request_spec(spec);
  if (problem) co_return error_reply(unprocessable(std::move(*problem)));
  const auto failure = co_await coordinator.put_config(std::move(name), std::move(spec));
  if (failure) co_return store_failure(failure.what);
  co_return success("Request configuration updated and propagated");
}

Reply get_named(Coordinator& coordinator, std::string name, std::string missing) {
  const auto failure = co_await coordinator.refresh_configs();
  if (failure) co_return store_failure(failure.what);
  const auto found = coordinator.configs().find(name);
  if (found == coordinator.configs().end()) co_return error_reply(404, std::move(missing));
  co_return json_reply(to_json(found->second.spec));
}

Reply post_config(Coordinator& coordinator, const ApiCall& call) {
  co_return co_await put_named(coordinator, call, kDefaultConfig);
}

Reply get_config(Coordinator& coordinator, const ApiCall&) {
  co_return co_await get_named(coordinator, kDefaultConfig, "No request configuration available");
}

Reply list_configs(Coordinator& coordinator, const ApiCall&) {
  const auto failure = co_await coordinator.refresh_configs();
  if (failure) co_return store_failure(failure.what);
  co_return json_reply(json::object{{"configs", configs_json(coordinator)}});
}

bool is_config_name(const std::string& name) {
  constexpr std::size_t kMost = 100;
  return !name.empty() && name.size() <= kMost && std::ranges::all_of(name, [](char c) {
    return proxy::http::is_token_character(c) && c != '%';
  });
}

Reply put_config(Coordinator& coordinator, const ApiCall& call) {
  const auto& name = call.captured.front();
  if (!is_config_name(name)) {
    co_return wrong_path("name",
                         "a name of letters, digits, - _ and . is needed, up to 100 of them");
  }
  co_return co_await put_named(coordinator, call, name);
}

Reply get_config_named(Coordinator& coordinator, const ApiCall& call) {
  const auto& name = call.captured.front();
  co_return co_await get_named(coordinator, name,
                               fmt::format("Request configuration {} not found", name));
}

Reply delete_config(Coordinator& coordinator, const ApiCall& call) {
  const auto& name = call.captured.front();
  const auto refreshed = co_await coordinator.refresh_configs();
  if (refreshed) co_return store_failure(refreshed.what);
  if (!coordinator.configs().contains(name)) {
    co_return error_reply(404, fmt::format("Request configuration {} not found", name));
  }
  const auto failure = co_await coordinator.remove_config(name);
  if (failure) co_return store_failure(failure.what);
  co_return success(fmt::format("Request configuration {} removed", name));
}

Reply get_requests(Coordinator& coordinator, const ApiCall&) {
  co_return json_reply(json::object{{"requests", requests_json(coordinator)}});
}

Reply cancel_request(Coordinator& coordinator, const ApiCall& call) {
  const auto& id = call.captured.front();
  if (!coordinator.cancel(id)) {
    co_return error_reply(404, fmt::format("Request {} is not under way", id));
  }
  co_return success(fmt::format("Request {} cancelled", id));
}

Reply get_pool(Coordinator& coordinator, const ApiCall&) {
  co_return json_reply(pool_json(coordinator));
}

Reply get_stats(Coordinator& coordinator, const ApiCall&) {
  co_return json_reply(stats_json(coordinator));
}

Reply get_history(Coordinator& coordinator, const ApiCall& call) {
  const auto filter = history_filter(call);
  if (!filter) co_return error_reply(filter.error());
  const auto page = co_await coordinator.store().find(*filter);
  if (!page) co_return store_failure(page.error());
  std::string history;
  for (const auto& each : page->records) {
    history += history.empty() ? "" : ",";
    history += to_text(each);
  }
  json::value next;
  if (page->more && !page->records.empty()) {
    next = filter->after_id != 0 ? page->records.back().id : page->records.front().id;
  }
  std::string out = "{\"history\":[" + history;
  out += fmt::format("],\"more\":{},\"next\":{}}}", page->more, json::serialize(next));
  ApiReply reply;
  reply.body = std::move(out);
  co_return reply;
}

Reply get_history_record(Coordinator& coordinator, const ApiCall& call) {
  std::uint64_t id = 0;
  const auto& text = call.captured.front();
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), id);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) {
    co_return wrong_path("id", "a whole number is needed");
  }
  const auto record = co_await coordinator.store().get(id);
  if (!record) co_return store_failure(record.error());
  if (!*record) co_return error_reply(404, fmt::format("Record {} not found", id));
  ApiReply reply;
  reply.body = to_text(**record);
  co_return reply;
}

Reply get_metrics(Coordinator& coordinator, const ApiCall&) {
  co_return ApiReply{200, kMetricsType, metrics_text(coordinator)};
}

Reply get_health(Coordinator& coordinator, const ApiCall&) {
  co_return json_reply(
      json::object{{"status", "ok"}, {"agents_connected", coordinator.pool().connected_agents()}});
}

Reply get_openapi(Coordinator&, const ApiCall&) {
  co_return ApiReply{200, "application/json", openapi_text()};
}

}  // namespace

const std::string* ApiCall::parameter(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return &value;
  }
  return nullptr;
}

ApiReply json_reply(const json::value& value, unsigned status) {
  return {status, "application/json", json::serialize(value)};
}

ApiReply error_reply(const ApiError& error) {
  json::object object;
  if (error.problem) {
    json::array where;
    for (const auto& each : error.problem->where) where.emplace_back(each);
    object["detail"] = json::array{json::object{
        {"loc", std::move(where)}, {"msg", error.problem->what}, {"type", "value_error"}}};
  } else {
    object["detail"] = error.detail;
  }
  if (!error.request_id.empty()) {
    object["request_id"] = error.request_id;
    object["outcome"] = to_string(error.outcome);
  }
  auto reply = json_reply(object, error.status);
  if (error.status == 401) reply.fields.add("WWW-Authenticate", "Bearer");
  return reply;
}

ApiReply error_reply(unsigned status, std::string detail) {
  ApiError error;
  error.status = status;
  error.detail = std::move(detail);
  return error_reply(error);
}

ApiReply executed_reply(const Executed& executed) {
  return executed ? ApiReply{200, "application/json", to_text(*executed)}
                  : error_reply(executed.error());
}

const std::vector<Route>& routes() {
  using enum Guard;
  using enum RouteKind;
  static const std::vector<Route> kRoutes = {
      {"POST", "/api/agents/register", agents, plain, "Register an agent, or tell its addresses",
       "", "Registration", "Status", "401 422 503", register_agent},
      {"GET", "/api/agents", callers, plain, "The agents", "", "", "Agents", "401", get_agents},
      {"GET", "/api/agents/{id}", callers, plain, "One agent", "", "", "Agent", "401 404",
       get_agent},
      {"DELETE", "/api/agents/{id}", callers, plain, "Remove an agent; it does not come back", "",
       "", "Status", "401 404", delete_agent},
      {"POST", "/api/config/request", callers, plain, "Set the default request configuration", "",
       "Request", "Status", "401 422 500", post_config},
      {"GET", "/api/config/request", callers, plain, "The default request configuration", "", "",
       "Request", "401 404 500", get_config},
      {"GET", "/api/config/requests", callers, plain, "The named request configurations", "", "",
       "Configs", "401 500", list_configs},
      {"GET", "/api/config/requests/{name}", callers, plain, "A named request configuration", "",
       "", "Request", "401 404 500", get_config_named},
      {"PUT", "/api/config/requests/{name}", callers, plain, "Set a named request configuration",
       "", "Request", "Status", "401 422 500", put_config},
      {"DELETE", "/api/config/requests/{name}", callers, plain,
       "Remove a named request configuration", "", "", "Status", "401 404 500", delete_config},
      {"GET", "/api/execute", callers, execute, "Execute a request that was configured before",
       "config strategy session agent_id source_ip", "", "Result",
       "400 401 403 404 409 422 503 504", nullptr},
      {"POST", "/api/execute", callers, execute, "Execute a request", "", "Execute", "Result",
       "400 401 403 404 409 422 503 504", nullptr},
      {"POST", "/api/execute/batch", callers, batch,
       "Execute many requests; results come as server-sent events", "", "Batch", "", "401 422",
       nullptr},
      {"GET", "/api/requests", callers, plain, "The requests that are under way", "", "",
       "Requests", "401", get_requests},
      {"DELETE", "/api/requests/{id}", callers, plain, "Cancel a request that is under way", "", "",
       "Status", "401 404", cancel_request},
      {"GET", "/api/pool/status", callers, plain, "The source addresses", "", "", "Pool", "401",
       get_pool},
      {"GET", "/api/stats", callers, plain, "Counters", "", "", "Stats", "401", get_stats},
      {"GET", "/api/history", callers, plain, "Attempts, oldest first", kHistoryQuery, "",
       "History", "401 422 500", get_history},
      {"GET", "/api/history/{id}", callers, plain, "One attempt", "", "", "Record",
       "401 404 422 500", get_history_record},
      {"GET", "/metrics", callers, plain, "Metrics for Prometheus", "", "", "", "401", get_metrics},
      {"GET", "/healthz", open, plain, "Whether it runs", "", "", "Health", "", get_health},
      {"GET", "/openapi.json", open, plain, "This document", "", "", "Document", "", get_openapi},
      {"GET", "/ws/agent/{id}", agents, agent_socket, "An agent's WebSocket", "", "", "",
       "400 401 426", nullptr},
      {"GET", "/ws/monitor", callers, monitor_socket, "A monitor's WebSocket: what changes", "", "",
       "", "400 401 426", nullptr}};
  return kRoutes;
}

Routed find_route(std::string_view method, std::string_view path) {
  Routed routed;
  if (method == "HEAD") method = "GET";
  for (const auto& route : routes()) {
    const auto brace = route.path.find('{');
    std::vector<std::string> captured;
    if (brace == std::string_view::npos) {
      if (route.path != path) continue;
    } else {
      const auto front = route.path.substr(0, brace);
      if (!path.starts_with(front) || path.size() == front.size()) continue;
      const auto rest = path.substr(front.size());
      if (rest.find('/') != std::string_view::npos) continue;
      captured.push_back(percent_decoded(rest, false));
    }
    if (route.method == method) {
      routed.route = &route;
      routed.captured = std::move(captured);
      return routed;
    }
    routed.allowed += routed.allowed.empty() ? "" : ", ";
    routed.allowed += route.method;
  }
  return routed;
}

}  // namespace dispatch::fleet

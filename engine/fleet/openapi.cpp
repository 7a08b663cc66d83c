#include "engine/fleet/openapi.hpp"

#include "engine/fleet/api.hpp"
#include "engine/fleet/openapi_schemas.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace dispatch::fleet {
namespace {

json::object reference(std::string_view schema) {
  return {{"$ref", fmt::format("#/components/schemas/{}", schema)}};
}

json::object content(std::string_view type, json::object schema) {
  return {{"content", {{std::string(type), {{"schema", std::move(schema)}}}}}};
}

json::array parameters_of(const Route& route) {
  json::array parameters;
  if (const auto brace = route.path.find('{'); brace != std::string_view::npos) {
    const auto name = route.path.substr(brace + 1, route.path.find('}') - brace - 1);
    parameters.push_back(json::object{
        {"name", name}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}});
  }
  for (const auto& name : words_of(route.query)) {
    parameters.push_back(
        json::object{{"name", name}, {"in", "query"}, {"schema", {{"type", "string"}}}});
  }
  return parameters;
}

json::object success_of(const Route& route) {
  if (!route.response.empty()) {
    auto answer = content("application/json", reference(route.response));
    answer["description"] = "Success";
    return answer;
  }
  const bool events = route.kind == RouteKind::batch;
  auto answer = content(events ? "text/event-stream" : "text/plain", {{"type", "string"}});
  answer["description"] = events ? "Events: start, result (one for each request), done" : "Success";
  return answer;
}

json::object operation_of(const Route& route) {
  json::object answers;
  const bool is_socket =
      route.kind == RouteKind::agent_socket || route.kind == RouteKind::monitor_socket;
  if (is_socket) {
    answers["101"] = json::object{{"description", "The connection is a WebSocket"}};
  } else {
    answers["200"] = success_of(route);
  }
  for (const auto& status : words_of(route.errors)) {
    auto answer = content("application/json", reference("Error"));
    answer["description"] = "Why not";
    answers[status] = std::move(answer);
  }
  json::object operation{{"summary", route.summary}, {"responses", std::move(answers)}};
  if (auto parameters = parameters_of(route); !parameters.empty()) {
    operation["parameters"] = std::move(parameters);
  }
  if (!route.request.empty()) {
    operation["requestBody"] = content("application/json", reference(route.request));
  }
  if (route.guard != Guard::open) {
    operation["security"] = json::array{
        json::object{{route.guard == Guard::agents ? "agent_token" : "api_token", json::array{}}}};
  }
  return operation;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return static_cast<char>(c - 'A' + 'a'); });
  return out;
}

std::string make_document() {
  json::object paths;
  for (const auto& route : routes()) {
    auto& slot = paths[route.path];
    if (slot.is_null()) slot = json::object{};
    slot.get_object()[lower(route.method)] = operation_of(route);
  }
  const json::object bearer{{"type", "http"}, {"scheme", "bearer"}};
  const json::object document{
      {"openapi", "3.1.0"},
      {"info",
       {{"title", "dispatch coordinator"},
        {"version", "1"},
        {"description", "Has HTTP requests executed from the addresses of many agents"}}},
      {"paths", std::move(paths)},
      {"components",
       {{"schemas", json::parse(kOpenApiSchemas)},
        {"securitySchemes", {{"api_token", bearer}, {"agent_token", bearer}}}}}};
  return json::serialize(document);
}

}  // namespace

const std::string& openapi_text() {
  static const auto kText = make_document();
  return kText;
}

}  // namespace dispatch::fleet

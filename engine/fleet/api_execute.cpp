// What POST /api/execute is given, read.
#include "engine/fleet/api.hpp"
#include "engine/fleet/api_query.hpp"
#include "engine/fleet/target_url.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dispatch::fleet {
namespace {

constexpr std::uint64_t kAttemptsMax = 100;
constexpr std::size_t kRequestIdMax = 128;

// An address in the URL has a family of its own.
std::optional<JsonProblem> check_family(const ExecuteRequest& request) {
  const auto& family = request.wish.family;
  const auto url = parse_target_url(request.spec.url);
  const auto* literal = std::get_if<net::Address>(&url->target.host);
  if (!family || literal == nullptr || *family == net::family_of(*literal)) return std::nullopt;
  return JsonProblem{{"body", "family"}, url->host() + " is of the other family"};
}

}  // namespace

boost::system::result<json::object, ApiError> body_object(const ApiCall& call) {
  if (call.body.empty()) return unprocessable({{"body"}, "Field required"});
  auto value = parse_json(call.body);
  if (!value) return unprocessable({{"body"}, "JSON decode error"});
  if (!value->is_object()) return unprocessable({{"body"}, "an object is needed"});
  return std::move(value->get_object());
}

boost::system::result<ExecuteRequest, ApiError> read_execute_request(const Coordinator& coordinator,
                                                                     const json::object& object) {
  ExecuteRequest request;
  request.attempts = coordinator.options().attempts;
  request.wish.strategy = coordinator.options().strategy;
  JsonReader reader(object, {"body"});
  std::string config;
  std::string strategy;
  std::string family;
  reader.text("config", config);
  reader.text("strategy", strategy);
  reader.text("session", request.wish.session);
  reader.text("agent_id", request.wish.agent_id);
  reader.text("source_ip", request.wish.source_ip);
  reader.text("family", family);
  reader.text("request_id", request.request_id);
  reader.count("attempts", request.attempts, 1, kAttemptsMax);
  reader.seconds("attempt_timeout", request.attempt_timeout, kTimeoutMax);
  if (const auto parsed = parse_strategy(strategy)) {
    request.wish.strategy = *parsed;
  } else if (!strategy.empty()) {
    reader.fail("strategy", "round-robin, weighted, least-busy or sticky is needed");
  } else if (!request.wish.session.empty()) {
    request.wish.strategy = Strategy::sticky;
  }
  if (request.wish.strategy == Strategy::sticky && request.wish.session.empty()) {
    if (!strategy.empty()) reader.fail("session", "the sticky strategy needs one");
    request.wish.strategy = Strategy::round_robin;
  }
  if (family == "ipv4" || family == "ipv6") {
    request.wish.family = family == "ipv4" ? net::Family::v4 : net::Family::v6;
  } else if (!family.empty()) {
    reader.fail("family", "ipv4 or ipv6 is needed");
  }
  if (auto& source = request.wish.source_ip; !source.empty()) {
    const auto address = net::parse_address(source);
    if (address) source = net::to_string(*address);
    if (!address && !net::parse_prefix(source)) reader.fail("source_ip", "an address is needed");
  }
  const auto& id = request.request_id;
  if (id.size() > kRequestIdMax ||
      !std::ranges::all_of(id, [](char c) { return proxy::http::is_token_character(c); })) {
    reader.fail("request_id", "up to 128 letters, digits and - _ . are needed");
  }
  if (reader.problem()) return unprocessable(*reader.problem());

  const auto* url = object.if_contains("url");
  const bool has_url = url != nullptr && !url->is_null();
  if (!config.empty() || !has_url) {
    const auto& name = config.empty() ? kDefaultConfig : config;
    const auto found = coordinator.configs().find(name);
    if (found != coordinator.configs().end()) {
      request.spec = found->second.spec;
    } else if (!config.empty()) {
      return ApiError{404, fmt::format("Request configuration {} not found", config)};
    } else if (object.empty()) {
      return ApiError{400, "No request configuration available"};
    }
  }
  if (auto problem = read_request_spec(object, request.spec)) {
    return unprocessable(std::move(*problem));
  }
  if (auto problem = check_request_spec(request.spec)) return unprocessable(std::move(*problem));
  if (auto problem = check_family(request)) return unprocessable(std::move(*problem));
  return request;
}

boost::system::result<ExecuteRequest, ApiError> execute_request_of(const Coordinator& coordinator,
                                                                   const ApiCall& call) {
  if (call.head.method != "POST") {
    QueryReader query(call);
    query.allow("config strategy session agent_id source_ip");
    if (query.problem) return unprocessable(*query.problem);
    json::object object;
    for (const auto& [name, value] : call.query) object[name] = value;
    if (!object.contains("config") && !coordinator.configs().contains(kDefaultConfig)) {
      return ApiError{400, "No request configuration available"};
    }
    return read_execute_request(coordinator, object);
  }
  if (call.body.empty()) return read_execute_request(coordinator, {});
  const auto object = body_object(call);
  if (!object) return object.error();
  return read_execute_request(coordinator, *object);
}

}  // namespace dispatch::fleet

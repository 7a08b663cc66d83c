#include "engine/control/request.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace dispatch::control {
namespace {

namespace js = boost::json;

js::object parse(std::string_view text) {
  boost::system::error_code error;
  js::parse_options options;
  options.max_depth = 4;
  auto value = js::parse(text, error, {}, options);
  if (error || !value.is_object()) throw net::ConfigError("a request is a JSON object on one line");
  return std::move(value.as_object());
}

std::string_view text_of(const js::object& request, std::string_view key) {
  const auto* value = request.if_contains(key);
  if (value == nullptr || !value->is_string()) {
    throw net::ConfigError(fmt::format("\"{}\" is missing, or is no text", key));
  }
  return value->get_string();
}

// Whole and not negative.
std::optional<std::uint64_t> number_of(const js::object& request, std::string_view key) {
  const auto* value = request.if_contains(key);
  if (value == nullptr) return std::nullopt;
  boost::system::error_code error;
  const auto number = value->to_number<std::uint64_t>(error);
  if (error) throw net::ConfigError(fmt::format("\"{}\" is no whole number", key));
  return number;
}

std::string change_link(Controller& controller, const js::object& request) {
  const auto name = text_of(request, "name");
  const auto* enabled = request.if_contains("enabled");
  const auto weight = number_of(request, "weight");
  if (weight && enabled == nullptr) {
    controller.set_weight(name, *weight);
    return fmt::format("{} has weight {}", name, *weight);
  }
  if (weight || enabled == nullptr || !enabled->is_bool()) {
    throw net::ConfigError(
        "what is to change is missing: \"enabled\": true or false, or "
        "\"weight\": N");
  }
  controller.switch_link(name, enabled->get_bool());
  return fmt::format("{} is {}", name, enabled->get_bool() ? "on" : "off");
}

net::Task<js::value> carry_out(Controller& controller, std::string text) {
  const auto request = parse(text);
  const auto what = text_of(request, "do");
  if (what == "status") {
    const auto status = co_await controller.status();
    co_return to_json(status);
  }
  if (what == "connections") {
    const auto most = std::min<std::uint64_t>(number_of(request, "most").value_or(kConnectionsMax),
                                              kConnectionsMax);
    const auto connections = co_await controller.connections(most);
    js::object found;
    found["connections"] = to_json(connections);
    co_return found;
  }
  if (what == "history") co_return history_json(controller.links(), controller.rates());
  js::object done;
  if (what == "link") {
    done["done"] = change_link(controller, request);
  } else if (what == "reload") {
    done["done"] = controller.reload();
  } else {
    throw net::ConfigError(
        fmt::format("\"{}\" is none of status, history, connections, link and reload", what));
  }
  co_return done;
}

}  // namespace

net::Task<std::string> answer(Controller& controller, std::string request) {
  std::string wrong;
  try {
    const auto done = co_await carry_out(controller, std::move(request));
    co_return js::serialize(done);
  } catch (const boost::system::system_error& error) {
    if (net::is_cancelled(error.code())) throw;
    wrong = error.what();
  } catch (const std::runtime_error& error) {
    wrong = error.what();
  }
  js::object answered;
  answered["error"] = wrong;
  co_return js::serialize(answered);
}

}  // namespace dispatch::control

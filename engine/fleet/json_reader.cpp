#include "engine/fleet/json_reader.hpp"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <cmath>

namespace dispatch::fleet {
namespace {

constexpr std::size_t kDepthMax = 32;

std::optional<std::string> scalar(const json::value& value) {
  if (value.is_string()) return std::string(value.get_string());
  if (value.is_bool()) return value.get_bool() ? "true" : "false";
  if (value.is_number()) return json::serialize(value);
  if (value.is_null()) return std::string();
  return std::nullopt;
}

}  // namespace

std::string JsonProblem::line() const {
  std::string line;
  for (const auto& each : where) {
    if (&each == &where.front() && each == "body") continue;
    line += line.empty() ? each : "." + each;
  }
  return line.empty() ? what : line + ": " + what;
}

std::optional<json::value> parse_json(std::string_view text) {
  json::parse_options options;
  options.max_depth = kDepthMax;
  boost::system::error_code error;
  auto value = json::parse(json::string_view(text.data(), text.size()), error,
                           json::make_shared_resource<json::monotonic_resource>(), options);
  if (error) return std::nullopt;
  return value;
}

const json::value* JsonReader::find(std::string_view key) const {
  if (problem_) return nullptr;
  const auto* value = object_.if_contains({key.data(), key.size()});
  return value == nullptr || value->is_null() ? nullptr : value;
}

void JsonReader::fail(std::string_view key, std::string what) {
  if (problem_) return;
  auto where = where_;
  if (!key.empty()) where.emplace_back(key);
  problem_ = JsonProblem{std::move(where), std::move(what)};
}

bool JsonReader::require(std::string_view key) {
  if (find(key) != nullptr) return true;
  fail(key, "Field required");
  return false;
}

void JsonReader::text(std::string_view key, std::string& value) {
  const auto* found = find(key);
  if (found == nullptr) return;
  if (!found->is_string()) return fail(key, "a text is needed");
  value = std::string(found->get_string());
}

void JsonReader::truth(std::string_view key, bool& value) {
  const auto* found = find(key);
  if (found == nullptr) return;
  if (!found->is_bool()) return fail(key, "true or false is needed");
  value = found->get_bool();
}

void JsonReader::count(std::string_view key, std::uint64_t& value, std::uint64_t low,
                       std::uint64_t high) {
  const auto* found = find(key);
  if (found == nullptr) return;
  boost::system::error_code error;
  const auto number = found->to_number<std::uint64_t>(error);
  if (error || number < low || number > high) {
    return fail(key, fmt::format("a whole number from {} to {} is needed", low, high));
  }
  value = number;
}

void JsonReader::seconds(std::string_view key, net::Duration& value, net::Duration most) {
  const auto* found = find(key);
  if (found == nullptr) return;
  boost::system::error_code error;
  const auto number = found->to_number<double>(error);
  const auto most_seconds = std::chrono::duration<double>(most).count();
  if (error || !std::isfinite(number) || number <= 0 || number > most_seconds) {
    return fail(key,
                fmt::format("a number of seconds above 0 and up to {} is needed", most_seconds));
  }
  value = std::chrono::duration_cast<net::Duration>(std::chrono::duration<double>(number));
}

void JsonReader::pairs(std::string_view key, Pairs& value) {
  const auto* found = find(key);
  if (found == nullptr) return;
  if (!found->is_object()) return fail(key, "an object of texts is needed");
  value.clear();
  for (const auto& [name, each] : found->get_object()) {
    if (each.is_array()) {
      for (const auto& member : each.get_array()) {
        auto one = scalar(member);
        if (!one) return fail(key, fmt::format("{}: texts are needed", std::string(name)));
        value.emplace_back(std::string(name), std::move(*one));
      }
      continue;
    }
    auto one = scalar(each);
    if (!one) return fail(key, fmt::format("{}: a text is needed", std::string(name)));
    value.emplace_back(std::string(name), std::move(*one));
  }
}

void JsonReader::texts(std::string_view key, std::vector<std::string>& value) {
  const auto* found = find(key);
  if (found == nullptr) return;
  if (!found->is_array()) return fail(key, "a list of texts is needed");
  value.clear();
  for (const auto& each : found->get_array()) {
    if (!each.is_string()) return fail(key, "a list of texts is needed");
    value.emplace_back(each.get_string());
  }
}

json::object to_json(const Pairs& pairs) {
  json::object object;
  for (const auto& [name, value] : pairs) {
    auto& slot = object[name];
    if (slot.is_null()) {
      slot = value;
    } else if (slot.is_array()) {
      slot.get_array().emplace_back(value);
    } else {
      slot = json::array{slot, json::value(value)};
    }
  }
  return object;
}

}  // namespace dispatch::fleet

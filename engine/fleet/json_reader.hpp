// Objects of JSON that others sent, read key by key.
#pragma once

#include "engine/net/time.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dispatch::fleet {

namespace json = boost::json;

using Pairs = std::vector<std::pair<std::string, std::string>>;

// What is wrong with a value, and where: {"body", "url"}.
struct JsonProblem {
  std::vector<std::string> where;
  std::string what;

  // "url: a text is needed".
  std::string line() const;
};

// The text as JSON, or nothing: not deeper than 32, duplicate keys: the last one counts.
std::optional<json::value> parse_json(std::string_view text);

// Reads keys into values that have their defaults already: a key that is not there, or null,
// leaves them. The first problem is kept, and nothing is read after it.
class JsonReader {
 public:
  JsonReader(const json::object& object, std::vector<std::string> where)
      : object_(object), where_(std::move(where)) {}

  void text(std::string_view key, std::string& value);
  void truth(std::string_view key, bool& value);
  // A whole number within these.
  void count(std::string_view key, std::uint64_t& value, std::uint64_t low, std::uint64_t high);
  // Seconds, with a fraction.
  void seconds(std::string_view key, net::Duration& value, net::Duration most);
  // An object of texts; numbers and truths are taken as their texts, lists as several pairs.
  void pairs(std::string_view key, Pairs& value);
  void texts(std::string_view key, std::vector<std::string>& value);

  // Null where it is not there, or null.
  const json::value* find(std::string_view key) const;
  bool require(std::string_view key);
  void fail(std::string_view key, std::string what);

  const std::optional<JsonProblem>& problem() const { return problem_; }

 private:
  const json::object& object_;
  std::vector<std::string> where_;
  std::optional<JsonProblem> problem_;
};

json::object to_json(const Pairs& pairs);

}  // namespace dispatch::fleet

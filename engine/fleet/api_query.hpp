// Queries of calls: their parameters, read one by one.
#pragma once

#include "engine/fleet/api.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::fleet {

// The name of the configuration that the original had as its only one.
inline constexpr auto kDefaultConfig = "default";

// 422: what is wrong, and where.
ApiError unprocessable(JsonProblem problem);

// The parts of a text between separators, without empty ones.
std::vector<std::string> parts_of(std::string_view text, char separator);

// %XX taken off.
std::string percent_decoded(std::string_view text, bool plus_is_blank);

// The first problem is kept.
class QueryReader {
 public:
  explicit QueryReader(const ApiCall& call) : call_(call) {}

  // Only these are known: a name that is written wrong would otherwise show everything.
  void allow(std::string_view names);
  void text(std::string_view name, std::string& value);
  std::optional<std::uint64_t> count(std::string_view name);
  std::optional<bool> truth(std::string_view name);
  std::optional<net::WallTime> time(std::string_view name);
  void fail(std::string_view name, std::string what);

  std::optional<JsonProblem> problem;

 private:
  const ApiCall& call_;
};

}  // namespace dispatch::fleet

#include "sim/scenario/error.hpp"

#include <fmt/format.h>

#include <utility>

namespace dispatch::scenario {
namespace {

const std::string& file_of(const std::string& own, const Position& position) {
  return position.file ? *position.file : own;
}

std::string line_of(const std::string& own, const Position& position, const std::string& message) {
  if (position.line == 0) return fmt::format("{}: {}", file_of(own, position), message);
  return place_of(own, position) + message;
}

}  // namespace

ScenarioError::ScenarioError(const std::string& file, const Position& position, std::string message)
    : net::ConfigError(line_of(file, position, message)),
      file_(file_of(file, position)),
      position_{position.line, position.column, {}},
      message_(std::move(message)) {}

std::string place_of(const std::string& own, const Position& position) {
  const auto& file = file_of(own, position);
  if (position.line != 0) return fmt::format("{}:{}:{}: ", file, position.line, position.column);
  return position.file ? file + ": " : "";
}

}  // namespace dispatch::scenario

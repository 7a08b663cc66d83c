#include "sim/scenario/error.hpp"

#include <fmt/format.h>

#include <utility>

namespace dispatch::scenario {
namespace {

std::string line_of(const std::string& file, Position position, const std::string& message) {
  if (position.line == 0) return fmt::format("{}: {}", file, message);
  return fmt::format("{}:{}:{}: {}", file, position.line, position.column, message);
}

}  // namespace

ScenarioError::ScenarioError(std::string file, Position position, std::string message)
    : net::ConfigError(line_of(file, position, message)),
      file_(std::move(file)),
      position_(position),
      message_(std::move(message)) {}

}  // namespace dispatch::scenario

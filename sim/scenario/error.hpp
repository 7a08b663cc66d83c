// Where something stands in a scenario file, and what is wrong there.
#pragma once

#include "engine/net/config_error.hpp"

#include <memory>
#include <string>

namespace dispatch::scenario {

// Counted from 1. Line 0: made by a program, not read from a file.
struct Position {
  int line = 0;
  int column = 0;
  std::shared_ptr<const std::string> file{};  // null: the scenario's own

  friend bool operator==(const Position&, const Position&) = default;
};

// what() is one line: "FILE:LINE:COLUMN: what was found, what would be right".
class ScenarioError : public net::ConfigError {
 public:
  // `file` is the scenario's own.
  ScenarioError(const std::string& file, const Position& position, std::string message);

  const std::string& file() const { return file_; }
  const Position& position() const { return position_; }
  const std::string& message() const { return message_; }  // without the place

 private:
  std::string file_;
  Position position_;
  std::string message_;
};

// "FILE:LINE:COLUMN: "; without a place, nothing or the file alone where it is not `own`.
std::string place_of(const std::string& own, const Position& position);

}  // namespace dispatch::scenario

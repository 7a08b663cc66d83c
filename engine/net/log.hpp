// What the engine says while it works. The world stamps each line with its own time and decides
// where it goes (a file, standard output, a simulation's event log, nowhere).
#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace dispatch::net {

enum class LogLevel : std::uint8_t { debug, info, warning, error };

std::string_view to_string(LogLevel level);  // "warning"
std::optional<LogLevel> parse_log_level(std::string_view text);

class Log {
 public:
  virtual ~Log() = default;

  virtual bool wants(LogLevel level) const = 0;
  virtual void write(LogLevel level, std::string_view line) = 0;

  template <typename... Args>
  void debug(fmt::format_string<Args...> format, Args&&... args) {
    print(LogLevel::debug, format, std::forward<Args>(args)...);
  }
  template <typename... Args>
  void info(fmt::format_string<Args...> format, Args&&... args) {
    print(LogLevel::info, format, std::forward<Args>(args)...);
  }
  template <typename... Args>
  void warning(fmt::format_string<Args...> format, Args&&... args) {
    print(LogLevel::warning, format, std::forward<Args>(args)...);
  }
  template <typename... Args>
  void error(fmt::format_string<Args...> format, Args&&... args) {
    print(LogLevel::error, format, std::forward<Args>(args)...);
  }

 private:
  template <typename... Args>
  void print(LogLevel level, fmt::format_string<Args...> format, Args&&... args) {
    if (wants(level)) write(level, fmt::format(format, std::forward<Args>(args)...));
  }
};

// Says nothing.
class NullLog : public Log {
 public:
  bool wants(LogLevel) const override { return false; }
  void write(LogLevel, std::string_view) override {}
};

}  // namespace dispatch::net

// `dispatch coordinator` and `dispatch agent`: until a signal.
#pragma once

#include "cli/fleet/fleet_options.hpp"

namespace dispatch::cli {

int run_coordinator(const CoordinatorArguments& arguments, net::Log& log);
int run_agent(const AgentArguments& arguments, net::Log& log);

// Leaves out what is below a level.
class LogFilter : public net::Log {
 public:
  LogFilter(net::Log& log, net::LogLevel level) : log_(log), level_(level) {}
  bool wants(net::LogLevel level) const override { return level >= level_ && log_.wants(level); }
  void write(net::LogLevel level, std::string_view line) override {
    if (wants(level)) log_.write(level, line);
  }

 private:
  net::Log& log_;
  net::LogLevel level_;
};

}  // namespace dispatch::cli

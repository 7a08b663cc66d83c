// The commands that talk to a dispatch that runs: status, connections, link, reload.
#pragma once

#include <string>

namespace dispatch::cli {

struct ControlArguments {
  std::string socket{};  // of --control; empty: where there is one
  std::string request;   // control/request.hpp
  bool json = false;     // the answer as it is
};

// The requests of `dispatch link NAME CHANGE [VALUE]`; throws UsageError.
std::string link_request(const std::string& name, const std::string& change,
                         const std::string& value);

// Throws RuntimeError where nothing runs, or where it says no.
int run_control(const ControlArguments& arguments);

}  // namespace dispatch::cli

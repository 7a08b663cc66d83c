// The commands that talk to a dispatch that runs: status, connections, link, reload, top.
#pragma once

#include <chrono>
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

// What whoever runs answers, within `patience`; `socket` as above. Throws RuntimeError where nobody
// does.
std::string ask_dispatch(const std::string& socket, const std::string& request,
                         std::chrono::milliseconds patience);

// Throws RuntimeError where nothing runs, or where it says no.
int run_control(const ControlArguments& arguments);

}  // namespace dispatch::cli

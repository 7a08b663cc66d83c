// A closer look at one thing, as lines that can be scrolled.
#pragma once

#include "cli/monitor/fleet_state.hpp"
#include "cli/screen/data_table.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <vector>

namespace dispatch::cli::monitor {

struct DetailLine {
  std::string text{};
  screen::Tint tint = screen::Tint::none;
  bool bold = false;
};

struct Detail {
  std::string title;
  std::vector<DetailLine> lines;
};

// A result of POST /api/execute, or a record of the history (which knows its method and URL).
Detail detail_of_result(const boost::json::object& result);
// What the coordinator answered in place of a result: {"detail": ...}.
Detail detail_of_refusal(unsigned status, const std::string& body);
Detail detail_of_agent(const AgentRow& agent, const FleetState& state);

}  // namespace dispatch::cli::monitor

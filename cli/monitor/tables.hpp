// The tables of the monitor: their columns, and rows of what is known of the fleet.
#pragma once

#include "cli/monitor/fleet_state.hpp"
#include "cli/screen/data_table.hpp"

#include <string>
#include <vector>

namespace dispatch::cli::monitor {

const std::vector<screen::Column>& agent_columns();
const std::vector<screen::Column>& pool_columns();
const std::vector<screen::Column>& history_columns();

std::vector<screen::Row> agent_rows(const FleetState& state);
std::vector<screen::Row> pool_rows(const FleetState& state);
std::vector<screen::Row> history_rows(const FleetState& state);

// "12:00:00" of "2026-01-31T12:00:00.123456"; empty: "-".
std::string time_of_day(const std::string& time);
// Without "http://", which takes room and says little; other schemes stay.
std::string short_url(const std::string& url);
// "8.3 ms", "1.25 s".
std::string format_milliseconds(double milliseconds);
// "200", or the outcome where there was no answer; and how it is coloured.
screen::Cell result_cell(const Record& record);

}  // namespace dispatch::cli::monitor

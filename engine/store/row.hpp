// A record as a row of a table: what is looked for in columns, and all of it as JSON.
#pragma once

#include "engine/fleet/history.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace dispatch::store {

using Value = std::variant<std::int64_t, std::string>;

// The columns of table `records` behind `id`, in the order of row_of().
inline constexpr std::string_view kColumns =
    "started, request_id, final, method, url, agent_id, source_ip, status_code, success, outcome, "
    "record";

std::vector<Value> row_of(const fleet::HistoryRecord& record);

// None: the text is none of ours.
std::optional<fleet::HistoryRecord> record_of(std::uint64_t id, std::string_view text);

std::int64_t microseconds(net::WallTime time);

// What stands behind WHERE, with a place for each value: "?" and, where `numbered`, "$1", "$2".
struct Condition {
  std::string text;
  std::vector<Value> values;
};
Condition condition_of(const fleet::HistoryFilter& filter, bool numbered);

std::optional<fleet::NamedConfig> config_of(std::string name, std::string_view spec,
                                            std::int64_t updated);

}  // namespace dispatch::store

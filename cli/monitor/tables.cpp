#include "cli/monitor/tables.hpp"

#include <fmt/format.h>

namespace dispatch::cli::monitor {
namespace {

using screen::Cell;
using screen::Row;
using screen::Tint;

Cell count(std::uint64_t value, Tint tint = Tint::none) {
  return {std::to_string(value), static_cast<double>(value), tint};
}
Cell failures(std::uint64_t value) {
  return count(value, value == 0 ? Tint::none : Tint::warning);
}

Tint tint_of_status(const std::string& status) {
  if (status == "active") return Tint::good;
  return status == "inactive" ? Tint::warning : Tint::bad;
}

}  // namespace

const std::vector<screen::Column>& agent_columns() {
  static const std::vector<screen::Column> kColumns{{"AGENT"},
                                                    {"HOST"},
                                                    {"STATUS", 13},
                                                    {"IPS", 6, true},
                                                    {"BUSY", 6, true},
                                                    {"REQUESTS", 10, true},
                                                    {"FAILED", 8, true},
                                                    {"SEEN (UTC)", 11, true},
                                                    {"WEIGHT", 8, true, true}};
  return kColumns;
}

const std::vector<screen::Column>& pool_columns() {
  static const std::vector<screen::Column> kColumns{{"ADDRESS"},
                                                    {"AGENT"},
                                                    {"STATUS", 12},
                                                    {"BUSY", 6, true},
                                                    {"REQUESTS", 10, true},
                                                    {"FAILED", 8, true},
                                                    {"USED (UTC)", 11, true}};
  return kColumns;
}

const std::vector<screen::Column>& history_columns() {
  static const std::vector<screen::Column> kColumns{
      {"UTC", 9},      {"RESULT", 13},   {"METHOD", 8}, {"URL"}, {"AGENT", 18, false, true},
      {"ADDRESS", 16}, {"TOOK", 9, true}};
  return kColumns;
}

std::vector<Row> agent_rows(const FleetState& state) {
  std::vector<Row> rows;
  for (const auto& [id, agent] : state.agents()) {
    rows.push_back({id,
                    {{id},
                     {agent.host},
                     {agent.status, {}, tint_of_status(agent.status)},
                     count(agent.addresses.size()),
                     count(agent.in_flight),
                     count(agent.requests),
                     failures(agent.failures),
                     {time_of_day(agent.last_seen)},
                     count(agent.weight)}});
  }
  return rows;
}

std::vector<Row> pool_rows(const FleetState& state) {
  std::vector<Row> rows;
  for (const auto& [key, address] : state.pool()) {
    rows.push_back({key,
                    {{address.address},
                     {address.agent},
                     {address.available ? "available" : "unavailable",
                      {},
                      address.available ? Tint::good : Tint::bad},
                     count(address.in_flight),
                     count(address.requests),
                     failures(address.failures),
                     {time_of_day(address.last_used)}}});
  }
  return rows;
}

std::vector<Row> history_rows(const FleetState& state) {
  std::vector<Row> rows;
  for (const auto& record : state.history()) {
    rows.push_back({record.key,
                    {{time_of_day(record.started)},
                     result_cell(record),
                     {record.method},
                     {short_url(record.url)},
                     {record.agent},
                     {record.address},
                     {format_milliseconds(record.duration_ms), record.duration_ms}}});
  }
  return rows;
}

std::string time_of_day(const std::string& time) {
  constexpr std::size_t kDate = 11;  // "2026-01-31T"
  constexpr std::size_t kTime = 8;
  return time.size() < kDate + kTime ? "-" : time.substr(kDate, kTime);
}

std::string short_url(const std::string& url) {
  constexpr std::string_view kUsual = "http://";
  return url.starts_with(kUsual) ? url.substr(kUsual.size()) : url;
}

std::string format_milliseconds(double milliseconds) {
  if (milliseconds < 10) return fmt::format("{:.1f} ms", milliseconds);
  if (milliseconds < 1000) return fmt::format("{:.0f} ms", milliseconds);
  return fmt::format("{:.2f} s", milliseconds / 1000);
}

Cell result_cell(const Record& record) {
  if (!record.success) return {record.outcome, {}, Tint::bad};
  return {std::to_string(record.status_code),
          {},
          record.status_code < 400 ? Tint::good : Tint::warning};
}

}  // namespace dispatch::cli::monitor

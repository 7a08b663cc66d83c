#include "engine/store/row.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace dispatch::store {
namespace {

// % and _ by themselves, and the escape.
std::string like_pattern(std::string_view part) {
  std::string pattern = "%";
  for (const char c : part) {
    if (c == '%' || c == '_' || c == '\\') pattern.push_back('\\');
    pattern.push_back(c);
  }
  return pattern + "%";
}

}  // namespace

std::int64_t microseconds(net::WallTime time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

std::vector<Value> row_of(const fleet::HistoryRecord& record) {
  const auto& result = record.result;
  return {microseconds(record.started),
          record.request_id,
          std::int64_t{record.final ? 1 : 0},
          record.method,
          record.url,
          result.agent_id,
          result.source_ip,
          static_cast<std::int64_t>(result.status_code),
          std::int64_t{result.success() ? 1 : 0},
          std::string(to_string(result.outcome)),
          to_text(record)};
}

std::optional<fleet::HistoryRecord> record_of(std::uint64_t id, std::string_view text) {
  const auto value = fleet::parse_json(text);
  if (!value || !value->is_object()) return std::nullopt;
  auto record = fleet::read_history_record(value->get_object());
  if (record) record->id = id;
  return record;
}

Condition condition_of(const fleet::HistoryFilter& filter, bool numbered) {
  Condition condition;
  const auto add = [&](std::string_view what, Value value, std::string_view behind = "") {
    condition.values.push_back(std::move(value));
    condition.text += condition.text.empty() ? "" : " AND ";
    condition.text += fmt::format(
        "{} {}{}", what, numbered ? fmt::format("${}", condition.values.size()) : "?", behind);
  };
  if (!filter.agent_id.empty()) add("agent_id =", filter.agent_id);
  if (!filter.source_ip.empty()) add("source_ip =", filter.source_ip);
  if (!filter.request_id.empty()) add("request_id =", filter.request_id);
  if (!filter.method.empty()) add("method =", filter.method);
  if (!filter.url_part.empty()) add("url LIKE", like_pattern(filter.url_part), " ESCAPE '\\'");
  if (filter.status_code) add("status_code =", static_cast<std::int64_t>(*filter.status_code));
  if (filter.success) add("success =", std::int64_t{*filter.success ? 1 : 0});
  if (filter.outcome) add("outcome =", std::string(to_string(*filter.outcome)));
  if (filter.since) add("started >=", microseconds(*filter.since));
  if (filter.until) add("started <", microseconds(*filter.until));
  if (filter.before_id != 0) add("id <", static_cast<std::int64_t>(filter.before_id));
  if (filter.after_id != 0) add("id >", static_cast<std::int64_t>(filter.after_id));
  if (filter.final_only) add("final =", std::int64_t{1});
  if (condition.text.empty()) condition.text = "1 = 1";
  return condition;
}

std::optional<fleet::NamedConfig> config_of(std::string name, std::string_view spec,
                                            std::int64_t updated) {
  fleet::NamedConfig config;
  config.name = std::move(name);
  config.updated = net::WallTime(std::chrono::microseconds(updated));
  const auto value = fleet::parse_json(spec);
  if (!value || !value->is_object()) return std::nullopt;
  if (read_request_spec(value->get_object(), config.spec)) return std::nullopt;
  return config;
}

}  // namespace dispatch::store

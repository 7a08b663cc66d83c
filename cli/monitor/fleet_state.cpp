#include "cli/monitor/fleet_state.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value_to.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

namespace dispatch::cli::monitor {
namespace {

namespace js = boost::json;

std::string text(const js::object& of, const char* key) {
  const auto& value = of.at(key);
  return value.is_null() ? "" : std::string(value.as_string());
}
std::uint64_t number(const js::object& of, const char* key) {
  const auto& value = of.at(key);
  return value.is_null() ? 0 : value.to_number<std::uint64_t>();
}

AgentRow agent_row(const js::object& of) {
  AgentRow row;
  row.id = text(of, "agent_id");
  row.host = text(of, "hostname");
  for (const auto& each : of.at("ipv6_addresses").as_array()) {
    row.addresses.emplace_back(each.as_string());
  }
  row.status = text(of, "status");
  row.last_seen = text(of, "last_seen");
  row.requests = number(of, "requests_processed");
  row.failures = number(of, "requests_failed");
  row.in_flight = number(of, "in_flight");
  row.weight = number(of, "weight");
  return row;
}

AddressRow address_row(const js::object& of) {
  AddressRow row;
  row.address = text(of, "ip");
  row.agent = text(of, "agent_id");
  row.last_used = text(of, "last_used");
  row.requests = number(of, "requests_count");
  row.failures = number(of, "requests_failed");
  row.in_flight = number(of, "in_flight");
  row.available = text(of, "status") == "available";
  return row;
}

std::string pool_key(const std::string& agent, const std::string& address) {
  return agent + ' ' + address;
}

RequestRow request_row(const js::object& of) {
  return {text(of, "request_id"), text(of, "method"),
          text(of, "url"),        text(of, "started"),
          text(of, "agent_id"),   text(of, "source_ip"),
          number(of, "attempt"),  text(of, "state") == "waiting"};
}

ConfigRow config_row(const js::object& of) {
  return {text(of, "name"), text(of, "method"), text(of, "url")};
}

template <typename Row>
std::vector<Row> rows(const js::value& array, Row (*row)(const js::object&)) {
  std::vector<Row> found;
  for (const auto& each : array.as_array()) found.push_back(row(each.as_object()));
  return found;
}

std::map<std::string, AgentRow> agents_of(const js::value& array) {
  std::map<std::string, AgentRow> found;
  for (auto& row : rows(array, agent_row)) {
    auto id = row.id;
    found[std::move(id)] = std::move(row);
  }
  return found;
}

std::map<std::string, AddressRow> pool_of(const js::value& array) {
  std::map<std::string, AddressRow> found;
  for (auto& row : rows(array, address_row)) {
    auto key = pool_key(row.agent, row.address);
    found[std::move(key)] = std::move(row);
  }
  return found;
}

Stats stats_of(const js::object& of) {
  Stats stats;
  stats.uptime_s = of.at("uptime_seconds").to_number<double>();
  stats.executed = number(of, "requests_executed");
  stats.attempts = number(of, "total_requests_processed");
  stats.executing = number(of, "requests_executing");
  stats.waiting = number(of, "requests_waiting");
  stats.repeats = number(of, "repeats");
  return stats;
}

// Newest first; times are texts that sort as they are.
bool is_newer(const Record& a, const Record& b) {
  return std::tie(a.started, a.key) > std::tie(b.started, b.key);
}

}  // namespace

Record read_record(const js::object& object) {
  Record record;
  const auto& metadata = object.at("metadata").as_object();
  record.id = number(object, "id");
  record.started = text(object, "started");
  record.method = text(object, "method");
  record.url = text(object, "url");
  record.agent = text(metadata, "agent_id");
  record.address = text(metadata, "source_ip");
  record.outcome = text(object, "outcome");
  record.status_code = number(object, "status_code");
  record.duration_ms = object.at("total_ms").to_number<double>();
  record.success = object.at("success").as_bool();
  record.is_final = object.at("final").as_bool();
  // The feed tells records before the store has given them an id.
  record.key = fmt::format("{} {} {} {}", record.started, text(object, "coordinator"),
                           text(object, "request_id"), number(object, "attempt"));
  record.whole = object;
  return record;
}

void FleetState::take(std::string_view message) {
  const auto value = js::parse({message.data(), message.size()});
  const auto& object = value.as_object();
  const auto type = text(object, "type");
  if (type == "snapshot") {
    take_snapshot(object);
  } else if (type == "agents") {
    for (auto& row : rows(object.at("agents"), agent_row)) agents_[row.id] = row;
    for (const auto& id : object.at("removed").as_array())
      agents_.erase(js::value_to<std::string>(id));
  } else if (type == "pool") {
    for (auto& row : rows(object.at("ip_pool"), address_row)) {
      pool_[pool_key(row.agent, row.address)] = row;
    }
    for (const auto& each : object.at("removed").as_array()) {
      const auto& gone = each.as_object();
      pool_.erase(pool_key(text(gone, "agent_id"), text(gone, "ip")));
    }
  } else if (type == "stats") {
    take_stats(object.at("stats").as_object());
  } else if (type == "configs") {
    configs_ = rows(object.at("configs"), config_row);
  } else if (type == "requests") {
    requests_ = rows(object.at("requests"), request_row);
  } else if (type == "history") {
    (void)add_records(object.at("history").as_array());
  }
}

void FleetState::take_snapshot(const js::object& message) {
  auto agents = agents_of(message.at("agents"));
  auto pool = pool_of(message.at("pool").as_object().at("ip_pool"));
  auto configs = rows(message.at("configs"), config_row);
  auto requests = rows(message.at("requests"), request_row);
  take_stats(message.at("stats").as_object());
  (void)add_records(message.at("history").as_array());
  agents_ = std::move(agents);
  pool_ = std::move(pool);
  configs_ = std::move(configs);
  requests_ = std::move(requests);
  known_ = true;
}

std::size_t FleetState::take_history(const js::object& page) {
  return add_records(page.at("history").as_array());
}

void FleetState::take_agents(const js::object& answer) {
  agents_ = agents_of(answer.at("agents"));
}

void FleetState::take_pool(const js::object& answer) {
  pool_ = pool_of(answer.at("ip_pool"));
}

void FleetState::take_stats(const js::object& stats) {
  const auto before = std::exchange(stats_, stats_of(stats));
  measure(before);
}

// What ended since the word before is counted in the second of this word.
void FleetState::measure(const Stats& before) {
  const auto second = [](const Stats& of) { return std::floor(of.uptime_s); };
  const bool goes_on = before.uptime_s > 0 && stats_.uptime_s >= before.uptime_s &&
                       stats_.attempts >= before.attempts;
  if (!goes_on) {  // the first word, or that of a coordinator that was started again
    per_second_.assign(1, 0);
    return;
  }
  const auto passed = static_cast<std::size_t>(
      std::min(second(stats_) - second(before), static_cast<double>(kSeconds)));
  per_second_.insert(per_second_.end(), passed, 0);
  per_second_.back() += stats_.attempts - before.attempts;
  if (per_second_.size() > kSeconds) {
    per_second_.erase(per_second_.begin(),
                      per_second_.end() - static_cast<std::ptrdiff_t>(kSeconds));
  }
}

double FleetState::rate() const {
  constexpr std::size_t kSpan = 10;
  // The second that goes on is not whole.
  if (per_second_.size() < 2) return 0;
  const auto whole = per_second_.size() - 1;
  const auto count = std::min(whole, kSpan);
  std::uint64_t sum = 0;
  for (auto i = whole - count; i < whole; ++i) sum += per_second_[i];
  return static_cast<double>(sum) / static_cast<double>(count);
}

std::size_t FleetState::add_records(const js::array& records) {
  std::vector<Record> read;
  for (const auto& each : records) read.push_back(read_record(each.as_object()));
  std::size_t added = 0;
  for (auto& record : read) {
    const auto place = std::ranges::lower_bound(history_, record, is_newer);
    if (place != history_.end() && place->key == record.key) {
      if (record.id != 0) *place = std::move(record);
      continue;
    }
    history_.insert(place, std::move(record));
    ++added;
  }
  // The oldest go; where there are pages of old ones, they can be had again.
  while (history_.size() > kRecordsMax) history_.pop_back();
  return added;
}

}  // namespace dispatch::cli::monitor

#include "engine/fleet/history.hpp"

#include <algorithm>

namespace dispatch::fleet {
namespace {

bool fits(const HistoryRecord& record, const HistoryFilter& filter) {
  const auto& result = record.result;
  const auto same = [](const std::string& wanted, const std::string& have) {
    return wanted.empty() || wanted == have;
  };
  return same(filter.agent_id, result.agent_id) && same(filter.source_ip, result.source_ip) &&
         same(filter.request_id, record.request_id) && same(filter.method, record.method) &&
         (filter.url_part.empty() || record.url.find(filter.url_part) != std::string::npos) &&
         (!filter.status_code || *filter.status_code == result.status_code) &&
         (!filter.success || *filter.success == result.success()) &&
         (!filter.outcome || *filter.outcome == result.outcome) &&
         (!filter.since || record.started >= *filter.since) &&
         (!filter.until || record.started < *filter.until) &&
         (filter.before_id == 0 || record.id < filter.before_id) && record.id > filter.after_id &&
         (!filter.final_only || record.final);
}

}  // namespace

std::string to_text(const HistoryRecord& record) {
  std::string out;
  JsonObjectWriter object(out);
  write(object, record.result);
  object.count("id", record.id);
  object.text("coordinator", record.coordinator);
  object.count("attempt", record.attempt);
  object.truth("final", record.final);
  object.text("started", iso_time(record.started));
  object.text("method", record.method);
  object.text("url", record.url);
  object.pairs("request_headers", record.request_headers);
  object.truth("body_truncated", record.body_cut);
  object.milliseconds("total_ms", record.total_duration);
  object.end();
  return out;
}

std::optional<HistoryRecord> read_history_record(const json::object& object) {
  HistoryRecord record;
  if (read_result(object, record.result)) return std::nullopt;
  JsonReader reader(object, {});
  std::string started;
  std::string timestamp;
  reader.count("id", record.id, 0, UINT64_MAX);
  reader.text("coordinator", record.coordinator);
  reader.text("request_id", record.request_id);
  reader.count("attempt", record.attempt, 0, UINT64_MAX);
  reader.truth("final", record.final);
  reader.text("started", started);
  reader.text("method", record.method);
  reader.text("url", record.url);
  reader.pairs("request_headers", record.request_headers);
  reader.truth("body_truncated", record.body_cut);
  const auto span = [](const json::value* value) {
    boost::system::error_code error;
    const auto number = value == nullptr ? 0.0 : value->to_number<double>(error);
    return std::chrono::duration_cast<net::Duration>(
        std::chrono::duration<double, std::milli>(error ? 0 : number));
  };
  record.total_duration = span(reader.find("total_ms"));
  if (const auto* metadata = reader.find("metadata"); metadata && metadata->is_object()) {
    JsonReader inner(metadata->get_object(), {});
    inner.text("agent_id", record.result.agent_id);
    inner.text("timestamp", timestamp);
    inner.count("attempts", record.result.attempts, 0, UINT64_MAX);
    record.result.overhead = span(inner.find("overhead_ms"));
  }
  if (reader.problem()) return std::nullopt;
  record.started = parse_time(started).value_or(net::WallTime{});
  record.result.timestamp = parse_time(timestamp).value_or(net::WallTime{});
  return record;
}

net::Task<HistoryStore::Failure> MemoryHistory::append(HistoryBatch records) {
  for (const auto& each : records) {
    records_.push_back(*each);
    records_.back().id = next_id_++;
    if (records_.size() > records_max_) records_.pop_front();
  }
  co_return Failure{};
}

net::Task<boost::system::result<HistoryPage, std::string>> MemoryHistory::find(
    HistoryFilter filter) {
  const auto limit = filter.limit == 0 ? kHistoryPageMax : filter.limit;
  HistoryPage page;
  const bool forwards = filter.after_id != 0;
  const auto take = [&](const HistoryRecord& record) {
    if (!fits(record, filter)) return true;
    page.more = page.records.size() == limit;
    if (!page.more) page.records.push_back(record);
    return !page.more;
  };
  const auto begin = records_.begin();
  if (forwards) {
    for (auto each = begin; each != records_.end() && take(*each); ++each) {
    }
  } else {
    for (auto each = records_.end(); each != begin && take(*std::prev(each)); --each) {
    }
    std::ranges::reverse(page.records);
  }
  co_return page;
}

net::Task<boost::system::result<std::optional<HistoryRecord>, std::string>> MemoryHistory::get(
    std::uint64_t id) {
  std::optional<HistoryRecord> found;
  for (const auto& each : records_) {
    if (each.id == id) found = each;
  }
  co_return found;
}

net::Task<boost::system::result<std::vector<NamedConfig>, std::string>> MemoryHistory::configs() {
  co_return configs_;
}

net::Task<HistoryStore::Failure> MemoryHistory::put_config(NamedConfig config) {
  std::erase_if(configs_, [&](const auto& each) { return each.name == config.name; });
  configs_.push_back(std::move(config));
  co_return Failure{};
}

net::Task<HistoryStore::Failure> MemoryHistory::remove_config(std::string name) {
  std::erase_if(configs_, [&](const auto& each) { return each.name == name; });
  co_return Failure{};
}

}  // namespace dispatch::fleet

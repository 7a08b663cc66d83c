// What `dispatch monitor` knows of a fleet: the messages of the coordinator's feed (/ws/monitor),
// as values.
#pragma once

#include <boost/json/object.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::cli::monitor {

struct AgentRow {
  std::string id;
  std::string host;
  std::vector<std::string> addresses;
  std::string status;     // "active", "inactive", "disconnected"
  std::string last_seen;  // as the coordinator writes times: UTC
  std::uint64_t requests = 0;
  std::uint64_t failures = 0;
  std::uint64_t in_flight = 0;
  std::uint64_t weight = 1;
};

struct AddressRow {
  std::string address;
  std::string agent;
  std::string last_used;  // empty: never
  std::uint64_t requests = 0;
  std::uint64_t failures = 0;
  std::uint64_t in_flight = 0;
  bool available = false;
};

struct RequestRow {
  std::string id;
  std::string method;
  std::string url;
  std::string started;
  std::string agent;
  std::string address;
  std::uint64_t attempt = 1;
  bool waits = false;
};

struct ConfigRow {
  std::string name;
  std::string method;
  std::string url;
};

struct Stats {
  double uptime_s = 0;
  std::uint64_t executed = 0;
  std::uint64_t attempts = 0;
  std::uint64_t executing = 0;
  std::uint64_t waiting = 0;
  std::uint64_t repeats = 0;
};

// One attempt, of the history.
struct Record {
  std::string key;       // of this record alone
  std::uint64_t id = 0;  // the store's; 0: it is not known
  std::string started;
  std::string method;
  std::string url;
  std::string agent;
  std::string address;
  std::string outcome;
  std::uint64_t status_code = 0;
  double duration_ms = 0;
  bool success = false;
  bool is_final = true;
  boost::json::object whole{};  // for a closer look
};

// Throws std::exception where it is no record.
Record read_record(const boost::json::object& object);

class FleetState {
 public:
  static constexpr std::size_t kRecordsMax = 5000;
  static constexpr std::size_t kSeconds = 300;

  // A message of the feed. Throws std::exception where it is none that can be understood; what was
  // known before stays then. Types that are not known are left alone.
  void take(std::string_view message);
  // A page of GET /api/history. How many of its records are new.
  std::size_t take_history(const boost::json::object& page);
  // The answers of GET /api/agents, /api/pool/status and /api/stats.
  void take_agents(const boost::json::object& answer);
  void take_pool(const boost::json::object& answer);
  void take_stats(const boost::json::object& stats);

  bool is_known() const { return known_; }  // a snapshot has come
  const std::map<std::string, AgentRow>& agents() const { return agents_; }
  const std::map<std::string, AddressRow>& pool() const { return pool_; }  // by agent and address
  const std::vector<RequestRow>& requests() const { return requests_; }
  const std::vector<ConfigRow>& configs() const { return configs_; }
  const Stats& stats() const { return stats_; }
  const std::deque<Record>& history() const { return history_; }  // newest first
  // Attempts that ended in each second, the oldest first, kSeconds at most.
  const std::vector<std::uint64_t>& per_second() const { return per_second_; }
  // Of the last ten seconds.
  double rate() const;

 private:
  void take_snapshot(const boost::json::object& message);
  void measure(const Stats& before);
  std::size_t add_records(const boost::json::array& records);

  bool known_ = false;
  std::map<std::string, AgentRow> agents_;
  std::map<std::string, AddressRow> pool_;
  std::vector<RequestRow> requests_;
  std::vector<ConfigRow> configs_;
  Stats stats_;
  std::deque<Record> history_;
  std::vector<std::uint64_t> per_second_;
};

}  // namespace dispatch::cli::monitor

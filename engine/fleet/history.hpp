// What has been executed: a record of every attempt, kept in a store.
#pragma once

#include "engine/fleet/result.hpp"
#include "engine/net/async.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dispatch::fleet {

// One attempt: by one address, or by none where there was nobody to ask. Secrets are out of it.
struct HistoryRecord {
  std::uint64_t id = 0;     // of the store's, increasing; 0: not stored yet
  std::string coordinator;  // whose record it is
  std::string request_id;
  std::uint64_t attempt = 1;
  bool final = true;  // no attempt came after it
  net::WallTime started{};
  std::string method;
  std::string url;
  Pairs request_headers;
  ExecuteResult result;
  bool body_cut = false;           // more of the body came than is kept
  net::Duration total_duration{};  // from the caller's request on
};

// All that is given has to fit.
struct HistoryFilter {
  std::string agent_id;
  std::string source_ip;
  std::string request_id;
  std::string method;
  std::string url_part;  // anywhere in the URL
  std::optional<std::uint64_t> status_code;
  std::optional<bool> success;
  std::optional<Outcome> outcome;
  std::optional<net::WallTime> since;
  std::optional<net::WallTime> until;
  std::uint64_t before_id = 0;  // 0: any
  std::uint64_t after_id = 0;
  bool final_only = false;
  std::uint64_t limit = 100;  // 0: as many as a page may have
};

inline constexpr std::uint64_t kHistoryPageMax = 10'000;

struct HistoryPage {
  std::vector<HistoryRecord> records;  // oldest first
  bool more = false;                   // older ones (or, with after_id, newer ones) that fit
};

// A named request configuration.
struct NamedConfig {
  std::string name;
  RequestSpec spec;
  net::WallTime updated{};
};

// Where records and configurations are kept. Used on one event loop; an operation that takes time
// does so elsewhere. Errors: what the store says, for people.
// Shared with those who show the newest ones.
using HistoryBatch = std::vector<std::shared_ptr<const HistoryRecord>>;

class HistoryStore {
 public:
  virtual ~HistoryStore() = default;

  struct Failure {
    std::string what;  // empty: none
    explicit operator bool() const { return !what.empty(); }
  };

  // All of them or none. When it returns, the end of this process loses none of them.
  virtual net::Task<Failure> append(HistoryBatch records) = 0;
  virtual net::Task<boost::system::result<HistoryPage, std::string>> find(HistoryFilter filter) = 0;
  virtual net::Task<boost::system::result<std::optional<HistoryRecord>, std::string>> get(
      std::uint64_t id) = 0;

  virtual net::Task<boost::system::result<std::vector<NamedConfig>, std::string>> configs() = 0;
  virtual net::Task<Failure> put_config(NamedConfig config) = 0;
  virtual net::Task<Failure> remove_config(std::string name) = 0;

  // Whether other coordinators may change the configurations.
  virtual bool is_shared() const { return false; }
};

// For GET /api/history: the result, as a caller heard it, and what the original's lacked.
std::string to_text(const HistoryRecord& record);
// The inverse, for stores that keep records as texts.
std::optional<HistoryRecord> read_history_record(const json::object& object);

// Keeps the newest in memory: for simulations, and for those who want no file.
class MemoryHistory : public HistoryStore {
 public:
  explicit MemoryHistory(std::size_t records_max) : records_max_(records_max) {}

  net::Task<Failure> append(HistoryBatch records) override;
  net::Task<boost::system::result<HistoryPage, std::string>> find(HistoryFilter filter) override;
  net::Task<boost::system::result<std::optional<HistoryRecord>, std::string>> get(
      std::uint64_t id) override;
  net::Task<boost::system::result<std::vector<NamedConfig>, std::string>> configs() override;
  net::Task<Failure> put_config(NamedConfig config) override;
  net::Task<Failure> remove_config(std::string name) override;

  const std::deque<HistoryRecord>& records() const { return records_; }

 private:
  std::size_t records_max_;
  std::uint64_t next_id_ = 1;
  std::deque<HistoryRecord> records_;
  std::vector<NamedConfig> configs_;
};

}  // namespace dispatch::fleet

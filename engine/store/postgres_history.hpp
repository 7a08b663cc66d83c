// The history in a database of PostgreSQL's, which several coordinators may share.
#pragma once

#include "engine/fleet/history.hpp"
#include "engine/os/background.hpp"

#include <memory>
#include <string>

namespace dispatch::store {

// A lost connection is made anew with the next operation. Of all records, of all coordinators, the
// newest `records_max` are kept.
class PostgresHistory final : public fleet::HistoryStore {
 public:
  // `url` as libpq has it: postgresql://user@host/database. Makes its tables where there are none.
  // Throws net::ConfigError: what is wrong, without the password.
  PostgresHistory(os::Runtime& runtime, const std::string& url, std::uint64_t records_max);
  ~PostgresHistory() override;

  net::Task<Failure> append(fleet::HistoryBatch records) override;
  net::Task<boost::system::result<fleet::HistoryPage, std::string>> find(
      fleet::HistoryFilter filter) override;
  net::Task<boost::system::result<std::optional<fleet::HistoryRecord>, std::string>> get(
      std::uint64_t id) override;
  net::Task<boost::system::result<std::vector<fleet::NamedConfig>, std::string>> configs() override;
  net::Task<Failure> put_config(fleet::NamedConfig config) override;
  net::Task<Failure> remove_config(std::string name) override;
  bool is_shared() const override { return true; }

 private:
  struct Database;

  std::unique_ptr<Database> database_;  // used by the thread alone, and destroyed after it
  os::Background background_;
};

}  // namespace dispatch::store

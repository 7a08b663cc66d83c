// The history in a file of SQLite's.
#pragma once

#include "engine/fleet/history.hpp"
#include "engine/os/background.hpp"

#include <memory>
#include <string>

namespace dispatch::store {

// Each append is a transaction in the write-ahead log: what it has taken outlives a kill -9 (and an
// end of the machine's power loses at most the last moments, but never the file). The newest
// `records_max` records are kept.
class SqliteHistory final : public fleet::HistoryStore {
 public:
  // Makes the file where there is none. Throws net::ConfigError: the file, and what is wrong.
  SqliteHistory(os::Runtime& runtime, const std::string& path, std::uint64_t records_max);
  ~SqliteHistory() override;

  net::Task<Failure> append(fleet::HistoryBatch records) override;
  net::Task<boost::system::result<fleet::HistoryPage, std::string>> find(
      fleet::HistoryFilter filter) override;
  net::Task<boost::system::result<std::optional<fleet::HistoryRecord>, std::string>> get(
      std::uint64_t id) override;
  net::Task<boost::system::result<std::vector<fleet::NamedConfig>, std::string>> configs() override;
  net::Task<Failure> put_config(fleet::NamedConfig config) override;
  net::Task<Failure> remove_config(std::string name) override;

 private:
  struct File;

  std::unique_ptr<File> file_;  // used by the thread alone, and destroyed after it
  os::Background background_;
};

}  // namespace dispatch::store

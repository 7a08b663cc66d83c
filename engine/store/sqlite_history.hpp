// The history in a file of SQLite's.
#pragma once

#include "engine/fleet/history.hpp"
#include "engine/os/background.hpp"

#include <atomic>
#include <memory>
#include <string>

namespace dispatch::store {

// Each append is a transaction in the write-ahead log: what it has taken outlives a kill -9 (and an
// end of the machine's power loses at most the last moments, but never the file). The newest
// `records_max` records are kept, and at times a hundredth more. A query does not keep an append
// waiting.
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
  struct Writer;
  struct Reader;

  void look_after_log();

  // Each is used by one of the threads alone, and destroyed after it.
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<Reader> reader_;
  std::atomic<bool> checkpointing_ = false;
  os::Background reading_;
  os::Background writing_;  // gives work to the other
};

}  // namespace dispatch::store

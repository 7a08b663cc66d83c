#include "engine/store/sqlite_history.hpp"

#include "engine/net/config_error.hpp"
#include "engine/store/row.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <SQLiteCpp/SQLiteCpp.h>
#include <algorithm>
#include <sqlite3.h>

namespace dispatch::store {
namespace {

using fleet::HistoryFilter;
using fleet::HistoryPage;
using fleet::HistoryRecord;
using fleet::NamedConfig;

constexpr int kSchemaVersion = 1;
constexpr int kBusyTimeoutMs = 5000;
// Pages of the write-ahead log: those of one checkpoint, and so many that one has to reach its end,
// behind which the log begins anew. A disk that does not keep up is waited for at the limit.
constexpr int kCheckpointPages = 1000;
constexpr int kLogPagesMax = 32'000;
constexpr int kLogPagesLimit = 40'000;
// Old records go some at a time.
constexpr std::uint64_t kRemovedAtOnceMax = 128;

// Each index is a page more for every record. (The newest record is never removed: its id is not
// given again.)
constexpr auto kSchema = R"(
CREATE TABLE records (
  id INTEGER PRIMARY KEY,
  started INTEGER NOT NULL,  -- microseconds since 1970
  request_id TEXT NOT NULL,
  final INTEGER NOT NULL,
  method TEXT NOT NULL,
  url TEXT NOT NULL,
  agent_id TEXT NOT NULL,
  source_ip TEXT NOT NULL,
  status_code INTEGER NOT NULL,
  success INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  record TEXT NOT NULL
);
CREATE INDEX records_by_request ON records (request_id);
CREATE TABLE configs (
  name TEXT PRIMARY KEY,
  spec TEXT NOT NULL,
  updated INTEGER NOT NULL
);
)";

void bind(SQLite::Statement& statement, int place, const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    statement.bind(place, *number);
  } else {
    statement.bind(place, std::get<std::string>(value));
  }
}

template <typename T>
using Found = boost::system::result<T, std::string>;

SQLite::Database open_database(const std::string& path) {
  SQLite::Database database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, kBusyTimeoutMs);
  database.exec("PRAGMA journal_mode = WAL");
  database.exec("PRAGMA synchronous = NORMAL");
  return database;
}

}  // namespace

// What writes.
struct SqliteHistory::Writer {
  Writer(const std::string& path, std::uint64_t records)
      : database(open_database(path)),
        records_max(records),
        removed_at_once(std::clamp<std::uint64_t>(records / 100, 1, kRemovedAtOnceMax)) {
    const int version = database.execAndGet("PRAGMA user_version").getInt();
    if (version == 0) {
      SQLite::Transaction transaction(database);
      database.exec(kSchema);
      database.exec(fmt::format("PRAGMA user_version = {}", kSchemaVersion));
      transaction.commit();
    } else if (version != kSchemaVersion) {
      throw net::ConfigError(fmt::format("it is of version {}, and this program knows version {}",
                                         version, kSchemaVersion));
    }
    insert = std::make_unique<SQLite::Statement>(
        database, fmt::format("INSERT INTO records ({}) VALUES (?,?,?,?,?,?,?,?,?,?,?)", kColumns));
    remove = std::make_unique<SQLite::Statement>(database, "DELETE FROM records WHERE id <= ?");
    oldest = database.execAndGet("SELECT ifnull(min(id), 1) FROM records").getInt64();
    // In place of checkpoints by whoever commits.
    sqlite3_wal_hook(
        database.getHandle(),
        [](void* self, sqlite3*, const char*, int pages) {
          static_cast<Writer*>(self)->log_pages = pages;
          return SQLITE_OK;
        },
        this);
  }

  void append(const fleet::HistoryBatch& records) {
    SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
    for (const auto& each : records) {
      const auto row = row_of(*each);
      for (std::size_t i = 0; i < row.size(); ++i) bind(*insert, static_cast<int>(i + 1), row[i]);
      insert->exec();
      insert->reset();
    }
    const auto kept_from = database.getLastInsertRowid() - static_cast<std::int64_t>(records_max);
    const bool removes = kept_from - oldest + 1 >= static_cast<std::int64_t>(removed_at_once);
    if (removes) {
      remove->bind(1, kept_from);
      remove->exec();
      remove->reset();
    }
    transaction.commit();
    if (removes) oldest = kept_from + 1;
  }

  void put(const NamedConfig& config) {
    SQLite::Statement statement(database,
                                "INSERT INTO configs (name, spec, updated) VALUES (?, ?, ?) ON "
                                "CONFLICT (name) DO UPDATE SET spec = excluded.spec, updated = "
                                "excluded.updated");
    statement.bind(1, config.name);
    statement.bind(2, fleet::json::serialize(to_json(config.spec)));
    statement.bind(3, microseconds(config.updated));
    statement.exec();
  }

  void remove_config(const std::string& name) {
    SQLite::Statement statement(database, "DELETE FROM configs WHERE name = ?");
    statement.bind(1, name);
    statement.exec();
  }

  // What is left behind by a failure within a batch.
  void recover() {
    insert->tryReset();
    remove->tryReset();
  }

  SQLite::Database database;
  std::unique_ptr<SQLite::Statement> insert;
  std::unique_ptr<SQLite::Statement> remove;
  std::uint64_t records_max;
  std::uint64_t removed_at_once;
  std::int64_t oldest = 1;
  int log_pages = 0;
  int checkpointed_pages = 0;  // of these, when the last checkpoint was asked for
  bool may_finish = false;     // there was one since the writer's own
};

// What reads, and moves pages from the log to where they belong.
struct SqliteHistory::Reader {
  explicit Reader(const std::string& path) : database(open_database(path)) {}

  HistoryPage find(const HistoryFilter& filter) {
    const auto limit = filter.limit == 0 ? fleet::kHistoryPageMax : filter.limit;
    const bool forwards = filter.after_id != 0;
    const auto condition = condition_of(filter, false);
    SQLite::Statement query(
        database, fmt::format("SELECT id, record FROM records WHERE {} ORDER BY id {} LIMIT {}",
                              condition.text, forwards ? "ASC" : "DESC", limit + 1));
    for (std::size_t i = 0; i < condition.values.size(); ++i) {
      bind(query, static_cast<int>(i + 1), condition.values[i]);
    }
    HistoryPage page;
    while (query.executeStep()) {
      page.more = page.records.size() == limit;
      if (page.more) break;
      auto record = record_of(static_cast<std::uint64_t>(query.getColumn(0).getInt64()),
                              query.getColumn(1).getString());
      if (record) page.records.push_back(std::move(*record));
    }
    if (!forwards) std::ranges::reverse(page.records);
    return page;
  }

  std::optional<HistoryRecord> get(std::uint64_t id) {
    SQLite::Statement query(database, "SELECT record FROM records WHERE id = ?");
    query.bind(1, static_cast<std::int64_t>(id));
    if (!query.executeStep()) return std::nullopt;
    return record_of(id, query.getColumn(0).getString());
  }

  std::vector<NamedConfig> configs() {
    std::vector<NamedConfig> configs;
    SQLite::Statement query(database, "SELECT name, spec, updated FROM configs ORDER BY name");
    while (query.executeStep()) {
      auto config = config_of(query.getColumn(0).getString(), query.getColumn(1).getString(),
                              query.getColumn(2).getInt64());
      if (config) configs.push_back(std::move(*config));
    }
    return configs;
  }

  // What is in the log so far goes to where it belongs, and to the disk.
  void checkpoint() {
    auto* handle = database.getHandle();
    (void)sqlite3_wal_checkpoint_v2(handle, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    // SQLite leaves this to the checkpoint that reaches the log's end, which the writer waits for.
    sqlite3_file* file = nullptr;
    (void)sqlite3_file_control(handle, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    if (file != nullptr && file->pMethods != nullptr) {
      (void)file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
    }
  }

  SQLite::Database database;
};

SqliteHistory::SqliteHistory(os::Runtime& runtime, const std::string& path,
                             std::uint64_t records_max)
    : reading_(runtime), writing_(runtime) {
  try {
    writer_ = std::make_unique<Writer>(path, records_max);
    reader_ = std::make_unique<Reader>(path);
  } catch (const std::exception& error) {
    throw net::ConfigError(
        fmt::format("{}: the history cannot be kept there: {}", path, error.what()));
  }
}

SqliteHistory::~SqliteHistory() = default;

// Checkpoints take milliseconds, as they wait for the disk, and who waits for a record would wait
// for them: so they are made beside. They never see the log's end while it grows; that is left to
// the writer, when little is missing.
void SqliteHistory::look_after_log() {
  auto& its = *writer_;
  if (its.log_pages < its.checkpointed_pages) its.checkpointed_pages = 0;  // it began anew
  if (its.log_pages >= kLogPagesLimit) checkpointing_.wait(true);
  if (checkpointing_) return;
  if (its.log_pages >= kLogPagesMax && its.may_finish) {
    its.may_finish = false;
    (void)sqlite3_wal_checkpoint_v2(its.database.getHandle(), nullptr, SQLITE_CHECKPOINT_PASSIVE,
                                    nullptr, nullptr);
  } else if (its.log_pages - its.checkpointed_pages >= kCheckpointPages) {
    its.checkpointed_pages = its.log_pages;
    its.may_finish = true;
    checkpointing_ = true;
    reading_.add([this] {
      reader_->checkpoint();
      checkpointing_ = false;
      checkpointing_.notify_one();
    });
  }
}

net::Task<fleet::HistoryStore::Failure> SqliteHistory::append(fleet::HistoryBatch records) {
  const auto shared = std::make_shared<fleet::HistoryBatch>(std::move(records));
  const std::function<Failure()> work = [this, shared]() -> Failure {
    try {
      writer_->append(*shared);
      look_after_log();
      return {};
    } catch (const std::exception& error) {
      writer_->recover();
      return {error.what()};
    }
  };
  co_return co_await writing_.run<Failure>(work);
}

net::Task<Found<HistoryPage>> SqliteHistory::find(HistoryFilter filter) {
  const std::function<Found<HistoryPage>()> work = [this, filter]() -> Found<HistoryPage> {
    try {
      return reader_->find(filter);
    } catch (const std::exception& error) {
      return std::string(error.what());
    }
  };
  co_return co_await reading_.run<Found<HistoryPage>>(work);
}

net::Task<Found<std::optional<HistoryRecord>>> SqliteHistory::get(std::uint64_t id) {
  using Result = Found<std::optional<HistoryRecord>>;
  const std::function<Result()> work = [this, id]() -> Result {
    try {
      return reader_->get(id);
    } catch (const std::exception& error) {
      return std::string(error.what());
    }
  };
  co_return co_await reading_.run<Result>(work);
}

net::Task<Found<std::vector<NamedConfig>>> SqliteHistory::configs() {
  using Result = Found<std::vector<NamedConfig>>;
  const std::function<Result()> work = [this]() -> Result {
    try {
      return reader_->configs();
    } catch (const std::exception& error) {
      return std::string(error.what());
    }
  };
  co_return co_await reading_.run<Result>(work);
}

net::Task<fleet::HistoryStore::Failure> SqliteHistory::put_config(NamedConfig config) {
  const std::function<Failure()> work = [this, config]() -> Failure {
    try {
      writer_->put(config);
      return {};
    } catch (const std::exception& error) {
      return {error.what()};
    }
  };
  co_return co_await writing_.run<Failure>(work);
}

net::Task<fleet::HistoryStore::Failure> SqliteHistory::remove_config(std::string name) {
  const std::function<Failure()> work = [this, name]() -> Failure {
    try {
      writer_->remove_config(name);
      return {};
    } catch (const std::exception& error) {
      return {error.what()};
    }
  };
  co_return co_await writing_.run<Failure>(work);
}

}  // namespace dispatch::store

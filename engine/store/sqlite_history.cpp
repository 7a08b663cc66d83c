#include "engine/store/sqlite_history.hpp"

#include "engine/net/config_error.hpp"
#include "engine/store/row.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <SQLiteCpp/SQLiteCpp.h>
#include <algorithm>

namespace dispatch::store {
namespace {

using fleet::HistoryFilter;
using fleet::HistoryPage;
using fleet::HistoryRecord;
using fleet::NamedConfig;

constexpr int kSchemaVersion = 1;
constexpr int kBusyTimeoutMs = 5000;

constexpr auto kSchema = R"(
CREATE TABLE records (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
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
CREATE INDEX records_by_agent ON records (agent_id, id);
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

}  // namespace

struct SqliteHistory::File {
  File(const std::string& path, std::uint64_t records)
      : database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, kBusyTimeoutMs),
        records_max(records) {
    database.exec("PRAGMA journal_mode = WAL");
    database.exec("PRAGMA synchronous = NORMAL");
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
  }

  void append(const fleet::HistoryBatch& records) {
    SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
    for (const auto& each : records) {
      const auto row = row_of(*each);
      for (std::size_t i = 0; i < row.size(); ++i) bind(*insert, static_cast<int>(i + 1), row[i]);
      insert->exec();
      insert->reset();
    }
    const auto last = database.getLastInsertRowid();
    if (last > static_cast<std::int64_t>(records_max)) {
      remove->bind(1, last - static_cast<std::int64_t>(records_max));
      remove->exec();
      remove->reset();
    }
    transaction.commit();
  }

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
};

SqliteHistory::SqliteHistory(os::Runtime& runtime, const std::string& path,
                             std::uint64_t records_max)
    : background_(runtime) {
  try {
    file_ = std::make_unique<File>(path, records_max);
  } catch (const std::exception& error) {
    throw net::ConfigError(
        fmt::format("{}: the history cannot be kept there: {}", path, error.what()));
  }
}

SqliteHistory::~SqliteHistory() = default;

net::Task<fleet::HistoryStore::Failure> SqliteHistory::append(fleet::HistoryBatch records) {
  const auto shared = std::make_shared<fleet::HistoryBatch>(std::move(records));
  const std::function<Failure()> work = [this, shared]() -> Failure {
    try {
      file_->append(*shared);
      return {};
    } catch (const std::exception& error) {
      file_->recover();
      return {error.what()};
    }
  };
  co_return co_await background_.run<Failure>(work);
}

net::Task<Found<HistoryPage>> SqliteHistory::find(HistoryFilter filter) {
  const std::function<Found<HistoryPage>()> work = [this, filter]() -> Found<HistoryPage> {
    try {
      return file_->find(filter);
    } catch (const std::exception& error) {
      return std::string(error.what());
    }
  };
  co_return co_await background_.run<Found<HistoryPage>>(work);
}

net::Task<Found<std::optional<HistoryRecord>>> SqliteHistory::get(std::uint64_t id) {
  using Result = Found<std::optional<HistoryRecord>>;
  const std::function<Result()> work = [this, id]() -> Result {
    try {
      return file_->get(id);
    } catch (const std::exception& error) {
      return std::string(error.what());
    }
  };
  co_return co_await background_.run<Result>(work);
}

net::Task<Found<std::vector<NamedConfig>>> SqliteHistory::configs() {
  using Result = Found<std::vector<NamedConfig>>;
  const std::function<Result()> work = [this]() -> Result {
    try {
      return file_->configs();
    } catch (const std::exception& error) {
      return std::string(error.what());
    }
  };
  co_return co_await background_.run<Result>(work);
}

net::Task<fleet::HistoryStore::Failure> SqliteHistory::put_config(NamedConfig config) {
  const std::function<Failure()> work = [this, config]() -> Failure {
    try {
      file_->put(config);
      return {};
    } catch (const std::exception& error) {
      return {error.what()};
    }
  };
  co_return co_await background_.run<Failure>(work);
}

net::Task<fleet::HistoryStore::Failure> SqliteHistory::remove_config(std::string name) {
  const std::function<Failure()> work = [this, name]() -> Failure {
    try {
      file_->remove_config(name);
      return {};
    } catch (const std::exception& error) {
      return {error.what()};
    }
  };
  co_return co_await background_.run<Failure>(work);
}

}  // namespace dispatch::store

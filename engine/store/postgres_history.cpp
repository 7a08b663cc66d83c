#include "engine/store/postgres_history.hpp"

#include "engine/net/config_error.hpp"
#include "engine/store/row.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <libpq-fe.h>
#include <stdexcept>

namespace dispatch::store {
namespace {

using fleet::HistoryFilter;
using fleet::HistoryPage;
using fleet::HistoryRecord;
using fleet::NamedConfig;

template <typename T>
using Found = boost::system::result<T, std::string>;

// Two coordinators that start at once make the tables once: the lock's number is ours alone.
constexpr auto kSchema = R"(
BEGIN;
SELECT pg_advisory_xact_lock(5201314);
CREATE TABLE IF NOT EXISTS records (
  id BIGSERIAL PRIMARY KEY,
  started BIGINT NOT NULL,
  request_id TEXT NOT NULL,
  final BIGINT NOT NULL,
  method TEXT NOT NULL,
  url TEXT NOT NULL,
  agent_id TEXT NOT NULL,
  source_ip TEXT NOT NULL,
  status_code BIGINT NOT NULL,
  success BIGINT NOT NULL,
  outcome TEXT NOT NULL,
  record TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS records_by_request ON records (request_id);
CREATE INDEX IF NOT EXISTS records_by_agent ON records (agent_id, id);
CREATE TABLE IF NOT EXISTS configs (
  name TEXT PRIMARY KEY,
  spec TEXT NOT NULL,
  updated BIGINT NOT NULL
);
COMMIT;
)";

struct Clear {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Rows = std::unique_ptr<PGresult, Clear>;

struct Finish {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
using Connection = std::unique_ptr<PGconn, Finish>;

std::string text_of(const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  // PostgreSQL's texts have no zero bytes; JSON writes them as \u0000.
  auto text = std::get<std::string>(value);
  std::erase(text, '\0');
  return text;
}

std::string one_line(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

}  // namespace

struct PostgresHistory::Database {
  Database(std::string where, std::uint64_t records) : url(std::move(where)), records_max(records) {
    connect();
  }

  void connect() {
    connection.reset(PQconnectdb(url.c_str()));
    if (PQstatus(connection.get()) != CONNECTION_OK) {
      throw std::runtime_error(one_line(PQerrorMessage(connection.get())));
    }
    PQsetNoticeProcessor(
        connection.get(), [](void*, const char*) {}, nullptr);
    const Rows made(PQexec(connection.get(), kSchema));
    expect(made.get());
  }

  void expect(const PGresult* result) const {
    const auto status = PQresultStatus(result);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return;
    throw std::runtime_error(one_line(PQerrorMessage(connection.get())));
  }

  Rows run(const std::string& command, const std::vector<Value>& values) {
    if (PQstatus(connection.get()) != CONNECTION_OK) connect();
    std::vector<std::string> texts;
    for (const auto& each : values) texts.push_back(text_of(each));
    std::vector<const char*> pointers;
    for (const auto& each : texts) pointers.push_back(each.c_str());
    Rows rows(PQexecParams(connection.get(), command.c_str(), static_cast<int>(pointers.size()),
                           nullptr, pointers.data(), nullptr, nullptr, 0));
    expect(rows.get());
    return rows;
  }

  static std::string text(const Rows& rows, int row, int column) {
    return {PQgetvalue(rows.get(), row, column),
            static_cast<std::size_t>(PQgetlength(rows.get(), row, column))};
  }

  // In statements of many rows each, and all of them or none.
  void append(const fleet::HistoryBatch& records) {
    constexpr std::size_t kRows = 500;
    run("BEGIN", {});
    try {
      for (std::size_t begin = 0; begin < records.size(); begin += kRows) {
        const auto end = std::min(begin + kRows, records.size());
        std::string command = fmt::format("INSERT INTO records ({}) VALUES ", kColumns);
        std::vector<Value> values;
        for (auto i = begin; i < end; ++i) {
          command += i == begin ? "(" : ", (";
          const auto row = row_of(*records[i]);
          for (const auto& each : row) {
            command += &each == &row.front() ? "$" : ", $";
            values.push_back(each);
            command += std::to_string(values.size());
          }
          command += ")";
        }
        run(command, values);
      }
      run("DELETE FROM records WHERE id <= (SELECT max(id) FROM records) - $1::bigint",
          {static_cast<std::int64_t>(records_max)});
      run("COMMIT", {});
    } catch (...) {
      const Rows undone(PQexec(connection.get(), "ROLLBACK"));
      throw;
    }
  }

  HistoryPage find(const HistoryFilter& filter) {
    const auto limit = filter.limit == 0 ? fleet::kHistoryPageMax : filter.limit;
    const bool forwards = filter.after_id != 0;
    const auto condition = condition_of(filter, true);
    const auto rows =
        run(fmt::format("SELECT id, record FROM records WHERE {} ORDER BY id {} LIMIT {}",
                        condition.text, forwards ? "ASC" : "DESC", limit + 1),
            condition.values);
    HistoryPage page;
    for (int i = 0; i < PQntuples(rows.get()); ++i) {
      page.more = page.records.size() == limit;
      if (page.more) break;
      auto record = record_of(std::stoull(text(rows, i, 0)), text(rows, i, 1));
      if (record) page.records.push_back(std::move(*record));
    }
    if (!forwards) std::ranges::reverse(page.records);
    return page;
  }

  std::optional<HistoryRecord> get(std::uint64_t id) {
    const auto rows =
        run("SELECT record FROM records WHERE id = $1", {static_cast<std::int64_t>(id)});
    if (PQntuples(rows.get()) == 0) return std::nullopt;
    return record_of(id, text(rows, 0, 0));
  }

  std::vector<NamedConfig> configs() {
    std::vector<NamedConfig> configs;
    const auto rows = run("SELECT name, spec, updated FROM configs ORDER BY name", {});
    for (int i = 0; i < PQntuples(rows.get()); ++i) {
      auto config = config_of(text(rows, i, 0), text(rows, i, 1), std::stoll(text(rows, i, 2)));
      if (config) configs.push_back(std::move(*config));
    }
    return configs;
  }

  std::string url;
  std::uint64_t records_max;
  Connection connection;
};

namespace {

template <typename T>
std::function<Found<T>()> guarded(std::function<T()> work) {
  return [work = std::move(work)]() -> Found<T> {
    try {
      return work();
    } catch (const std::exception& error) {
      return std::string(error.what());
    }
  };
}

std::function<fleet::HistoryStore::Failure()> told(std::function<void()> work) {
  return [work = std::move(work)]() -> fleet::HistoryStore::Failure {
    try {
      work();
      return {};
    } catch (const std::exception& error) {
      return {error.what()};
    }
  };
}

}  // namespace

PostgresHistory::PostgresHistory(os::Runtime& runtime, const std::string& url,
                                 std::uint64_t records_max)
    : background_(runtime) {
  try {
    database_ = std::make_unique<Database>(url, records_max);
  } catch (const std::exception& error) {
    throw net::ConfigError(fmt::format("--history: {}", error.what()));
  }
}

PostgresHistory::~PostgresHistory() = default;

net::Task<fleet::HistoryStore::Failure> PostgresHistory::append(fleet::HistoryBatch records) {
  const auto work = told([this, batch = std::move(records)] { database_->append(batch); });
  co_return co_await background_.run<Failure>(work);
}

net::Task<Found<HistoryPage>> PostgresHistory::find(HistoryFilter filter) {
  const auto work = guarded<HistoryPage>([this, filter] { return database_->find(filter); });
  co_return co_await background_.run<Found<HistoryPage>>(work);
}

net::Task<Found<std::optional<HistoryRecord>>> PostgresHistory::get(std::uint64_t id) {
  using Maybe = std::optional<HistoryRecord>;
  const auto work = guarded<Maybe>([this, id] { return database_->get(id); });
  co_return co_await background_.run<Found<Maybe>>(work);
}

net::Task<Found<std::vector<NamedConfig>>> PostgresHistory::configs() {
  using All = std::vector<NamedConfig>;
  const auto work = guarded<All>([this] { return database_->configs(); });
  co_return co_await background_.run<Found<All>>(work);
}

net::Task<fleet::HistoryStore::Failure> PostgresHistory::put_config(NamedConfig config) {
  const auto work = told([this, config] {
    database_->run(
        "INSERT INTO configs (name, spec, updated) VALUES ($1, $2, $3) ON CONFLICT (name) DO "
        "UPDATE SET spec = excluded.spec, updated = excluded.updated",
        {config.name, fleet::json::serialize(to_json(config.spec)), microseconds(config.updated)});
  });
  co_return co_await background_.run<Failure>(work);
}

net::Task<fleet::HistoryStore::Failure> PostgresHistory::remove_config(std::string name) {
  const auto work =
      told([this, name] { database_->run("DELETE FROM configs WHERE name = $1", {name}); });
  co_return co_await background_.run<Failure>(work);
}

}  // namespace dispatch::store

// The history in a file: what is kept, how large its log becomes, and who waits for whom.
#include "engine/store/sqlite_history.hpp"

#include "engine/net/task_group.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <unistd.h>

namespace dispatch::store {
namespace {

BOOST_AUTO_TEST_SUITE(store_sqlite)

struct Folder {
  Folder()
      : path(std::filesystem::temp_directory_path() /
             fmt::format("sqlite_history.{}", ::getpid())) {
    std::filesystem::create_directories(path);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string file() const { return path / "history.sqlite"; }
  std::uintmax_t log_bytes() const {
    return std::filesystem::file_size(path / "history.sqlite-wal");
  }
  std::filesystem::path path;
};

fleet::HistoryBatch batch_of(std::size_t count, std::size_t body_bytes = 0) {
  fleet::HistoryBatch batch;
  for (std::size_t i = 0; i < count; ++i) {
    auto record = std::make_shared<fleet::HistoryRecord>();
    record->request_id = fmt::format("r{}", i);
    record->url = "http://example.com/";
    record->result.outcome = fleet::Outcome::answered;
    record->result.status_code = 200;
    record->result.body = std::string(body_bytes, 'x');
    batch.push_back(std::move(record));
  }
  return batch;
}

void run(os::Runtime& runtime, net::Task<void> work) {
  std::exception_ptr failure;
  net::asio::co_spawn(runtime.executor(), std::move(work), [&](std::exception_ptr thrown) {
    failure = thrown;
    runtime.stop();
  });
  runtime.run();
  if (failure) std::rethrow_exception(failure);
}

net::Task<void> append(SqliteHistory& history, fleet::HistoryBatch batch) {
  const auto failure = co_await history.append(std::move(batch));
  BOOST_TEST(failure.what == "");
}

net::Task<std::vector<fleet::HistoryRecord>> everything(SqliteHistory& history) {
  fleet::HistoryFilter filter;
  filter.limit = 0;
  auto page = co_await history.find(filter);
  co_return page->records;
}

BOOST_AUTO_TEST_CASE(the_newest_are_kept_and_a_hundredth_more_at_most) {
  const Folder folder;
  os::Runtime runtime;
  SqliteHistory history(runtime, folder.file(), 1000);
  const auto work = [&]() -> net::Task<void> {
    for (int i = 0; i < 350; ++i) {
      co_await append(history, batch_of(7));
      const auto kept = co_await everything(history);
      BOOST_REQUIRE(kept.size() <= 1010U);
      BOOST_REQUIRE(kept.size() >= std::min<std::size_t>(7 * (i + 1), 1000));
      BOOST_REQUIRE(kept.back().id == 7U * (i + 1));
    }
  };
  run(runtime, work());
}

BOOST_AUTO_TEST_CASE(a_file_that_is_opened_again_goes_on_where_it_was) {
  const Folder folder;
  for (int round = 0; round < 3; ++round) {
    os::Runtime runtime;
    SqliteHistory history(runtime, folder.file(), 25);
    const auto work = [&]() -> net::Task<void> {
      co_await append(history, batch_of(10));
      const auto kept = co_await everything(history);
      BOOST_TEST(kept.size() == std::min(10U * (round + 1), 25U));
      BOOST_TEST(kept.back().id == 10U * (round + 1));
    };
    run(runtime, work());
  }
}

// The log begins anew only behind a checkpoint that has reached its end, and it grows meanwhile.
BOOST_AUTO_TEST_CASE(the_log_does_not_grow_without_an_end_while_records_come_and_come) {
  const Folder folder;
  os::Runtime runtime;
  SqliteHistory history(runtime, folder.file(), 1000);
  std::uintmax_t most = 0;
  const auto work = [&]() -> net::Task<void> {
    for (int i = 0; i < 2500; ++i) {
      co_await append(history, batch_of(5, 16'000));
      most = std::max(most, folder.log_bytes());
    }
  };
  run(runtime, work());
  BOOST_TEST(most < 170'000'000U);  // of 400'000'000
}

BOOST_AUTO_TEST_CASE(a_long_query_does_not_keep_an_append_waiting) {
  const Folder folder;
  os::Runtime runtime;
  SqliteHistory history(runtime, folder.file(), 100'000);
  const auto work = [&]() -> net::Task<void> {
    for (int i = 0; i < 20; ++i) co_await append(history, batch_of(2000, 200));
    std::string order;
    const auto query = [&]() -> net::Task<void> {
      fleet::HistoryFilter filter;
      filter.url_part = "nowhere";
      const auto page = co_await history.find(filter);
      BOOST_TEST(page->records.empty());
      order += " query";
    };
    const auto one_more = [&]() -> net::Task<void> {
      co_await append(history, batch_of(1));
      order += " append";
    };
    net::TaskGroup tasks(runtime.executor(), nullptr);
    tasks.spawn(query());
    tasks.spawn(one_more());
    (void)co_await tasks.idle();
    BOOST_TEST(order == " append query");
  };
  run(runtime, work());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace dispatch::store

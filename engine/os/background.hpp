// A thread for what would block an event loop: a database, a disk.
#pragma once

#include "engine/net/async.hpp"
#include "engine/os/runtime.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <queue>
#include <thread>
#include <utility>

namespace dispatch::os {

// Work is done one after the other, in the order in which it was given.
class Background {
 public:
  explicit Background(Runtime& runtime);
  // Does what has been given, then ends. Who waits for it is not told.
  ~Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  // The result of `work`, or its exception; resumes on the runtime's loop. It is not cancelled once
  // it was given: whoever waits for it waits to its end.
  template <typename T>
  net::Task<T> run(std::function<T()> work) {
    struct Outcome {
      std::optional<T> value;
      std::exception_ptr failure;
    };
    const auto outcome = std::make_shared<Outcome>();
    const auto job = [outcome, work = std::move(work)] {
      try {
        outcome->value.emplace(work());
      } catch (...) {
        outcome->failure = std::current_exception();
      }
    };
    co_await give(job);
    if (outcome->failure) std::rethrow_exception(outcome->failure);
    co_return std::move(*outcome->value);
  }
  // The same, where nobody waits for it. From any thread; an exception is not to leave it.
  void add(std::function<void()> job);

 private:
  net::Task<void> give(std::function<void()> job);
  void work();

  net::asio::any_io_executor executor_;
  std::mutex mutex_;
  std::condition_variable filled_;
  std::queue<std::function<void()>> jobs_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace dispatch::os

#include "engine/os/background.hpp"

#include <optional>

namespace dispatch::os {

Background::Background(Runtime& runtime)
    : executor_(runtime.executor()), thread_([this] { work(); }) {}

Background::~Background() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  filled_.notify_one();
  thread_.join();
}

void Background::add(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push(std::move(job));
  }
  filled_.notify_one();
}

void Background::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    filled_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    auto job = std::move(jobs_.front());
    jobs_.pop();
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
  }
}

net::Task<void> Background::give(std::function<void()> job) {
  return net::asio::async_initiate<const net::asio::use_awaitable_t<>&, void()>(
      [this](auto handler, std::function<void()> given) {
        // The handler belongs to the loop: it is called, and destroyed, there.
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        auto work = net::asio::make_work_guard(executor_);
        add([given = std::move(given), shared = std::move(shared), executor = executor_,
             guard = std::move(work)]() mutable {
          given();
          net::asio::post(executor, [shared = std::move(shared)] { std::move (*shared)(); });
        });
      },
      net::asio::use_awaitable, std::move(job));
}

}  // namespace dispatch::os

#include "engine/os/worker.hpp"

#include <utility>

namespace dispatch::os {

Worker::Worker(net::Log& log, RuntimeOptions options)
    : runtime_(log, std::move(options)), work_(runtime_.executor()) {}

Worker::~Worker() {
  stop();
}

void Worker::start(std::function<void()> failed) {
  thread_ = std::thread([this, failed = std::move(failed)] {
    try {
      runtime_.run();
    } catch (...) {
      failure_ = std::current_exception();
      failed();
    }
  });
}

void Worker::stop() {
  runtime_.stop();
  if (thread_.joinable()) thread_.join();
}

void Worker::join() {
  stop();
  if (const auto failure = std::exchange(failure_, nullptr)) std::rethrow_exception(failure);
}

}  // namespace dispatch::os

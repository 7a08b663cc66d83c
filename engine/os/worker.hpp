// An event loop on a thread of its own.
#pragma once

#include "engine/os/runtime.hpp"

#include <boost/asio/executor_work_guard.hpp>

#include <exception>
#include <functional>
#include <thread>

namespace dispatch::os {

// What is made from its runtime is made before start(), used on the worker's thread (post to
// runtime().executor()), and destroyed after join().
class Worker {
 public:
  // `log` takes lines from any thread, and outlives this.
  explicit Worker(net::Log& log, RuntimeOptions options = {});
  // Stops it.
  ~Worker();

  Runtime& runtime() { return runtime_; }

  // Runs the loop until join(). Calls `failed`, on the worker's thread, where an exception escapes
  // a handler: that ends the loop, and join() throws it.
  void start(std::function<void()> failed);

  // Stops the loop, whatever there is left to do, and waits for the thread.
  void stop();
  // The same, and throws what has ended the loop, if anything did.
  void join();

 private:
  Runtime runtime_;
  net::asio::executor_work_guard<net::asio::any_io_executor> work_;
  std::exception_ptr failure_;
  std::thread thread_;
};

}  // namespace dispatch::os

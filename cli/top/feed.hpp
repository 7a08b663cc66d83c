// Asks a running dispatch again and again, beside the screen.
#pragma once

#include "cli/top/snapshot.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace dispatch::cli::top {

class Feed {
 public:
  using Ask = std::function<std::string(const std::string& request)>;  // throws RuntimeError

  // What is known at the moment.
  struct View {
    Snapshot snapshot;
    std::string trouble;   // why nothing newer is known; empty: there is no trouble
    std::string said;      // the answer to the last change that was asked for
    bool refused = false;  // it was an error
  };

  // Asks once at once: throws RuntimeError where nobody answers. Then `changed` is called, on a
  // thread of its own, whenever there is something to see.
  Feed(Ask ask, std::function<void()> changed);
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;
  ~Feed();

  View view() const;

  // A request that changes something (control/request.hpp); figures are asked for again behind it.
  void change(std::string request);

 private:
  void run();
  void carry_out(const std::string& request);
  void look();

  const Ask ask_;
  const std::function<void()> changed_;
  std::chrono::steady_clock::time_point looked_at_;
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable news_;
  View view_;
  std::vector<std::string> changes_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace dispatch::cli::top

// The monitor's connection to its coordinator, on a thread and an event loop of its own, beside the
// screen's.
#pragma once

#include "cli/monitor/model.hpp"
#include "engine/fleet/monitor_client.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

namespace dispatch::cli::monitor {

// What the coordinator did; for the model.
struct Connected {};
struct Lost {
  std::string why;
  double pause_s = 0;
};
struct Heard {
  std::string message;
};
struct Answered {
  std::uint64_t call = 0;
  Answer answer;
};
using Word = std::variant<Connected, Lost, Heard, Answered>;

void tell(Model& model, const Word& word);

class Connection {
 public:
  // `options` outlive it. `news` is called on the thread of its own, whenever there is a word.
  Connection(const fleet::MonitorOptions& options, std::function<void()> news);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  // All that came since the last time, in its order.
  std::vector<Word> take();

  void call(Call call);
  void try_now();

 private:
  class Loop;

  void put(Word word);

  std::function<void()> news_;
  std::mutex mutex_;
  std::vector<Word> words_;  // guarded by it
  std::unique_ptr<Loop> loop_;
};

}  // namespace dispatch::cli::monitor

#include "cli/top/feed.hpp"

#include "cli/exit_status.hpp"

#include <boost/json.hpp>

#include <utility>

namespace dispatch::cli::top {
namespace {

constexpr auto kInterval = std::chrono::seconds(1);

Snapshot snapshot_by(const Feed::Ask& ask) {
  return read_snapshot(ask(R"({"do":"status"})"), ask(R"({"do":"history"})"),
                       ask(R"({"do":"connections"})"));
}

}  // namespace

Feed::Feed(Ask ask, std::function<void()> changed)
    : ask_(std::move(ask)),
      changed_(std::move(changed)),
      looked_at_(std::chrono::steady_clock::now()) {
  view_.snapshot = snapshot_by(ask_);
  thread_ = std::thread([this] { run(); });
}

Feed::~Feed() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  news_.notify_one();
  thread_.join();
}

Feed::View Feed::view() const {
  const std::scoped_lock lock(mutex_);
  return view_;
}

void Feed::change(std::string request) {
  {
    const std::scoped_lock lock(mutex_);
    changes_.push_back(std::move(request));
  }
  news_.notify_one();
}

void Feed::run() {
  for (;;) {
    std::vector<std::string> changes;
    {
      std::unique_lock lock(mutex_);
      news_.wait_for(lock, kInterval, [this] { return stopping_ || !changes_.empty(); });
      if (stopping_) return;
      changes.swap(changes_);
    }
    for (const auto& request : changes) carry_out(request);
    look();
    changed_();
  }
}

void Feed::carry_out(const std::string& request) {
  std::string said;
  bool refused = true;
  try {
    const auto answer = boost::json::parse(ask_(request)).as_object();
    refused = answer.contains("error");
    said = std::string(answer.at(refused ? "error" : "done").as_string());
  } catch (const std::exception& error) {
    said = error.what();
  }
  const std::scoped_lock lock(mutex_);
  view_.said = said;
  view_.refused = refused;
}

void Feed::look() {
  try {
    auto snapshot = snapshot_by(ask_);
    const auto now = std::chrono::steady_clock::now();
    const std::scoped_lock lock(mutex_);
    measure(snapshot, view_.snapshot, std::chrono::duration<double>(now - looked_at_).count());
    view_.snapshot = std::move(snapshot);
    view_.trouble.clear();
    looked_at_ = now;
  } catch (const RuntimeError& error) {
    const std::scoped_lock lock(mutex_);
    view_.trouble = error.what();
  }
}

}  // namespace dispatch::cli::top

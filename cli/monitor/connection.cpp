#include "cli/monitor/connection.hpp"

#include "engine/net/task_group.hpp"
#include "engine/os/runtime.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <chrono>
#include <thread>
#include <utility>

namespace dispatch::cli::monitor {

void tell(Model& model, const Word& word) {
  if (std::holds_alternative<Connected>(word)) return model.connected();
  if (const auto* lost = std::get_if<Lost>(&word)) return model.lost(lost->why, lost->pause_s);
  if (const auto* heard = std::get_if<Heard>(&word)) return model.heard(heard->message);
  const auto& answered = std::get<Answered>(word);
  model.answered(answered.call, answered.answer);
}

// All but its constructor, its destructor and post() is on the thread.
class Connection::Loop {
 public:
  Loop(const fleet::MonitorOptions& options, Connection& owner)
      : owner_(owner),
        client_(runtime_, options,
                {[this] { owner_.put(Connected{}); },
                 [this](std::string message) { owner_.put(Heard{std::move(message)}); },
                 [this](const std::string& why, net::Duration pause) {
                   owner_.put(Lost{why, std::chrono::duration<double>(pause).count()});
                 }}),
        tasks_(runtime_.executor(), nullptr),
        stop_(runtime_.executor()),
        thread_([this] { run(); }) {}

  ~Loop() {
    post([this] {
      stopping_ = true;
      stop_.notify_all();
    });
    thread_.join();
  }

  template <typename Work>
  void post(Work work) {
    net::asio::post(runtime_.executor(), std::move(work));
  }

  void carry_out(Call call) { tasks_.spawn(answer(std::move(call))); }
  void try_now() { client_.try_now(); }

 private:
  void run() {
    net::asio::co_spawn(runtime_.executor(), work(),
                        [this](std::exception_ptr) { runtime_.stop(); });
    runtime_.run();
  }

  net::Task<void> work() {
    tasks_.spawn(client_.run());
    while (!stopping_) (void)co_await stop_.wait();
    tasks_.cancel();
    (void)co_await tasks_.idle();
  }

  net::Task<void> answer(Call call) {
    const auto timeout =
        std::chrono::duration_cast<net::Duration>(std::chrono::duration<double>(call.timeout_s));
    auto made = co_await client_.call(std::move(call.method), std::move(call.path),
                                      std::move(call.content), timeout);
    Answer answer;
    answer.status = made.head.status;
    answer.body = std::move(made.body);
    answer.failure = std::move(made.failure);
    Answered answered;
    answered.call = call.number;
    answered.answer = std::move(answer);
    owner_.put(std::move(answered));
  }

  Connection& owner_;
  os::Runtime runtime_;
  fleet::MonitorClient client_;
  net::TaskGroup tasks_;
  net::Condition stop_;
  bool stopping_ = false;
  std::thread thread_;
};

Connection::Connection(const fleet::MonitorOptions& options, std::function<void()> news)
    : news_(std::move(news)), loop_(std::make_unique<Loop>(options, *this)) {}

Connection::~Connection() = default;

void Connection::put(Word word) {
  {
    const std::scoped_lock lock(mutex_);
    words_.push_back(std::move(word));
  }
  news_();
}

std::vector<Word> Connection::take() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(words_, {});
}

void Connection::call(Call call) {
  loop_->post(
      [loop = loop_.get(), its = std::move(call)]() mutable { loop->carry_out(std::move(its)); });
}

void Connection::try_now() {
  loop_->post([loop = loop_.get()] { loop->try_now(); });
}

}  // namespace dispatch::cli::monitor

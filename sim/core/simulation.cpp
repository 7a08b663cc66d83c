#include "sim/core/simulation.hpp"

#include "engine/net/ready_executor.hpp"
#include "engine/net/ready_queue.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/core.h>

#include <exception>
#include <utility>

namespace dispatch::sim {
namespace {

constexpr EventLabel kOneShotLabel{"at"};
constexpr std::uint64_t kEventsPerLook = 4096;       // a few milliseconds of real time
constexpr std::chrono::seconds kEpoch{946'684'800};  // 2000-01-01 00:00:00 UTC

double seconds(net::TimePoint when) {
  return std::chrono::duration<double>(when.time_since_epoch()).count();
}

}  // namespace

// Never run in real time: only what is ready is polled. The work guard keeps it from stopping when
// nothing is. What tasks do goes through `ready`; what Asio's own services do, through the context.
class Simulation::Context : public net::asio::io_context {
 public:
  Context() : io_context(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE), guard_(get_executor()) {}

  net::ReadyQueue ready;

  // For the executor.
  net::asio::execution_context& context() { return *this; }
  template <typename Function>
  void dispatch(Function&& function) {
    if (ready.is_running()) return ready.run_here(std::forward<Function>(function));
    post(std::forward<Function>(function));
  }
  template <typename Function>
  void post(Function&& function) {
    ready.push(net::Callback<>(std::forward<Function>(function)));
  }
  void work_began() {}
  void work_ended() {}

  // Destroys what waits on the context: handlers that are ready, and those that services keep.
  using net::asio::execution_context::shutdown;

 private:
  net::asio::executor_work_guard<executor_type> guard_;
};

struct Simulation::OneShot {
  explicit OneShot(Simulation& simulation)
      : event(simulation, kOneShotLabel, [this] { happen(); }), owner(simulation) {}

  void happen() {
    auto call = std::move(happens);
    owner.idle_one_shots_.push_back(this);
    call();
  }

  Event event;
  Simulation& owner;
  Callback happens;
};

Simulation::Simulation(std::uint64_t seed, Limits limits)
    : seed_(seed), limits_(limits), queue_(seed), context_(std::make_unique<Context>()) {}

Simulation::~Simulation() {
  drop_tasks();
}

void Simulation::drop_tasks() {
  // What a one-shot holds may hold a coroutine, and destroying a coroutine may leave new work.
  for (auto& one_shot : one_shots_) {
    one_shot.event.cancel();
    one_shot.happens.reset();
  }
  context_->ready.clear();
  context_->shutdown();
  context_->ready.clear();
}

net::WallTime Simulation::wall_now() const {
  return net::WallTime(kEpoch + now_.time_since_epoch());
}

net::asio::any_io_executor Simulation::executor() {
  return net::ReadyExecutor<Context>(*context_);
}

Random& Simulation::random(std::string_view name) {
  const auto found = randoms_.find(name);
  if (found != randoms_.end()) return found->second;
  return randoms_.emplace(std::string(name), Random(seed_, name)).first->second;
}

void Simulation::at(net::TimePoint when, Callback happens) {
  if (idle_one_shots_.empty()) idle_one_shots_.push_back(&one_shots_.emplace_back(*this));
  auto* one_shot = idle_one_shots_.back();
  idle_one_shots_.pop_back();
  one_shot->happens = std::move(happens);
  one_shot->event.schedule(when);
}

void Simulation::spawn(net::Task<void> task) {
  net::asio::co_spawn(executor(), std::move(task), [](std::exception_ptr exception) {
    if (exception) std::rethrow_exception(exception);
  });
}

void Simulation::run_ready() {
  auto& ready = context_->ready;
  while (!ready.empty()) {
    for (; !ready.empty(); ready.run_one()) count_step();
    while (context_->poll_one() != 0) count_step();
  }
}

void Simulation::count_step() {
  ++events_;
  if (events_ - instant_began_at_ > limits_.events_per_instant) livelock();
}

void Simulation::check_limits(net::TimePoint next) {
  if (look_ && events_ >= next_look_) {
    next_look_ = events_ + kEventsPerLook;
    look_();
  }
  if (next > limits_.time) {
    throw LimitError(fmt::format(
        "the simulation passed its time limit of {:.9g} s: {} events pending, the next at {:.9f} s",
        seconds(limits_.time), queue_.size(), seconds(next)));
  }
  if (events_ >= limits_.events) {
    throw LimitError(
        fmt::format("the simulation passed its limit of {} events at {:.9f} s: {} events pending",
                    limits_.events, seconds(now_), queue_.size()));
  }
  if (next != now_) {
    instant_began_at_ = events_;
  } else if (events_ - instant_began_at_ > limits_.events_per_instant) {
    livelock();
  }
}

void Simulation::livelock() const {
  throw LimitError(
      fmt::format("the simulation stands still: {} events at {:.9f} s and no end; two parties keep "
                  "answering each other without delay, or a program loops without waiting",
                  events_ - instant_began_at_, seconds(now_)));
}

void Simulation::run_event(Event& event) {
  ++events_;
  if (step_observer_) step_observer_(event.label_);
  hash_.add(static_cast<std::uint64_t>(now_.time_since_epoch().count()));
  hash_.add(event.label_.value);
  event.happens_();
}

net::TimePoint Simulation::next_event() const {
  return context_->ready.empty() ? queue_.next_time() : now_;
}

bool Simulation::step() {
  const net::ReadyQueue::Scope scope(context_->ready);
  run_ready();
  if (stopped_ || queue_.empty()) return false;
  const auto next = queue_.next_time();
  check_limits(next);
  now_ = next;
  run_event(queue_.pop());
  return true;
}

void Simulation::run() {
  stopped_ = false;
  while (step()) {
  }
}

void Simulation::run_until(net::TimePoint end) {
  stopped_ = false;
  for (;;) {
    {
      const net::ReadyQueue::Scope scope(context_->ready);
      run_ready();
    }
    if (stopped_) return;
    if (queue_.next_time() > end) break;
    step();
  }
  now_ = std::max(now_, end);
  instant_began_at_ = events_;
}

}  // namespace dispatch::sim

#include "engine/net/condition.hpp"

#include "engine/net/clock.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <optional>
#include <utility>

namespace dispatch::net {
namespace {

// Not a bare Status: Asio would turn an error_code argument into an exception.
struct Outcome {
  Status status;
};
using Token = asio::use_awaitable_t<>;
using Handler = asio::async_result<Token, void(Outcome)>::handler_type;

}  // namespace

// Lives in the coroutine frame of wait().
struct Condition::Waiter : AmongWaiters {
  using Hook = boost::intrusive::list_member_hook<
      boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

  // Destroys the task, and so this.
  void drop() {
    leave();
    asio::get_associated_cancellation_slot(*handler).clear();
    const auto dropped = std::exchange(handler, std::nullopt);
  }
  void leave() {
    unlink();
    registered.unlink();
  }

  std::optional<Handler> handler;
  Hook registered;
  std::unique_ptr<Timer> timer;  // null: no deadline
};

// Knows every waiter of a context, so that none outlives it.
class Condition::Registry : public asio::execution_context::service {
 public:
  using key_type = Registry;
  inline static asio::execution_context::id id;

  explicit Registry(asio::execution_context& context) : service(context) {}

  boost::intrusive::list<Waiter,
                         boost::intrusive::member_hook<Waiter, Waiter::Hook, &Waiter::registered>,
                         boost::intrusive::constant_time_size<false>>
      waiters;

 private:
  void shutdown() override {
    while (!waiters.empty()) waiters.front().drop();
  }
};

Condition::Condition(asio::any_io_executor executor) : executor_(std::move(executor)) {}

Condition::~Condition() {
  drop_waiters();
}

// The condition may go with a task that it belongs to.
void Condition::drop_waiters() {
  Waiters dropped;
  dropped.swap(waiters_);
  while (!dropped.empty()) static_cast<Waiter&>(dropped.front()).drop();
}

Task<Status> Condition::wait(Clock* clock, TimePoint deadline) {
  Waiter waiter;
  const auto initiate = [this, clock, deadline, &waiter](auto handler) {
    if (registry_ == nullptr) {
      registry_ = &asio::use_service<Registry>(asio::query(executor_, asio::execution::context));
    }
    waiter.handler.emplace(std::move(handler));
    waiters_.push_back(waiter);
    registry_->waiters.push_back(waiter);
    if (deadline != kNever) {
      waiter.timer = clock->make_timer();
      waiter.timer->start(deadline, [this, &waiter] { complete(waiter, asio::error::timed_out); });
    }
    auto slot = asio::get_associated_cancellation_slot(*waiter.handler);
    if (slot.is_connected()) {
      slot.assign([this, &waiter](asio::cancellation_type) {
        complete(waiter, asio::error::operation_aborted);
      });
    }
  };
  const Outcome outcome =
      co_await asio::async_initiate<const Token, void(Outcome)>(initiate, Token{});
  co_return outcome.status;
}

void Condition::complete(Waiter& waiter, Status status) {
  waiter.leave();
  const auto timer = std::move(waiter.timer);
  auto handler = std::move(*std::exchange(waiter.handler, std::nullopt));
  // Not cleared from within its own invocation: once resumed, the handler's slot is used anew.
  if (status != asio::error::operation_aborted) {
    asio::get_associated_cancellation_slot(handler).clear();
  }
  asio::post(executor_, [resumed = std::move(handler), status]() mutable {
    std::move(resumed)(Outcome{status});
  });
}

void Condition::notify_one() {
  if (!waiters_.empty()) complete(static_cast<Waiter&>(waiters_.front()), Status{});
}

void Condition::notify_all() {
  while (!waiters_.empty()) notify_one();
}

}  // namespace dispatch::net

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

struct Condition::Waiter {
  Waiter(Registry& owner, Handler&& resume);
  ~Waiter() { unregister(); }

  void unregister();
  // Destroys the task, and maybe this with it.
  void drop() {
    unregister();
    asio::get_associated_cancellation_slot(*handler).clear();
    const auto dropped = std::exchange(handler, std::nullopt);
  }

  Registry* registry;              // none once dropped
  std::optional<Handler> handler;  // none once dropped
  std::list<std::unique_ptr<Waiter>>::iterator position;
  std::list<Waiter*>::iterator registered;
  std::unique_ptr<Timer> timer;  // null: no deadline
};

// Knows every waiter of a context, so that none outlives it.
class Condition::Registry : public asio::execution_context::service {
 public:
  using key_type = Registry;
  inline static asio::execution_context::id id;

  explicit Registry(asio::execution_context& context) : service(context) {}

  std::list<Waiter*> waiters;

 private:
  void shutdown() override {
    while (!waiters.empty()) waiters.front()->drop();
  }
};

Condition::Waiter::Waiter(Registry& owner, Handler&& resume)
    : registry(&owner),
      handler(std::move(resume)),
      registered(owner.waiters.insert(owner.waiters.end(), this)) {}

void Condition::Waiter::unregister() {
  if (auto* from = std::exchange(registry, nullptr)) from->waiters.erase(registered);
}

Condition::Condition(asio::any_io_executor executor) : executor_(std::move(executor)) {}

Condition::~Condition() {
  drop_waiters();
}

void Condition::drop_waiters() {
  const auto dropped = std::exchange(waiters_, {});
  for (const auto& waiter : dropped) {
    if (waiter->handler) waiter->drop();
  }
}

Task<Status> Condition::wait(Clock* clock, TimePoint deadline) {
  const auto initiate = [this, clock, deadline](auto handler) {
    if (registry_ == nullptr) {
      registry_ = &asio::use_service<Registry>(asio::query(executor_, asio::execution::context));
    }
    auto waiter = std::make_unique<Waiter>(*registry_, std::move(handler));
    auto* raw = waiter.get();
    raw->position = waiters_.insert(waiters_.end(), std::move(waiter));
    if (deadline != kNever) {
      raw->timer = clock->make_timer();
      raw->timer->start(deadline, [this, raw] { complete(*raw, asio::error::timed_out); });
    }
    auto slot = asio::get_associated_cancellation_slot(*raw->handler);
    if (slot.is_connected()) {
      slot.assign(
          [this, raw](asio::cancellation_type) { complete(*raw, asio::error::operation_aborted); });
    }
  };
  const Outcome outcome =
      co_await asio::async_initiate<const Token, void(Outcome)>(initiate, Token{});
  co_return outcome.status;
}

void Condition::complete(Waiter& waiter, Status status) {
  const auto owned = std::move(*waiter.position);
  waiters_.erase(owned->position);
  if (!owned->handler) return;  // its context has ended
  // Not cleared from within its own invocation: once resumed, the handler's slot is used anew.
  if (status != asio::error::operation_aborted)
    asio::get_associated_cancellation_slot(*owned->handler).clear();
  asio::post(executor_, [handler = std::move(*owned->handler), status]() mutable {
    std::move(handler)(Outcome{status});
  });
}

void Condition::notify_one() {
  if (!waiters_.empty()) complete(*waiters_.front(), Status{});
}

void Condition::notify_all() {
  while (!waiters_.empty()) complete(*waiters_.front(), Status{});
}

}  // namespace dispatch::net

#include "engine/net/condition.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/post.hpp>
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
  explicit Waiter(Handler&& resume) : handler(std::move(resume)) {}

  Handler handler;
  std::list<std::unique_ptr<Waiter>>::iterator position;
};

Condition::Condition(asio::any_io_executor executor) : executor_(std::move(executor)) {}

Condition::~Condition() {
  for (auto& waiter : waiters_) {
    asio::get_associated_cancellation_slot(waiter->handler).clear();
  }
}

Task<Status> Condition::wait() {
  const auto initiate = [this](auto handler) {
    auto waiter = std::make_unique<Waiter>(std::move(handler));
    auto* raw = waiter.get();
    raw->position = waiters_.insert(waiters_.end(), std::move(waiter));
    auto slot = asio::get_associated_cancellation_slot(raw->handler);
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
  auto owned = std::move(*waiter.position);
  waiters_.erase(owned->position);
  // Not cleared from within its own invocation: once resumed, the handler's slot is used anew.
  if (!status) asio::get_associated_cancellation_slot(owned->handler).clear();
  asio::post(executor_, [handler = std::move(owned->handler), status]() mutable {
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

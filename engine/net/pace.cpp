#include "engine/net/pace.hpp"

#include "engine/net/condition.hpp"

#include <boost/asio/post.hpp>
#include <boost/intrusive/list.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace dispatch::net {

// Stands in the queue of a Pacer while it waits.
struct Pace::Bound
    : boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  struct Side {
    std::shared_ptr<Pacer> pacer;  // may be null
    std::size_t held = 0;          // taken while the other side is waited for
  };

  ~Bound() { give_up(); }

  void give_up() {
    for (auto& [pacer, held] : sides) {
      const auto bytes = std::exchange(held, 0);
      if (bytes != 0) pacer->give_back(bytes);
    }
  }

  std::array<Side, 2> sides;
  Side* lacks = nullptr;  // what take() has found wanting, and is waited for
  std::size_t need = 0;   // bytes, of that side
  Callback<> ready;
};

struct Pacer::Queue {
  boost::intrusive::list<Pace::Bound, boost::intrusive::constant_time_size<false>> waiting;
};

Pace::Pace() = default;
Pace::~Pace() = default;

std::size_t Pace::portion(std::size_t most) const {
  if (!bound_) return most;
  for (const auto& side : bound_->sides) {
    if (side.pacer) most = std::min(most, side.pacer->bucket().portion());
  }
  return most;
}

std::size_t Pace::take(std::size_t most) {
  if (!bound_) return most;
  const auto bytes = portion(most);
  for (auto& side : bound_->sides) {
    if (!side.pacer || side.held >= bytes) continue;
    if (!side.pacer->take(bytes - side.held)) {
      bound_->lacks = &side;
      bound_->need = bytes;
      return 0;
    }
    side.held = bytes;
  }
  for (auto& side : bound_->sides) side.held -= side.pacer ? bytes : 0;
  bound_->give_up();
  return bytes;
}

void Pace::give_back(std::size_t bytes) {
  if (!bound_ || bytes == 0) return;
  for (const auto& side : bound_->sides) {
    if (side.pacer) side.pacer->give_back(bytes);
  }
}

void Pace::charge(std::size_t bytes) {
  if (!bound_) return;
  for (const auto& side : bound_->sides) {
    if (side.pacer) side.pacer->bucket_->charge(bytes, side.pacer->clock_.now());
  }
}

void Pace::when_ready(Callback<> ready) {
  auto& pacer = *bound_->lacks->pacer;
  bound_->unlink();
  bound_->ready = std::move(ready);
  pacer.queue_->waiting.push_back(*bound_);
  if (&pacer.queue_->waiting.front() == bound_.get()) pacer.arm();
}

// What is called may come after the task that waits has been cancelled, or is gone: the two share
// the condition.
Task<Status> Pace::turn() {
  const auto come = std::make_shared<Condition>(bound_->lacks->pacer->executor_);
  when_ready([come] { come->notify_all(); });
  co_return co_await come->wait();
}

Task<Status> Pace::pass(std::size_t bytes) {
  while (bytes != 0) {
    const auto taken = take(bytes);
    bytes -= taken;
    if (taken != 0) continue;
    if (const auto error = co_await turn()) co_return error;
  }
  co_return Status{};
}

Pacer::Pacer(Clock& clock, asio::any_io_executor executor, std::shared_ptr<TokenBucket> bucket,
             std::function<void()> gone)
    : clock_(clock),
      executor_(std::move(executor)),
      bucket_(std::move(bucket)),
      gone_(std::move(gone)),
      queue_(std::make_unique<Queue>()),
      timer_(clock.make_timer()) {}

Pacer::~Pacer() {
  if (gone_) gone_();
}

// Not before those who wait.
bool Pacer::take(std::size_t bytes) {
  return queue_->waiting.empty() && bucket_->take(bytes, clock_.now());
}

void Pacer::give_back(std::size_t bytes) {
  bucket_->give_back(bytes);
  if (!queue_->waiting.empty()) arm();
}

// Who is called may end what keeps this.
void Pacer::serve() {
  const auto self = shared_from_this();
  auto& waiting = queue_->waiting;
  while (!waiting.empty()) {
    auto& first = waiting.front();
    if (!bucket_->take(first.need - first.lacks->held, clock_.now())) break;
    first.lacks->held = first.need;
    waiting.pop_front();
    auto ready = std::move(first.ready);
    ready();
  }
  if (!waiting.empty()) arm();
}

void Pacer::arm() {
  const auto& first = queue_->waiting.front();
  timer_->start(bucket_->ready_at(first.need - first.lacks->held, clock_.now()),
                [this] { serve(); });
}

void bind(Pace& pace, std::shared_ptr<Pacer> link, std::shared_ptr<Pacer> client) {
  if (!pace.bound_ && !link && !client) return;
  if (!pace.bound_) pace.bound_ = std::make_unique<Pace::Bound>();
  auto& bound = *pace.bound_;
  if (bound.sides[0].pacer == link && bound.sides[1].pacer == client) return;
  bound.give_up();
  if (bound.is_linked()) {
    bound.unlink();
    // By hand: a Callback moves, and does not copy.
    asio::post(bound.lacks->pacer->executor_,
               [ready = std::move(bound.ready)]() mutable { ready(); });
  }
  const bool is_free = !link && !client;
  bound.sides[0].pacer = std::move(link);
  bound.sides[1].pacer = std::move(client);
  if (is_free) pace.bound_.reset();
}

}  // namespace dispatch::net

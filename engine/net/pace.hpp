// Connections that share a rate take turns: each passes a portion, then it is the next one's turn.
#pragma once

#include "engine/net/async.hpp"
#include "engine/net/byte_counter.hpp"
#include "engine/net/callback.hpp"
#include "engine/net/clock.hpp"
#include "engine/net/token_bucket.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <span>

namespace dispatch::net {

class Pacer;

// Of one direction of one connection: when it may pass bytes on, and how many. One that is free
// (bound to no Pacer) holds nothing back and costs nothing. Used on its event loop only; at most
// one waits at a time, by when_ready() or pass().
class Pace {
 public:
  Pace();
  ~Pace();
  Pace(const Pace&) = delete;
  Pace& operator=(const Pace&) = delete;

  bool is_free() const { return bound_ == nullptr; }

  // How many bytes may pass now: `most`, or a portion of it. 0: none, see when_ready(). What the
  // caller does not use of them he gives back before he waits for anything.
  std::size_t take(std::size_t most);
  void give_back(std::size_t bytes);
  // Bytes that have passed without a question.
  void charge(std::size_t bytes);

  // After take() has said 0: calls `ready` once, from the executor, never from within, when it is
  // this connection's turn. To be followed by take().
  void when_ready(Callback<> ready);
  // The same for a task. Errors: operation_aborted.
  Task<Status> turn();

  // Waits until all of `bytes` may pass; of no more than a portion, so that others have their turn.
  // Errors: operation_aborted.
  Task<Status> pass(std::size_t bytes);
  std::size_t portion(std::size_t most) const;

 private:
  friend class Pacer;
  friend void bind(Pace& pace, std::shared_ptr<Pacer> link, std::shared_ptr<Pacer> client);
  struct Bound;

  std::unique_ptr<Bound> bound_;  // null: free
};

// Sees the first bytes of a direction as they leave their source, whatever becomes of them then.
class Witness {
 public:
  // In order. False: it has seen enough, and is not asked again.
  virtual bool sees(std::span<const std::byte> bytes) = 0;

 protected:
  ~Witness() = default;
};

// A direction's bytes are counted by the one, held back by the other, if there is one, and the
// first of them are shown to the last, if there is one.
struct Meter {
  Meter(ByteCounter& of, Pace* by = nullptr, Witness* before = nullptr)  // NOLINT: a counter is one
      : counter(&of), pace(by), witness(before) {}

  bool is_paced() const { return pace != nullptr && !pace->is_free(); }

  // Bytes have left the source.
  void show(std::span<const std::byte> bytes) {
    if (witness != nullptr && !witness->sees(bytes)) witness = nullptr;
  }

  // Of the bytes that Pace::take or Pace::pass let through, the sink has taken so many.
  void took(std::size_t bytes, std::size_t let_through) const {
    counter->add(bytes);
    if (bytes != let_through && is_paced()) pace->give_back(let_through - bytes);
  }

  ByteCounter* counter;
  Pace* pace;
  Witness* witness;  // null: it has seen enough
};

// The queue of those who share a TokenBucket, on one event loop: first come, first served, and who
// has been served and wants more stands at the end again. Paces that are bound to it keep it.
class Pacer : public std::enable_shared_from_this<Pacer> {
 public:
  // `clock` outlives it. `gone` is called when nobody is bound to it any longer.
  Pacer(Clock& clock, asio::any_io_executor executor, std::shared_ptr<TokenBucket> bucket,
        std::function<void()> gone);
  ~Pacer();

  TokenBucket& bucket() { return *bucket_; }
  // To be called after TokenBucket::set.
  void limit_changed() { serve(); }

 private:
  friend class Pace;
  friend void bind(Pace& pace, std::shared_ptr<Pacer> link, std::shared_ptr<Pacer> client);
  struct Queue;

  bool take(std::size_t bytes);
  void give_back(std::size_t bytes);
  void serve();
  void arm();

  Clock& clock_;
  asio::any_io_executor executor_;
  std::shared_ptr<TokenBucket> bucket_;
  std::function<void()> gone_;
  std::unique_ptr<Queue> queue_;
  std::unique_ptr<Timer> timer_;
};

// By what `pace` is held back from now on: both of these, null for none. Who waits asks again.
void bind(Pace& pace, std::shared_ptr<Pacer> link, std::shared_ptr<Pacer> client);

// Holds nothing back any longer, so that who waits finds out that his streams have ended.
inline void release(Pace& pace) {
  if (!pace.is_free()) bind(pace, nullptr, nullptr);
}

}  // namespace dispatch::net

// The executor of an event loop.
#pragma once

#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/execution_context.hpp>

#include <type_traits>
#include <utility>

namespace dispatch::net {

// As an io_context's: dispatch() from within a handler calls at once, post() never does. A Loop has
//
//     boost::asio::execution_context& context();  // whose services are those of the executor
//     void dispatch(Function&&);                  // calls at once, if it may, or posts
//     void post(Function&&);
//     void work_began(), work_ended();            // does not end meanwhile, though nothing is
//     ready
//
// It outlives its executors, which may be used wherever the Loop's functions may.
template <typename Loop, bool never_blocks = false, bool is_work = false>
class ReadyExecutor {
  using Context = boost::asio::execution::context_t;
  using Blocking = boost::asio::execution::blocking_t;
  using Work = boost::asio::execution::outstanding_work_t;

 public:
  explicit ReadyExecutor(Loop& loop) : loop_(&loop) { count(); }
  ReadyExecutor(const ReadyExecutor& other) noexcept : loop_(other.loop_) { count(); }
  ReadyExecutor(ReadyExecutor&& other) noexcept : loop_(other.loop_) {
    if constexpr (is_work) other.loop_ = nullptr;
  }
  ReadyExecutor& operator=(ReadyExecutor other) noexcept {
    std::swap(loop_, other.loop_);
    return *this;
  }
  ~ReadyExecutor() {
    if constexpr (is_work) {
      if (loop_ != nullptr) loop_->work_ended();
    }
  }

  boost::asio::execution_context& query(Context) const noexcept { return loop_->context(); }
  static constexpr Blocking query(Blocking) noexcept {
    return never_blocks ? Blocking(Blocking::never_t()) : Blocking(Blocking::possibly_t());
  }
  static constexpr Work query(Work) noexcept {
    return is_work ? Work(Work::tracked_t()) : Work(Work::untracked_t());
  }
  auto require(Blocking::possibly_t) const { return ReadyExecutor<Loop, false, is_work>(*loop_); }
  auto require(Blocking::never_t) const { return ReadyExecutor<Loop, true, is_work>(*loop_); }
  auto require(Work::tracked_t) const { return ReadyExecutor<Loop, never_blocks, true>(*loop_); }
  auto require(Work::untracked_t) const { return ReadyExecutor<Loop, never_blocks, false>(*loop_); }

  template <typename Function>
  void execute(Function&& function) const {
    if constexpr (never_blocks) {
      loop_->post(std::forward<Function>(function));
    } else {
      loop_->dispatch(std::forward<Function>(function));
    }
  }

  friend bool operator==(const ReadyExecutor& a, const ReadyExecutor& b) noexcept {
    return a.loop_ == b.loop_;
  }
  friend bool operator!=(const ReadyExecutor& a, const ReadyExecutor& b) noexcept {
    return !(a == b);
  }

 private:
  void count() const {
    if constexpr (is_work) loop_->work_began();
  }

  Loop* loop_;
};

}  // namespace dispatch::net

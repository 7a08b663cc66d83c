// What many cases need: a connected pair, known data, a task beside the body.
#pragma once

#include "engine/net/condition.hpp"
#include "tests/conformance/world.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace dispatch::conformance {

using namespace std::chrono_literals;

// Data in which every byte depends on its place: what is lost, doubled or swapped does not match.
std::vector<std::byte> pattern(std::size_t bytes, std::uint64_t offset = 0);
bool matches_pattern(std::span<const std::byte> bytes, std::uint64_t offset);

std::span<const std::byte> bytes_of(std::string_view text);

// A connection from the client to the server. Fails the case where there is none.
struct Pair {
  net::StreamPtr client;
  net::StreamPtr server;
};
net::Task<Pair> connect_pair(World& world, net::Family family,
                             const net::Egress& egress = net::kAnyEgress);

// Sends `bytes` of the pattern, in pieces of odd sizes.
net::Task<net::Result<std::size_t>> send_pattern(net::Stream& stream, std::size_t bytes);
// Receives to the end of the stream: how much, or illegal_byte_sequence where it is not the
// pattern.
net::Task<net::Result<std::size_t>> receive_pattern(net::Stream& stream);

net::Task<net::Result<std::size_t>> as_result(net::Task<net::Status> operation);
// The error of the side that failed; the number of bytes else.
net::Task<net::Result<std::size_t>> relayed(net::Stream& source, net::Stream& sink);

// Waits in the world's time.
net::Task<void> pause(World& world, net::Duration duration);

// A task that runs beside the body. It must have ended before what it uses is destroyed: where it
// does not end by itself, stop it.
template <typename T>
class Running {
 public:
  Running(net::Runtime& runtime, net::Task<net::Result<T>> task)
      : state_(std::make_shared<State>(runtime.executor())) {
    auto ended = [state = state_](std::exception_ptr exception, net::Result<T> result) {
      if (exception) {
        state->result = net::Error(net::asio::error::operation_aborted);
      } else {
        state->result = std::move(result);
      }
      state->ended.notify_all();
    };
    net::asio::co_spawn(runtime.executor(), std::move(task),
                        net::asio::bind_cancellation_slot(state_->cancel.slot(), std::move(ended)));
  }
  ~Running() { cancel(); }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  void cancel() { state_->cancel.emit(net::asio::cancellation_type::terminal); }
  net::Task<void> stop() {
    cancel();
    co_await result();
  }
  bool done() const { return state_->result.has_value(); }

  net::Task<net::Result<T>> result() {
    const auto state = state_;
    while (!state->result) {
      if (const auto error = co_await state->ended.wait()) co_return error;
    }
    co_return std::move(*state->result);
  }

 private:
  struct State {
    explicit State(net::asio::any_io_executor executor) : ended(std::move(executor)) {}
    net::asio::cancellation_signal cancel;
    std::optional<net::Result<T>> result;
    net::Condition ended;
  };
  std::shared_ptr<State> state_;
};

}  // namespace dispatch::conformance

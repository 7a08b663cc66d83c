// The adapter that lets libraries written for Asio's streams (Boost.Beast, asio::ssl) run over the
// seam, and so in both worlds.
#pragma once

#include "engine/net/stream.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <exception>
#include <span>
#include <utility>

namespace dispatch::net {

// Models Asio's AsyncReadStream and AsyncWriteStream. Does not own the stream. The peer's end of
// stream is asio::error::eof, as Asio has it. Only the first non-empty buffer of a sequence is used
// by each operation, which "some" allows.
class AsyncStream {
 public:
  using executor_type = asio::any_io_executor;
  using lowest_layer_type = AsyncStream;

  AsyncStream(Stream& stream, executor_type executor)
      : stream_(&stream), executor_(std::move(executor)) {}

  executor_type get_executor() const { return executor_; }
  lowest_layer_type& lowest_layer() { return *this; }
  Stream& stream() { return *stream_; }

  template <typename MutableBuffers, typename Token>
  auto async_read_some(const MutableBuffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(Error, std::size_t)>(
        [this](auto handler, asio::mutable_buffer buffer) {
          if (buffer.size() == 0) return complete(std::move(handler), Error{}, 0);
          spawn(stream_->read_some({static_cast<std::byte*>(buffer.data()), buffer.size()}),
                std::move(handler), asio::error::eof);
        },
        token, first_of<asio::mutable_buffer>(buffers));
  }

  template <typename ConstBuffers, typename Token>
  auto async_write_some(const ConstBuffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(Error, std::size_t)>(
        [this](auto handler, asio::const_buffer buffer) {
          if (buffer.size() == 0) return complete(std::move(handler), Error{}, 0);
          spawn(stream_->write_some({static_cast<const std::byte*>(buffer.data()), buffer.size()}),
                std::move(handler), Error{});
        },
        token, first_of<asio::const_buffer>(buffers));
  }

 private:
  template <typename Buffer, typename Buffers>
  static Buffer first_of(const Buffers& buffers) {
    for (auto it = asio::buffer_sequence_begin(buffers); it != asio::buffer_sequence_end(buffers);
         ++it) {
      if (Buffer buffer(*it); buffer.size() != 0) return buffer;
    }
    return {};
  }

  template <typename Handler>
  void complete(Handler&& handler, Error error, std::size_t bytes) {
    asio::post(executor_, [handler = std::forward<Handler>(handler), error, bytes]() mutable {
      std::move(handler)(error, bytes);
    });
  }

  // `at_zero` is what an operation that moved nothing means.
  template <typename Handler>
  void spawn(Task<Result<std::size_t>> operation, Handler&& handler, Error at_zero) {
    auto slot = asio::get_associated_cancellation_slot(handler);
    asio::co_spawn(executor_, std::move(operation),
                   asio::bind_cancellation_slot(
                       slot, [handler = std::forward<Handler>(handler), at_zero](
                                 std::exception_ptr exception, Result<std::size_t> result) mutable {
                         if (exception) {
                           std::move(handler)(Error{asio::error::operation_aborted}, 0);
                         } else if (!result) {
                           std::move(handler)(result.error(), 0);
                         } else {
                           std::move(handler)(*result == 0 ? at_zero : Error{}, *result);
                         }
                       }));
  }

  Stream* stream_;
  executor_type executor_;
};

// What Beast's WebSocket asks of the layer below it when it closes (found by argument-dependent
// lookup). Template parameters stand for beast::role_type, so that this header needs no Beast.
template <typename Role>
void teardown(Role, AsyncStream& stream, Error& error) {
  error = stream.stream().shutdown_write();
}

template <typename Role, typename Handler>
void async_teardown(Role, AsyncStream& stream, Handler&& handler) {
  const auto error = stream.stream().shutdown_write();
  asio::post(stream.get_executor(), [handler = std::forward<Handler>(handler), error]() mutable {
    std::move(handler)(error);
  });
}

}  // namespace dispatch::net

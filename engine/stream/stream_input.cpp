#include "engine/stream/stream_input.hpp"

#include "engine/net/accept_loop.hpp"
#include "engine/stream/back_off.hpp"

#include <algorithm>
#include <exception>
#include <utility>
#include <vector>

namespace dispatch::stream {
namespace {

constexpr std::size_t kStreamReadBytes = 128 * 1024;

}  // namespace

StreamInput::StreamInput(Hub& hub, net::Runtime& runtime, std::string name,
                         std::size_t datagram_bytes)
    : Input(hub, std::move(name)), runtime_(runtime), datagram_bytes_(datagram_bytes) {}

net::Task<net::Status> StreamInput::read(net::Stream& stream) {
  std::vector<std::byte> buffer(std::max<std::size_t>(kStreamReadBytes / datagram_bytes_, 1) *
                                datagram_bytes_);
  std::vector<Chunk> chunks;
  for (;;) {
    if (!hub().has_room()) {
      if (const auto error = co_await hub().room()) co_return error;
    }
    const auto got = co_await stream.read_some(buffer);
    if (!got) co_return got.error();
    if (*got == 0) co_return net::Status{};
    chunks.clear();
    cut(std::span<const std::byte>(buffer).first(*got), datagram_bytes_, chunks);
    brought((*got + datagram_bytes_ - 1) / datagram_bytes_, *got);
    hub().pass(chunks);
  }
}

ConnectInput::ConnectInput(Hub& hub, net::Runtime& runtime, std::string name,
                           std::size_t datagram_bytes, Connector connector)
    : StreamInput(hub, runtime, std::move(name), datagram_bytes),
      connector_(std::move(connector)) {}

net::Task<net::Status> ConnectInput::run() {
  BackOff back_off(runtime().entropy());
  for (;;) {
    auto stream = co_await connector_.connect();
    net::Status status;
    if (stream) {
      runtime().log().info("{}: connected", name());
      back_off.reset();
      status = co_await read(**stream);
    } else {
      status = stream.error();
    }
    if (net::is_cancelled(status)) co_return status;
    const auto delay = back_off.next();
    runtime().log().warning("{}: {}; the next attempt is in {} ms", name(),
                            status ? status.message() : "ended by its peer",
                            delay / std::chrono::milliseconds(1));
    if (const auto error = co_await runtime().clock().sleep_for(delay)) co_return error;
  }
}

ListenInput::ListenInput(Hub& hub, net::Runtime& runtime, std::size_t datagram_bytes,
                         Acceptor acceptor)
    : StreamInput(hub, runtime, to_string(acceptor.spec()), datagram_bytes),
      acceptor_(std::move(acceptor)),
      serving_(runtime.executor(), [](std::exception_ptr bug) { std::rethrow_exception(bug); }) {}

net::Task<net::Status> ListenInput::run() {
  co_await net::accept_loop(runtime(), acceptor_.listener(), [this](net::StreamPtr stream) {
    serving_.spawn(serve(std::move(stream)));
  });
  co_return net::asio::error::operation_aborted;
}

net::Task<void> ListenInput::serve(net::StreamPtr stream) {
  const auto peer = net::to_string(stream->remote_endpoint());
  auto welcome = co_await acceptor_.welcome(std::move(stream));
  auto status = welcome ? net::Status{} : welcome.error();
  if (welcome) status = co_await read(**welcome);
  if (status && !net::is_cancelled(status)) {
    runtime().log().info("{}: {}: {}", name(), peer, status.message());
  }
}

net::Task<void> ListenInput::stop() {
  acceptor_.listener().close();
  serving_.cancel();
  (void)co_await serving_.idle();
}

}  // namespace dispatch::stream

#include "engine/stream/byte_output.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>

#include <algorithm>
#include <utility>

namespace dispatch::stream {
namespace {

constexpr std::size_t kWriteBytes = 256 * 1024;

}  // namespace

ByteOutput::ByteOutput(Hub& hub, net::Runtime& runtime, std::string name, Slowness slowness)
    : Output(hub, runtime.executor(), std::move(name), slowness),
      runtime_(runtime),
      peer_end_(runtime.executor()) {}

net::Task<net::Error> ByteOutput::serve(net::Stream& stream) {
  using net::asio::experimental::awaitable_operators::operator||;
  stream_ = &stream;
  progress_ = 0;
  peer_ended_ = false;
  // However it ends: this may be cancelled.
  struct Leave {
    ~Leave() { output.left(); }
    ByteOutput& output;
  } leave{*this};
  const auto ended = co_await (write(stream) || watch(stream));
  co_return std::visit([](const net::Error& error) { return error; }, ended);
}

net::Task<net::Error> ByteOutput::write(net::Stream& stream) {
  for (;;) {
    if (const auto error = co_await backlog()) co_return error;
    const auto piece = sending().contiguous(progress_);
    std::size_t written = 0;
    if (!piece.empty()) {
      const auto taken =
          co_await stream.write_some(piece.first(std::min(piece.size(), kWriteBytes)));
      if (!taken) co_return taken.error();
      written = *taken;
    }
    advance(written);
  }
}

// A peer that sends nothing more may still want to hear; one that is gone resets.
net::Task<net::Error> ByteOutput::watch(net::Stream& stream) {
  for (;;) {
    const auto got = co_await stream.discard_some(kWriteBytes);
    if (!got || *got == 0) {
      peer_has_ended();
      if (!got) co_return got.error();
      co_return co_await runtime_.clock().sleep_until(net::kNever);
    }
  }
}

void ByteOutput::left() {
  stream_ = nullptr;
  peer_has_ended();
}

void ByteOutput::peer_has_ended() {
  peer_ended_ = true;
  peer_end_.notify_all();
}

void ByteOutput::advance(std::size_t bytes) {
  progress_ += bytes;
  while (!sending().empty() && progress_ >= sending().front_size()) {
    progress_ -= sending().front_size();
    sent(1, sending().front_size());
    sending().pop_front();
  }
  backlog_shrank();
}

net::Task<void> ByteOutput::finish() {
  if (stream_ == nullptr) co_return;
  (void)stream_->shutdown_write();
  auto& clock = runtime_.clock();
  const auto deadline = clock.now() + kFinishTimeout;
  while (!peer_ended_) {
    if (const auto error = co_await peer_end_.wait_until(clock, deadline)) co_return;
  }
}

}  // namespace dispatch::stream

#include "engine/stream/file_input.hpp"

#include <algorithm>
#include <utility>

namespace dispatch::stream {
namespace {

constexpr std::size_t kReadBytes = 256 * 1024;

// Whole datagrams, one at least.
std::size_t buffer_bytes(std::size_t datagram_bytes, const Pacer& pacer) {
  const auto most =
      pacer.is_paced() ? std::min<std::size_t>(kReadBytes, pacer.burst()) : kReadBytes;
  return std::max<std::size_t>(most / datagram_bytes, 1) * datagram_bytes;
}

}  // namespace

FileInput::FileInput(Hub& hub, std::string name, net::FilePtr file, net::Clock& clock,
                     const Options& options)
    : Input(hub, std::move(name)),
      file_(std::move(file)),
      datagram_bytes_(options.datagram_bytes),
      pacer_(clock, options.bytes_per_second),
      buffer_(buffer_bytes(datagram_bytes_, pacer_)) {}

net::Task<net::Status> FileInput::run() {
  for (;;) {
    if (const auto error = co_await pacer_.turn()) co_return error;
    if (!hub().has_room()) {
      if (const auto error = co_await hub().room()) co_return error;
    }
    const auto got = co_await file_->read_some(buffer_);
    if (!got) co_return got.error();
    if (*got == 0) co_return net::Status{};
    chunks_.clear();
    cut(std::span<const std::byte>(buffer_).first(*got), datagram_bytes_, chunks_);
    brought((*got + datagram_bytes_ - 1) / datagram_bytes_, *got);
    pacer_.sent(*got);
    hub().pass(chunks_);
  }
}

}  // namespace dispatch::stream

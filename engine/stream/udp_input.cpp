#include "engine/stream/udp_input.hpp"

#include <boost/system/errc.hpp>

#include <utility>

namespace dispatch::stream {

UdpInput::UdpInput(Hub& hub, std::string name, net::DatagramPtr socket)
    : Input(hub, std::move(name)),
      socket_(std::move(socket)),
      bytes_(std::make_unique_for_overwrite<std::byte[]>(kSlots * kSlotBytes)) {
  for (std::size_t i = 0; i < kSlots; ++i) {
    slots_[i].buffer = {bytes_.get() + i * kSlotBytes, kSlotBytes};
  }
  chunks_.reserve(kSlots);
}

net::Task<net::Status> UdpInput::run() {
  for (;;) {
    if (!hub().has_room()) {
      if (const auto error = co_await hub().room()) co_return error;
    }
    const auto filled = co_await socket_->receive(slots_);
    if (!filled) co_return filled.error();
    pass(std::span(slots_).first(*filled));
  }
}

void UdpInput::pass(std::span<const net::DatagramIn> batch) {
  chunks_.clear();
  std::uint64_t datagrams = 0;
  std::uint64_t bytes = 0;
  for (const auto& each : batch) {
    chunks_.push_back({each.data(), each.segment, {}, &each.from, socket_.get()});
    datagrams += chunks_.back().datagrams();
    bytes += each.size;
  }
  brought(datagrams, bytes);
  hub().pass(chunks_);
}

Figures UdpInput::figures() const {
  auto figures = Input::figures();
  figures.lost += socket_->dropped();
  return figures;
}

}  // namespace dispatch::stream

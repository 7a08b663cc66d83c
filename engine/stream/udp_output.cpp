#include "engine/stream/udp_output.hpp"

#include <boost/system/errc.hpp>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace dispatch::stream {
namespace {

namespace errc = boost::system::errc;

// The interface or its address has gone, or the routes of it.
bool is_of_way_out(const net::Error& error) {
  return error == errc::no_such_device || error == errc::no_such_device_or_address ||
         error == errc::address_not_available || error == errc::network_unreachable ||
         error == errc::network_down || error == errc::invalid_argument;
}

// Said by the receiver's host, or by a router, of what has been sent before.
bool is_of_earlier_one(const net::Error& error) {
  return error == errc::connection_refused || error == errc::host_unreachable;
}

std::size_t datagrams_in(const net::DatagramOut& out) {
  return out.segment == 0 ? 1 : (out.size() + out.segment - 1) / out.segment;
}

}  // namespace

UdpOutput::UdpOutput(Hub& hub, net::asio::any_io_executor executor, net::Clock& clock,
                     std::string name, Slowness slowness, net::DatagramPtr socket, Open open)
    : Output(hub, executor, std::move(name), slowness),
      clock_(clock),
      open_(std::move(open)),
      socket_(std::move(socket)),
      reopened_(std::move(executor)) {}

// By what the batch takes of it: a chunk, or one of its datagrams.
void UdpOutput::advance(std::span<const Chunk> chunks, Position& position) const {
  const auto& chunk = chunks[position.chunk];
  const bool split = one_by_one_ && chunk.segment != 0;
  position.offset += split ? std::min(chunk.segment, chunk.data.size() - position.offset)
                           : chunk.data.size() - position.offset;
  if (position.offset == chunk.data.size()) position = {position.chunk + 1, 0};
}

std::size_t UdpOutput::fill(std::span<const Chunk> chunks, Position from) {
  std::size_t count = 0;
  while (count < kBatch && from.chunk < chunks.size()) {
    const auto& chunk = chunks[from.chunk];
    auto& out = batch_[count++];
    out.head = chunk.head;
    out.data = chunk.data.subspan(from.offset);
    out.segment = chunk.segment;
    if (one_by_one_ && chunk.segment != 0) {
      out.data = out.data.first(std::min(chunk.segment, out.data.size()));
    }
    if (one_by_one_ || out.data.size() <= out.segment) out.segment = 0;
    advance(chunks, from);
  }
  return count;
}

net::Result<std::size_t> UdpOutput::try_send(std::size_t count) {
  if (!socket_) return net::errno_error(ENETDOWN);
  return socket_->try_send(std::span(batch_).first(count));
}

bool UdpOutput::may_retry(const net::Error& error) {
  if (error == errc::message_size && batch_.front().segment != 0) {
    one_by_one_ = true;
    return true;
  }
  trouble_ = error;
  trouble_at_ = clock_.now();
  if (is_of_way_out(error) && reopen()) return true;
  if (!is_of_earlier_one(error) || std::exchange(retried_, true)) return false;
  last_was_refused();
  return true;
}

// The word of the receiver, or of a router, comes with the datagram after the one that it refused.
void UdpOutput::last_was_refused() {
  lost(last_.datagrams, last_.bytes);
  not_sent(last_.datagrams, last_.bytes);
  last_ = {};
}

// The old socket lasts until nobody waits for it.
bool UdpOutput::reopen() {
  const auto now = clock_.now();
  if (!open_ || now < reopen_at_) return false;
  reopen_at_ = now + kReopenInterval;
  auto socket = open_();
  if (!socket) return false;
  if (socket_) socket_->close();
  socket_ = std::move(*socket);
  reopened_.notify_all();
  return true;
}

void UdpOutput::count_sent(std::span<const net::DatagramOut> batch) {
  retried_ = false;
  // What was refused on its way is heard of later: that something has left tells nothing.
  if (trouble_ && (!is_of_earlier_one(trouble_) || clock_.now() - trouble_at_ >= kTroubleLasts)) {
    trouble_ = {};
  }
  for (const auto& each : batch) {
    last_.datagrams = datagrams_in(each);
    last_.bytes = each.size();
    sent(last_.datagrams, last_.bytes);
  }
}

Output::Position UdpOutput::send_now(std::span<const Chunk> chunks) {
  Position position;
  while (position.chunk < chunks.size()) {
    const auto count = fill(chunks, position);
    const auto taken = try_send(count);
    if (!taken) {
      if (taken.error() == errc::operation_would_block) return position;
      if (may_retry(taken.error())) continue;
      lost(datagrams_in(batch_.front()), batch_.front().size());
      advance(chunks, position);
      retried_ = false;
      continue;
    }
    count_sent(std::span(batch_).first(*taken));
    for (std::size_t i = 0; i < *taken; ++i) advance(chunks, position);
  }
  return position;
}

std::size_t UdpOutput::fill_from_backlog() {
  const auto count = std::min(kBatch, sending().datagrams());
  std::size_t offset = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto parts = sending().at(i, offset);
    batch_[i] = {parts.second, {}, parts.first};
    offset += sending().size_of(i);
  }
  return count;
}

net::Task<void> UdpOutput::run() {
  for (;;) {
    if (co_await backlog()) co_return;
    const auto count = fill_from_backlog();
    const auto socket = socket_;
    net::Result<std::size_t> taken = net::errno_error(ENETDOWN);
    if (socket) {
      taken = co_await socket->send(std::span<const net::DatagramOut>(batch_).first(count));
    }
    if (!taken && net::is_cancelled(taken.error())) {
      if (socket == socket_) co_return;
      continue;  // closed, for another one
    }
    if (!taken && may_retry(taken.error())) continue;
    if (taken) {
      count_sent(std::span(batch_).first(*taken));
    } else {
      lost(1, sending().front_size());
      retried_ = false;
    }
    const auto handled = taken ? *taken : 1;
    for (std::size_t i = 0; i < handled; ++i) sending().pop_front();
    backlog_shrank();
  }
}

net::Task<void> UdpOutput::listen(Ears ears) {
  constexpr std::size_t kSlots = 8;
  constexpr std::size_t kSlotBytes = 2048;
  std::array<std::array<std::byte, kSlotBytes>, kSlots> bytes;
  std::array<net::DatagramIn, kSlots> slots;
  for (std::size_t i = 0; i < kSlots; ++i) slots[i].buffer = bytes[i];
  for (;;) {
    const auto socket = socket_;
    if (!socket) {
      if (co_await reopened_.wait()) co_return;
      continue;
    }
    const auto filled = co_await socket->receive(slots);
    if (filled) {
      for (std::size_t i = 0; i < *filled; ++i) {
        slots[i].for_each([&](std::span<const std::byte> datagram) { ears.heard(datagram); });
      }
    } else if (is_of_earlier_one(filled.error())) {
      trouble_ = filled.error();
      trouble_at_ = clock_.now();
      last_was_refused();
      if (filled.error() == errc::connection_refused) ears.refused();
    } else if (socket == socket_) {
      if (net::is_cancelled(filled.error())) co_return;
      if (co_await clock_.sleep_for(kReopenInterval)) co_return;
    }
  }
}

}  // namespace dispatch::stream

#include "engine/stream/unframer.hpp"

#include <algorithm>
#include <utility>

namespace dispatch::stream {

Unframer::Unframer(Hub& from, HubOf hub_of) : from_(from), hub_of_(std::move(hub_of)) {
  from_.add(*this);
}

Unframer::~Unframer() {
  from_.remove(*this);
}

void Unframer::take(std::span<const Chunk> chunks) {
  for (const auto& chunk : chunks) {
    chunk.for_each(0, [&](std::span<const std::byte> datagram) { take(datagram); });
  }
  flush();
}

void Unframer::take(std::span<const std::byte> datagram) {
  const auto frame = decode_frame(datagram);
  if (!frame) {
    ++strangers_;
    return;
  }
  auto found = streams_.find(frame->stream);
  if (found == streams_.end()) {
    if (streams_.size() == kStreamsMost) {
      ++strangers_;
      return;
    }
    found = streams_.try_emplace(frame->stream).first;
    found->second.hub = &hub_of_(frame->stream);
    found->second.hub->feeds_from(from_);
  }
  auto& stream = found->second;
  if (frame->kind == Frame::Kind::end) {
    const bool is_news = !stream.log.has_ended();
    stream.log.end(frame->sequence);
    if (is_news && ended_) ended_();
    return;
  }
  if (!stream.log.take(frame->sequence)) return;
  if (hub_ != stream.hub || count_ == kBatch) flush();
  hub_ = stream.hub;
  payloads_[count_++] = {frame->payload, 0, {}};
}

void Unframer::flush() {
  if (count_ != 0) hub_->pass(std::span(payloads_).first(std::exchange(count_, 0)));
}

bool Unframer::has_room() const {
  return std::ranges::all_of(streams_,
                             [](const auto& each) { return each.second.hub->has_room(); });
}

std::map<std::uint32_t, SequenceFigures> Unframer::figures() const {
  std::map<std::uint32_t, SequenceFigures> all;
  for (const auto& [number, stream] : streams_) all[number] = stream.log.figures();
  return all;
}

bool Unframer::all_ended() const {
  return !streams_.empty() && std::ranges::all_of(streams_, [](const auto& each) {
    return each.second.log.has_ended();
  });
}

}  // namespace dispatch::stream

#include "engine/stream/framer.hpp"

#include <utility>

namespace dispatch::stream {

Framer::Framer(Hub& from, Hub& to, net::Clock& clock, std::uint32_t stream)
    : from_(from), to_(to), clock_(clock), stream_(stream) {
  from_.add(*this);
  to_.feeds_from(from_);
}

Framer::~Framer() {
  from_.remove(*this);
}

void Framer::take(std::span<const Chunk> chunks) {
  const auto now = static_cast<std::uint64_t>(clock_.wall_now().time_since_epoch().count());
  for (const auto& chunk : chunks) {
    chunk.for_each(0, [&](std::span<const std::byte> datagram) {
      add({Frame::Kind::data, stream_, next_++, now, datagram});
    });
  }
  flush();
}

void Framer::finish() {
  const auto now = static_cast<std::uint64_t>(clock_.wall_now().time_since_epoch().count());
  for (int i = 0; i < kEnds; ++i) add({Frame::Kind::end, stream_, next_, now, {}});
  flush();
}

void Framer::add(Frame frame) {
  headers_[count_] = encode_frame_header(frame);
  frames_[count_] = {frame.payload, 0, headers_[count_]};
  if (++count_ == kBatch) flush();
}

void Framer::flush() {
  to_.pass(std::span(frames_).first(std::exchange(count_, 0)));
}

}  // namespace dispatch::stream

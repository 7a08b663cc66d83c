#include "engine/stream/hub.hpp"

#include "engine/stream/sink.hpp"

#include <algorithm>

namespace dispatch::stream {

void Hub::add(Sink& sink) {
  sinks_.push_back(&sink);
}

void Hub::remove(Sink& sink) {
  std::erase(sinks_, &sink);
  room_made();
}

void Hub::pass(std::span<const Chunk> chunks) {
  for (auto* sink : sinks_) sink->take(chunks);
}

bool Hub::has_room() const {
  return std::ranges::all_of(sinks_, [](const Sink* sink) { return sink->has_room(); });
}

net::Task<net::Status> Hub::room() {
  while (!has_room()) {
    if (const auto error = co_await room_.wait()) co_return error;
  }
  co_return net::Status{};
}

}  // namespace dispatch::stream

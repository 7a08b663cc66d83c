#include "engine/stream/hub.hpp"

#include "engine/stream/output.hpp"

#include <algorithm>

namespace dispatch::stream {

void Hub::add(Output& output) {
  outputs_.push_back(&output);
}

void Hub::remove(Output& output) {
  std::erase(outputs_, &output);
  room_made();
}

void Hub::pass(std::span<const Chunk> chunks) {
  for (auto* output : outputs_) output->take(chunks);
}

bool Hub::has_room() const {
  return std::ranges::all_of(outputs_, [](const Output* output) { return output->has_room(); });
}

net::Task<net::Status> Hub::room() {
  while (!has_room()) {
    if (const auto error = co_await room_.wait()) co_return error;
  }
  co_return net::Status{};
}

}  // namespace dispatch::stream

#include "engine/stream/demultiplexer.hpp"

#include <algorithm>
#include <utility>

namespace dispatch::stream {

Demultiplexer::Demultiplexer(Hub& from, HubOf hub_of) : from_(from), hub_of_(std::move(hub_of)) {
  from_.add(*this);
}

Demultiplexer::~Demultiplexer() {
  from_.remove(*this);
}

Hub& Demultiplexer::hub_for(const Chunk& chunk) {
  if (chunk.from == nullptr) {
    if (nobodys_ == nullptr) {
      nobodys_ = &hub_of_(nullptr);
      nobodys_->feeds_from(from_);
    }
    return *nobodys_;
  }
  auto found = hubs_.find(*chunk.from);
  if (found == hubs_.end()) {
    found = hubs_.emplace(*chunk.from, &hub_of_(chunk.from)).first;
    found->second->feeds_from(from_);
  }
  return *found->second;
}

// What follows each other of one sender goes on together.
void Demultiplexer::take(std::span<const Chunk> chunks) {
  while (!chunks.empty()) {
    const auto other = std::ranges::find_if(chunks, [&](const Chunk& each) {
      if ((each.from == nullptr) != (chunks.front().from == nullptr)) return true;
      return each.from != nullptr && *each.from != *chunks.front().from;
    });
    const auto count = static_cast<std::size_t>(other - chunks.begin());
    hub_for(chunks.front()).pass(chunks.first(count));
    chunks = chunks.subspan(count);
  }
}

bool Demultiplexer::has_room() const {
  const auto all =
      std::ranges::all_of(hubs_, [](const auto& each) { return each.second->has_room(); });
  return all && (nobodys_ == nullptr || nobodys_->has_room());
}

}  // namespace dispatch::stream

#include "engine/stream/output.hpp"

#include <utility>

namespace dispatch::stream {

Output::Output(Hub& hub, net::asio::any_io_executor executor, std::string name, Slowness slowness)
    : hub_(hub),
      name_(std::move(name)),
      slowness_(slowness),
      filled_(executor),
      emptied_(std::move(executor)) {
  hub_.add(*this);
}

Output::~Output() {
  hub_.remove(*this);
}

void Output::take(std::span<const Chunk> chunks) {
  Position from;
  if (!ended_ && waiting_.empty() && sending_.empty()) from = send_now(chunks);
  if (from.chunk == chunks.size()) return;
  for (auto each = from.chunk; each < chunks.size(); ++each) {
    chunks[each].for_each(std::exchange(from.offset, 0),
                          [&](auto datagram) { keep(chunks[each].head, datagram); });
  }
  if (!waiting_.empty()) filled_.notify_all();
}

void Output::keep(std::span<const std::byte> head, std::span<const std::byte> data) {
  if (ended_) return lost(1, head.size() + data.size());
  waiting_.push(head, data);
  if (slowness_.policy == WhenSlow::wait || cost() <= slowness_.backlog_max) return;
  if (slowness_.policy == WhenSlow::disconnect) return too_slow();
  while (cost() > slowness_.backlog_max && !waiting_.empty()) {
    lost(1, waiting_.front_size());
    waiting_.pop_front();
  }
}

bool Output::has_room() const {
  return ended_ || slowness_.policy != WhenSlow::wait || cost() < slowness_.backlog_max;
}

net::Task<net::Status> Output::backlog() {
  while (sending_.empty()) {
    if (!waiting_.empty()) {
      swap(waiting_, sending_);
    } else if (const auto error = co_await filled_.wait()) {
      co_return error;
    }
  }
  co_return net::Status{};
}

void Output::backlog_shrank() {
  if (slowness_.policy == WhenSlow::wait && has_room()) hub_.room_made();
  if (sending_.empty() && waiting_.empty()) emptied_.notify_all();
}

net::Task<net::Status> Output::flush() {
  while (!ended_ && !(waiting_.empty() && sending_.empty())) {
    if (const auto error = co_await emptied_.wait()) co_return error;
  }
  co_return ended_ ? net::Status{net::asio::error::broken_pipe} : net::Status{};
}

void Output::end() {
  if (std::exchange(ended_, true)) return;
  for (auto* backlog : {&waiting_, &sending_}) {
    while (!backlog->empty()) {
      lost(1, backlog->front_size());
      backlog->pop_front();
    }
  }
  emptied_.notify_all();
  filled_.notify_all();
  hub_.room_made();
}

}  // namespace dispatch::stream

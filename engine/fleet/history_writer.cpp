#include "engine/fleet/history_writer.hpp"

#include <algorithm>

namespace dispatch::fleet {
namespace {

// A store that stands still must not take all memory: what comes beyond is lost.
constexpr std::size_t kPendingMax = 100'000;

}  // namespace

HistoryWriter::HistoryWriter(net::Runtime& runtime, HistoryStore& store)
    : runtime_(runtime), store_(store), filled_(runtime.executor()) {}

std::uint64_t HistoryWriter::add(std::shared_ptr<const HistoryRecord> record) {
  if (pending_.size() >= kPendingMax) {
    ++failures_;
    return written_;
  }
  pending_.push_back(std::move(record));
  filled_.notify_one();
  return ++added_;
}

struct HistoryWriter::Waiter {
  Waiter(HistoryWriter& writer, std::uint64_t its)
      : ticket(its), is_written(writer.runtime_.executor()), waiters(writer.waiters_) {
    place = waiters.insert(std::find_if(waiters.rbegin(), waiters.rend(),
                                        [&](const Waiter* each) { return each->ticket <= ticket; })
                               .base(),
                           this);
  }
  ~Waiter() { waiters.erase(place); }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  std::uint64_t ticket;
  net::Condition is_written;
  std::list<Waiter*>& waiters;
  std::list<Waiter*>::iterator place;
};

net::Task<net::Status> HistoryWriter::written(std::uint64_t ticket) {
  if (written_ >= ticket) co_return net::Status{};
  Waiter waiter(*this, ticket);
  while (written_ < ticket) {
    if (const auto error = co_await waiter.is_written.wait()) co_return error;
  }
  co_return net::Status{};
}

net::Task<void> HistoryWriter::run() {
  for (;;) {
    while (pending_.empty()) {
      if (co_await filled_.wait()) co_return;
    }
    HistoryBatch batch;
    std::swap(batch, pending_);
    const auto upto = added_;
    const auto count = batch.size();
    const auto failure = co_await store_.append(std::move(batch));
    if (failure) {
      failures_ += count;
      if (!failing_) runtime_.log().error("the history cannot be kept: {}", failure.what);
    } else if (failing_) {
      runtime_.log().info("the history is kept again");
    }
    failing_ = static_cast<bool>(failure);
    written_ = upto;
    for (auto* each : waiters_) {
      if (each->ticket > upto) break;
      each->is_written.notify_one();
    }
  }
}

}  // namespace dispatch::fleet

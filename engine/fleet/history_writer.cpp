#include "engine/fleet/history_writer.hpp"

namespace dispatch::fleet {
namespace {

// A store that stands still must not take all memory: what comes beyond is lost.
constexpr std::size_t kPendingMax = 100'000;

}  // namespace

HistoryWriter::HistoryWriter(net::Runtime& runtime, HistoryStore& store)
    : runtime_(runtime),
      store_(store),
      filled_(runtime.executor()),
      written_condition_(runtime.executor()) {}

std::uint64_t HistoryWriter::add(std::shared_ptr<const HistoryRecord> record) {
  if (pending_.size() >= kPendingMax) {
    ++failures_;
    return written_;
  }
  pending_.push_back(std::move(record));
  filled_.notify_one();
  return ++added_;
}

net::Task<net::Status> HistoryWriter::written(std::uint64_t ticket) {
  while (written_ < ticket) {
    if (const auto error = co_await written_condition_.wait()) co_return error;
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
    written_condition_.notify_all();
  }
}

}  // namespace dispatch::fleet

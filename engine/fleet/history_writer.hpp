// Records on their way into a store: many at a time, while the batch before is being written.
#pragma once

#include "engine/fleet/history.hpp"
#include "engine/net/condition.hpp"
#include "engine/net/runtime.hpp"

#include <cstdint>
#include <list>
#include <vector>

namespace dispatch::fleet {

class HistoryWriter {
 public:
  HistoryWriter(net::Runtime& runtime, HistoryStore& store);

  // Until it is cancelled.
  net::Task<void> run();

  // Its ticket, for written().
  std::uint64_t add(std::shared_ptr<const HistoryRecord> record);
  // Ends when that record is kept, or cannot be (which the log says, once for each row of
  // failures). Errors: operation_aborted.
  net::Task<net::Status> written(std::uint64_t ticket);

  std::uint64_t failures() const { return failures_; }  // records that are lost
  std::size_t pending() const { return pending_.size(); }

 private:
  struct Waiter;

  net::Runtime& runtime_;
  HistoryStore& store_;
  net::Condition filled_;
  std::list<Waiter*> waiters_;  // by their tickets
  HistoryBatch pending_;
  std::uint64_t added_ = 0;
  std::uint64_t written_ = 0;
  std::uint64_t failures_ = 0;
  bool failing_ = false;
};

}  // namespace dispatch::fleet

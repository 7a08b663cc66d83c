// Downloads, uploads, and requests.
#include "sim/scenario/workload_kinds.hpp"

#include <algorithm>
#include <utility>

namespace dispatch::scenario {
namespace {

using net::Task;

// Some lanes, each with one transfer at a time, until all have been made.
class BulkRun : public WorkloadRun {
 public:
  BulkRun(const WorkloadSpec& spec, WorkloadContext context)
      : WorkloadRun(spec, std::move(context)), bulk_(std::get<BulkSpec>(spec.work)) {}

 private:
  std::string_view kind() const override {
    return bulk_.direction == BulkSpec::Direction::upload ? "upload" : "download";
  }

  Task<void> work() override {
    const auto lanes = std::min(bulk_.parallel, bulk_.count);
    for (std::uint64_t i = 0; i < lanes; ++i) spawn(lane());
    co_await join();
  }

  Task<void> lane() {
    Attempts attempts;
    attempts.size = bulk_.size;
    attempts.upload = bulk_.direction == BulkSpec::Direction::upload;
    attempts.timeout = bulk_.timeout;
    attempts.stall_timeout = bulk_.stall_timeout;
    attempts.retries = bulk_.retries;
    attempts.retry_delay = bulk_.retry_delay;
    while (begun_ < bulk_.count) {
      ++begun_;
      co_await transfer(attempts);
    }
  }

  std::uint64_t transfers_due(Duration) const override { return bulk_.count; }

  const BulkSpec& bulk_;
  std::uint64_t begun_ = 0;
};

class RequestsRun : public WorkloadRun {
 public:
  RequestsRun(const WorkloadSpec& spec, WorkloadContext context)
      : WorkloadRun(spec, std::move(context)),
        requests_(std::get<RequestsSpec>(spec.work)),
        sizes_(random("response")) {}

 private:
  std::string_view kind() const override { return "requests"; }

  Task<void> work() override {
    if (requests_.users > 0) {
      for (std::uint64_t user = 1; user <= requests_.users; ++user) spawn(think_and_ask(user));
    } else if (requests_.poisson) {
      co_await ask_at_random();
    } else {
      co_await ask_regularly();
    }
    co_await join();
  }

  Task<void> ask_regularly() {
    for (std::uint64_t n = 0; due(n) < requests_.until; ++n) {
      if (const auto error = co_await clock().sleep_until(net::TimePoint(due(n)))) co_return;
      spawn(transfer(next_request()));
    }
  }

  Task<void> ask_at_random() {
    auto gaps = random("arrivals");
    const auto mean = requests_.rate->nth(1);
    for (auto at = spec_.at + gaps.exponential(mean); at < requests_.until;
         at += gaps.exponential(mean)) {
      if (const auto error = co_await clock().sleep_until(net::TimePoint(at))) co_return;
      spawn(transfer(next_request()));
    }
  }

  // One user: the first request after part of a pause, so that not all begin at once.
  Task<void> think_and_ask(std::uint64_t user) {
    auto pauses = random("think", user);
    auto pause = Duration(static_cast<Duration::rep>(
        requests_.users == 1 ? 0 : pauses.below(requests_.think.next(pauses) + 1)));
    while (pause < requests_.until - now()) {
      if (const auto error = co_await clock().sleep_for(pause)) co_return;
      co_await transfer(next_request());
      pause = Duration(static_cast<Duration::rep>(requests_.think.next(pauses)));
    }
  }

  Attempts next_request() {
    Attempts attempts;
    attempts.size = Bytes{requests_.response.next(sizes_)};
    attempts.timeout = requests_.timeout;
    return attempts;
  }

  Duration due(std::uint64_t n) const {
    const auto delay = requests_.rate->nth(n);
    return delay >= Duration::max() - spec_.at ? Duration::max() : spec_.at + delay;
  }

  std::uint64_t transfers_due(Duration end) const override {
    if (!requests_.rate || requests_.poisson) return 0;
    std::uint64_t count = 0;
    while (due(count) < std::min(requests_.until, end)) ++count;
    return count;
  }

  const RequestsSpec& requests_;
  sim::Random sizes_;
};

}  // namespace

std::unique_ptr<WorkloadRun> make_bulk_run(const WorkloadSpec& spec, WorkloadContext context) {
  return std::make_unique<BulkRun>(spec, std::move(context));
}

std::unique_ptr<WorkloadRun> make_requests_run(const WorkloadSpec& spec, WorkloadContext context) {
  return std::make_unique<RequestsRun>(spec, std::move(context));
}

}  // namespace dispatch::scenario

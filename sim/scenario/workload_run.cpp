#include "sim/scenario/workload_run.hpp"

#include "sim/scenario/watched_transfer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace dispatch::scenario {
namespace {

using net::Task;

Duration since_start(net::TimePoint when) {
  return when.time_since_epoch();
}

std::optional<Duration> since_start(std::optional<net::TimePoint> when) {
  if (!when) return std::nullopt;
  return when->time_since_epoch();
}

net::TimePoint deadline_after(net::TimePoint now, Duration timeout) {
  return timeout >= net::kNever - now ? net::kNever : now + timeout;
}

std::string_view kind_of(const WorkloadSpec& spec) {
  if (const auto* bulk = std::get_if<BulkSpec>(&spec.work)) {
    return bulk->direction == BulkSpec::Direction::upload ? "upload" : "download";
  }
  return "requests";
}

// Some lanes, each with one transfer at a time, until all have been made.
class BulkRun : public WorkloadRun {
 public:
  BulkRun(const WorkloadSpec& spec, WorkloadContext context)
      : WorkloadRun(spec, std::move(context)), bulk_(std::get<BulkSpec>(spec.work)) {}

 private:
  Task<void> work() override {
    const auto lanes = std::min(bulk_.parallel, bulk_.count);
    for (std::uint64_t i = 0; i < lanes; ++i) spawn(lane());
    co_await join();
  }

  Task<void> lane() {
    Attempts attempts;
    attempts.size = bulk_.size;
    attempts.upload = bulk_.direction == BulkSpec::Direction::upload;
    attempts.via = bulk_.via;
    attempts.timeout = bulk_.timeout;
    attempts.stall_timeout = bulk_.stall_timeout;
    attempts.retries = bulk_.retries;
    attempts.retry_delay = bulk_.retry_delay;
    attempts.user = bulk_.user;
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
      : WorkloadRun(spec, std::move(context)), requests_(std::get<RequestsSpec>(spec.work)) {
    attempts_.size = requests_.response;
    attempts_.via = requests_.via;
    attempts_.timeout = requests_.timeout;
    attempts_.user = requests_.user;
  }

 private:
  Task<void> work() override {
    for (std::uint64_t n = 0; due(n) < requests_.until; ++n) {
      if (const auto error = co_await clock().sleep_until(net::TimePoint(due(n)))) co_return;
      spawn(transfer(attempts_));
    }
    co_await join();
  }

  Duration due(std::uint64_t n) const {
    const auto delay = requests_.rate.nth(n);
    return delay >= Duration::max() - spec_.at ? Duration::max() : spec_.at + delay;
  }

  std::uint64_t transfers_due(Duration end) const override {
    std::uint64_t count = 0;
    while (due(count) < std::min(requests_.until, end)) ++count;
    return count;
  }

  const RequestsSpec& requests_;
  Attempts attempts_;
};

}  // namespace

WorkloadRun::WorkloadRun(const WorkloadSpec& spec, WorkloadContext context)
    : spec_(spec),
      context_(std::move(context)),
      tasks_(context_.machine.executor(),
             [this](std::exception_ptr exception) { bug_ = exception; }) {}

Duration WorkloadRun::now() const {
  return since_start(context_.machine.clock().now());
}

Task<void> WorkloadRun::run() {
  if (const auto error = co_await clock().sleep_until(net::TimePoint(spec_.at))) co_return;
  co_await work();
  finished_ = now();
}

Task<void> WorkloadRun::join() {
  co_await tasks_.idle();
  if (bug_) std::rethrow_exception(bug_);
}

traffic::TransferOptions WorkloadRun::options_for(const Attempts& attempts) {
  traffic::TransferOptions options;
  options.origin = context_.target;
  options.content = context_.content;
  if (attempts.via != Via::direct) {
    options.forwarded = attempts.via == Via::http;
    options.socks5 = context_.proxy;
    options.announce = context_.announce;
    options.tls = context_.tls;
  }
  (attempts.upload ? options.upload_bytes : options.download_bytes) = attempts.size.count;
  options.deadline = deadline_after(clock().now(), attempts.timeout);
  options.progress = &moved_;
  for (const auto& user : context_.users) {
    if (user.name == attempts.user) options.credentials = {user.name, user.password};
  }
  return options;
}

Task<void> WorkloadRun::transfer(const Attempts& attempts) {
  const auto index = records_.size();
  records_.emplace_back().started = now();
  ended_.push_back(false);
  for (std::uint64_t attempt = 1;; ++attempt) {
    records_[index].attempts = attempt;
    const auto result =
        co_await watched_transfer(context_.machine, options_for(attempts), attempts.stall_timeout);
    auto& record = records_[index];
    record.connected = since_start(result.connected);
    record.first_byte = since_start(result.first_byte);
    record.bytes = result.bytes;
    record.ended = since_start(result.ended);
    record.completed = !result.error;
    record.intact = result.intact;
    record.failure = result.failure;
    if (record.completed || attempt > attempts.retries) break;
    if (const auto error = co_await clock().sleep_for(attempts.retry_delay)) co_return;
  }
  auto& record = records_[index];
  if (record.attempts > 1 && !record.completed) {
    record.failure = fmt::format("{} (the last of {} attempts)", record.failure, record.attempts);
  }
  ended_[index] = true;
  ++(record.completed ? completed_ : failed_);
}

void WorkloadRun::sample(Duration at) {
  series_.push_back(
      {at, moved_.total(), records_.size() - completed_ - failed_, completed_, failed_});
}

WorkloadResult WorkloadRun::result(Duration end) const {
  WorkloadResult result;
  result.name = spec_.name;
  result.kind = kind_of(spec_);
  result.records = records_;
  result.series = series_;
  result.started = spec_.at;
  result.ended = finished_;
  result.bytes = moved_.total();
  result.completed = completed_;
  result.transfers = std::max<std::uint64_t>(transfers_due(end), records_.size());
  result.failed = result.transfers - completed_;
  std::uint64_t completed_bytes = 0;
  bool all_intact = true;
  for (std::size_t i = 0; i < result.records.size(); ++i) {
    auto& record = result.records[i];
    result.attempts += record.attempts;
    if (!ended_[i]) {
      record.ended = end;
      record.completed = false;
      record.failure = fmt::format("it had not ended when the run stopped at {}{}", rounded(end),
                                   record.failure.empty() ? "" : "; before: " + record.failure);
    }
    if (record.completed) {
      completed_bytes += record.bytes;
      all_intact = all_intact && record.intact;
    }
  }
  result.intact = completed_ != 0 && all_intact;
  const auto span = finished_.value_or(end) - result.started;
  if (completed_ != 0 && span > Duration::zero()) {
    result.goodput = rate_of(Bytes{completed_bytes}, span);
  }
  return result;
}

std::unique_ptr<WorkloadRun> make_workload_run(const WorkloadSpec& spec, WorkloadContext context) {
  if (std::holds_alternative<BulkSpec>(spec.work)) {
    return std::make_unique<BulkRun>(spec, std::move(context));
  }
  return std::make_unique<RequestsRun>(spec, std::move(context));
}

}  // namespace dispatch::scenario

#include "sim/scenario/workload_run.hpp"

#include "sim/scenario/watched_transfer.hpp"
#include "sim/scenario/workload_kinds.hpp"

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

}  // namespace

WorkloadRun::WorkloadRun(const WorkloadSpec& spec, WorkloadContext context)
    : spec_(spec),
      context_(std::move(context)),
      tasks_(context_.machines.front()->executor(),
             [this](std::exception_ptr exception) { bug_ = exception; }) {
  for (const auto& user : context_.users) {
    if (user.name == access_of(spec).user) credentials_ = {user.name, user.password};
  }
}

const proxy::socks5::Credentials* WorkloadRun::credentials() const {
  return credentials_ ? &*credentials_ : nullptr;
}

sim::Random WorkloadRun::random(std::string_view what, std::uint64_t number) const {
  return context_.random(fmt::format("workload/{}/{}/{}", spec_.name, what, number));
}

Duration WorkloadRun::now() const {
  return since_start(clock().now());
}

net::TimePoint WorkloadRun::deadline_after(Duration timeout) const {
  const auto now = clock().now();
  return timeout >= net::kNever - now ? net::kNever : now + timeout;
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

traffic::TransferOptions WorkloadRun::options_for(std::size_t record) {
  traffic::TransferOptions options;
  options.origin = context_.target;
  options.content = context_.content;
  const auto via = access_of(spec_).via;
  if (via != Via::direct) {
    options.forwarded = via == Via::http;
    options.socks5 = context_.proxy;
    options.announce = context_.announce;
    options.tls = context_.tls;
    options.connected = [this, record](const net::Endpoint& local) {
      records_[record].link = context_.link_of(local);
    };
    // What the proxy is asked for itself is given a link once it has been read.
    if (options.forwarded) options.answered = options.connected;
  }
  options.progress = &moved_;
  options.credentials = credentials_;
  return options;
}

std::size_t WorkloadRun::begin_record() {
  records_.emplace_back().started = now();
  ended_.push_back(false);
  return records_.size() - 1;
}

void WorkloadRun::fill_record(std::size_t index, const traffic::TransferResult& result) {
  auto& record = records_[index];
  record.connected = since_start(result.connected);
  record.first_byte = since_start(result.first_byte);
  record.last_byte = since_start(result.last_byte);
  record.bytes = result.bytes;
  record.ended = since_start(result.ended);
  record.completed = !result.error;
  record.intact = result.intact;
  record.failure = result.failure;
}

void WorkloadRun::end_record(std::size_t index) {
  auto& record = records_[index];
  if (record.attempts > 1 && !record.completed) {
    record.failure = fmt::format("{} (the last of {} attempts)", record.failure, record.attempts);
  }
  ended_[index] = true;
  ++(record.completed ? completed_ : failed_);
}

Task<void> WorkloadRun::transfer(Attempts attempts) {
  const auto index = begin_record();
  auto& runtime = machine(index);
  for (std::uint64_t attempt = 1;; ++attempt) {
    records_[index].attempts = attempt;
    records_[index].link.clear();
    auto options = options_for(index);
    (attempts.upload ? options.upload_bytes : options.download_bytes) = attempts.size.count;
    options.deadline = deadline_after(attempts.timeout);
    const auto result =
        co_await watched_transfer(runtime, std::move(options), attempts.stall_timeout);
    fill_record(index, result);
    if (records_[index].completed || attempt > attempts.retries) break;
    if (const auto error = co_await clock().sleep_for(attempts.retry_delay)) co_return;
  }
  end_record(index);
}

WorkloadSample WorkloadRun::now_at(Duration at) const {
  return {at, moved_.total(), records_.size() - completed_ - failed_, completed_, failed_};
}

WorkloadResult WorkloadRun::result(Duration end) const {
  WorkloadResult result;
  result.name = spec_.name;
  result.kind = kind();
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
  add_figures(result, end);
  return result;
}

std::unique_ptr<WorkloadRun> make_workload_run(const WorkloadSpec& spec, WorkloadContext context) {
  using Make = std::unique_ptr<WorkloadRun> (*)(const WorkloadSpec&, WorkloadContext);
  // In the order of the variant.
  constexpr Make kMakes[] = {make_bulk_run,  make_requests_run, make_browse_run, make_chat_run,
                             make_video_run, make_call_run,     make_stream_run, make_execute_run};
  static_assert(std::size(kMakes) == std::variant_size_v<decltype(WorkloadSpec::work)>);
  return kMakes[spec.work.index()](spec, std::move(context));
}

}  // namespace dispatch::scenario

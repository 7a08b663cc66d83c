// Somebody who makes a call.
#include "engine/traffic/udp_call.hpp"
#include "sim/scenario/workload_kinds.hpp"

#include <utility>

namespace dispatch::scenario {
namespace {

using net::Task;

class CallRun : public WorkloadRun {
 public:
  CallRun(const WorkloadSpec& spec, WorkloadContext context)
      : WorkloadRun(spec, std::move(context)), call_(std::get<CallSpec>(spec.work)) {}

 private:
  std::string_view kind() const override { return "call"; }
  std::uint64_t transfers_due(Duration) const override { return 1; }

  Task<void> work() override {
    const auto index = begin_record();
    traffic::CallOptions options;
    options.peer = context().target;
    if (call_.via == Via::socks5) options.socks5 = context().proxy;
    if (credentials() != nullptr) options.credentials = *credentials();
    options.datagram_bytes = call_.size.count;
    options.interval = call_.rate.nth(1);
    options.until = net::TimePoint(call_.until);
    options.progress = &moved();
    co_await traffic::call(machine(0), std::move(options), result_);
    auto& done = record(index);
    if (result_.connected) done.connected = result_.connected->time_since_epoch();
    done.ended = now();
    done.bytes = result_.received * call_.size.count;
    done.completed = !result_.error;
    done.intact = done.completed && context().content == traffic::Content::checked;
    done.failure = result_.failure;
    end_record(index);
  }

  void add_figures(WorkloadResult& result, Duration) const override {
    result.datagrams = result_.sent;
    result.datagrams_back = result_.received;
    result.round_trips = result_.round_trips;
    if (result_.round_trips.size() > 1) result.jitter = result_.jitter;
  }

  const CallSpec& call_;
  traffic::CallResult result_;
};

}  // namespace

std::unique_ptr<WorkloadRun> make_call_run(const WorkloadSpec& spec, WorkloadContext context) {
  return std::make_unique<CallRun>(spec, std::move(context));
}

}  // namespace dispatch::scenario

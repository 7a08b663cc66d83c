// Somebody who sends a stream of frames, and somebody who records it.
#include "engine/link/link_spec.hpp"
#include "engine/stream/pipeline.hpp"
#include "engine/stream/stream_error.hpp"
#include "engine/traffic/pattern.hpp"
#include "sim/host/disk.hpp"
#include "sim/scenario/plan.hpp"
#include "sim/scenario/workload_kinds.hpp"

#include <fmt/format.h>

#include <functional>
#include <optional>
#include <utility>

namespace dispatch::scenario {
namespace {

using net::Task;

constexpr std::uint32_t kStream = 1;
constexpr Duration kGlance = std::chrono::milliseconds(50);
constexpr Duration kLateness = std::chrono::seconds(1);  // of what comes after the sender's end
constexpr auto kData = "data";
constexpr auto kRecord = "record";

class StreamRun : public WorkloadRun {
 public:
  StreamRun(const WorkloadSpec& spec, WorkloadContext context)
      : WorkloadRun(spec, std::move(context)), stream_(std::get<StreamSpec>(spec.work)) {}

 private:
  std::string_view kind() const override { return "stream"; }
  std::uint64_t transfers_due(Duration) const override { return 1; }

  stream::EndpointSpec there() const {
    const auto& address = std::get<net::Address>(context().target.host);
    stream::EndpointSpec spec;
    spec.host = address.to_string();  // port 0: one that is free
    return spec;
  }

  static stream::EndpointSpec file(std::string path) {
    stream::EndpointSpec spec;
    spec.scheme = stream::Scheme::file;
    spec.path = std::move(path);
    return spec;
  }

  stream::Plan sending(const stream::EndpointSpec& to) const {
    stream::Plan plan;
    plan.from = {file(kData)};
    plan.to = {to};
    plan.framed_out = true;
    plan.stream = kStream;
    plan.bytes_per_second = stream_.rate.bits_per_second / 8;
    plan.datagram_bytes = stream_.size.count;
    plan.spread = stream_.spread;
    const auto& links = stream_.links.empty() ? context().links : stream_.links;
    for (const auto& each : links) plan.links.push_back(link::parse_link_spec(each));
    if (!stream_.spread && stream_.links.empty()) plan.links.clear();
    if (!stream_.spread && !stream_.links.empty()) {
      plan.to.front().link = plan.links.front().target;
    }
    plan.repair = stream_.repair;
    plan.parity = stream_.parity;
    return plan;
  }

  stream::Plan recording() const {
    stream::Plan plan;
    plan.listen = {there()};
    plan.to = {file(kRecord)};
    plan.framed_in = true;
    plan.until_end = true;
    plan.repair = stream_.repair;
    return plan;
  }

  // Opens it, and calls `opened`; to its end then. Its failure, empty where there is none.
  Task<void> run_pipeline(stream::Pipeline& pipeline, std::function<void()> opened,
                          std::optional<std::string>& outcome) {
    std::string failure;
    try {
      co_await pipeline.open();
      opened();
      co_await pipeline.run();
    } catch (const net::ConfigError& error) {
      failure = error.what();
    } catch (const stream::StreamError& error) {
      failure = error.what();
    }
    outcome = failure;
  }

  void send(std::optional<std::string>& outcome) {
    const auto name = receiver_->figures().front().name;
    sender_.emplace(machine(0), sent_,
                    sending(stream::parse_endpoint_spec(name, stream::Scheme::udp, false)));
    spawn(run_pipeline(
        *sender_, [] {}, outcome));
  }

  // What the receiver has, once it ends or nothing more may come.
  Task<void> work() override {
    const auto index = begin_record();
    std::vector<std::byte> data(bytes_of(spec_, stream_));
    traffic::Pattern(kStream).make(data);
    sent_.put(kData, data);
    receiver_.emplace(*context().peer, recorded_, recording());
    std::optional<std::string> received;
    std::optional<std::string> sent;
    spawn(run_pipeline(
        *receiver_, [&] { send(sent); }, received));
    std::optional<Duration> sent_at;
    while (!received || (sender_ && !sent)) {
      if (const auto error = co_await clock().sleep_for(kGlance)) co_return;
      look();
      if (sent && !sent_at) sent_at = now();
      if (sent_at && now() - *sent_at > kLateness) receiver_->stop();
    }
    co_await join();
    look();
    const auto record_content = recorded_.content(kRecord);
    auto& done = record(index);
    done.ended = now();
    done.bytes = record_content ? record_content->size() : 0;
    done.failure = *received;
    if (sent && !sent->empty()) done.failure = *sent;
    done.completed = done.failure.empty();
    done.intact = done.completed && record_content == data;
    end_record(index);
  }

  void look() {
    const auto figures = receiver_->figures();
    if (figures.empty()) return;
    const auto bytes = figures.back().figures.bytes;
    moved().add(bytes - std::exchange(seen_, bytes));
  }

  void add_figures(WorkloadResult& result, Duration) const override {
    if (!sender_ || sender_->figures().empty()) return;
    result.datagrams = sender_->figures().front().figures.datagrams;
    result.repaired = 0;
    const auto streams = receiver_->streams();
    const auto found = streams.find(kStream);
    if (found == streams.end()) return;
    result.datagrams_back = found->second.received;
    result.repaired = found->second.repaired;
    result.duplicates = found->second.duplicates;
  }

  const StreamSpec& stream_;
  sim::Disk sent_;
  sim::Disk recorded_;
  std::optional<stream::Pipeline> sender_;
  std::optional<stream::Pipeline> receiver_;
  std::uint64_t seen_ = 0;
};

}  // namespace

std::unique_ptr<WorkloadRun> make_stream_run(const WorkloadSpec& spec, WorkloadContext context) {
  return std::make_unique<StreamRun>(spec, std::move(context));
}

}  // namespace dispatch::scenario

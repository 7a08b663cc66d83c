#include "sim/scenario/run.hpp"

#include "sim/capture/capture.hpp"
#include "sim/scenario/capture_choice.hpp"
#include "sim/scenario/check.hpp"
#include "sim/scenario/evaluate.hpp"
#include "sim/scenario/event_log.hpp"
#include "sim/scenario/flow_samples.hpp"
#include "sim/scenario/link_sample.hpp"
#include "sim/scenario/measure.hpp"
#include "sim/scenario/plan.hpp"
#include "sim/scenario/scenario_world.hpp"
#include "sim/scenario/trail.hpp"
#include "sim/scenario/workload_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>

namespace dispatch::scenario {
namespace {

// The engine reports as an error of its log only what is a bug of its own.
class FaultWatch {
 public:
  FaultWatch(sim::Simulation& simulation, const RunOptions& options) {
    simulation.set_log_sink(
        [this, &simulation, &options](net::TimePoint when, std::string_view host,
                                      net::LogLevel level, std::string_view line) {
          const auto at = when.time_since_epoch();
          if (event_log_ != nullptr) event_log_->engine(host, level, line);
          if (options.log && level >= options.log_level) options.log(at, level, line);
          if (level >= net::LogLevel::error && fault_.empty()) {
            fault_ = fmt::format("{} at {}: {}", host, rounded(at), line);
            simulation.stop();
          }
        });
  }

  // The log outlives the simulation's last line, or is taken away before.
  void set_event_log(EventLog* log) { event_log_ = log; }

  void check() const {
    if (!fault_.empty()) throw std::runtime_error(fault_);
  }

 private:
  std::string fault_;
  EventLog* event_log_ = nullptr;
};

class Run {
 public:
  Run(const Scenario& scenario, const RunOptions& options)
      : scenario_(scenario),
        options_(options),
        seed_(options.seed.value_or(scenario.seed)),
        world_(scenario, seed_),
        faults_(world_.simulation(), options),
        extra_samples_(sample_times(scenario.expectations, last_event())),
        link_series_(world_.ways().size()) {
    if (options.capture) {
      capture_.emplace(world_.simulation(), options.capture);
      for (auto* link : links_to_capture(world_.world(), options.capture_of)) {
        capture_->add(*link);
      }
    }
    if (options.trail) trail_.emplace(world_.world(), options.trail);
    if (options.event) {
      event_log_.emplace(world_.world(), options.event);
      faults_.set_event_log(&*event_log_);
    }
    if (options.keep_going || options.progress) {
      world_.simulation().watch([this] {
        if (options_.progress) options_.progress(now());
        if (options_.keep_going && !options_.keep_going()) {
          throw Interrupted("the run was ended before its end");
        }
      });
    }
  }

  Result run() {
    begin();
    while (pending_ != 0 && now() < scenario_.duration) {
      sample();
      world_.simulation().run_until(net::TimePoint(next_sample()));
      faults_.check();
    }
    sample();
    if (capture_) capture_->finish();
    return result();
  }

 private:
  Duration now() { return world_.simulation().now().time_since_epoch(); }

  void begin() {
    for (const auto& event : scenario_.events) {
      ++pending_;
      await(event, event.at);
    }
    const auto until = needed_until(scenario_.expectations, last_event());
    if (until > Duration::zero()) {
      ++pending_;
      world_.simulation().at(net::TimePoint(std::min(until, scenario_.duration)),
                             [this] { done(); });
    }
    for (const auto& spec : scenario_.workloads) {
      auto& workload = *workloads_.emplace_back(make_workload_run(spec, context_of(spec)));
      ++pending_;
      world_.place_of(spec).hosts.front()->spawn(work(workload));
    }
  }

  // One time of an event; a series waits for its next one then.
  void await(const EventSpec& event, Duration at) {
    world_.simulation().at(net::TimePoint(at), [this, &event, at] {
      if (event.every > Duration::zero() && event.every <= event.to - at) {
        ++pending_;
        await(event, at + event.every);
      }
      if (event_log_) event_log_->change(event);
      world_.apply(event, [this] { done(); });
    });
  }

  WorkloadContext context_of(const WorkloadSpec& spec) {
    const auto& access = access_of(spec);
    const auto place = world_.place_of(spec);
    const auto& all = world_.listeners(place.machine);
    auto chosen = std::ranges::find_if(
        all, [&](const auto& each) { return net::to_string(each.endpoint) == access.listener; });
    if (chosen == all.end()) chosen = all.begin();
    auto proxy = chosen->endpoint;
    if (place.proxy) {
      proxy.address = *place.proxy;
    } else if (proxy.address.is_unspecified()) {
      proxy.address = net::loopback_address(net::family_of(proxy.address));
    }
    auto target = std::holds_alternative<CallSpec>(spec.work) ? echo_of(scenario_, access.host)
                                                              : target_of(scenario_, access.host);
    WorkloadContext context{
        {},
        proxy,
        {},
        nullptr,
        std::move(target).value(),
        engine_of(scenario_, place.machine).users,
        scenario_.content,
        link_finder(place.machine),
        [this](std::string_view name) { return world_.simulation().random(std::string(name)); }};
    for (auto* host : place.hosts) context.machines.push_back(host);
    context.fleet = world_.fleet();
    if (chosen->entrance.accept_proxy) context.announce = proxy::proxy_protocol::Version::v2;
    if (chosen->entrance.tls_only) context.tls = world_.believed();
    return context;
  }

  std::function<std::string(const net::Endpoint&)> link_finder(std::size_t machine) {
    return [this, machine](const net::Endpoint& client) {
      const auto name = world_.link_of_client(machine, client);
      return name.empty() ? name : prefix_of(scenario_, machine) + name;
    };
  }

  // When the last of all events begins.
  Duration last_event() const {
    Duration last{};
    for (const auto& event : scenario_.events) {
      auto at = event.at;
      if (event.every > Duration::zero()) at += (event.to - at) / event.every * event.every;
      last = std::max(last, std::min(at, scenario_.duration));
    }
    return last;
  }

  net::Task<void> work(WorkloadRun& workload) {
    co_await workload.run();
    done();
  }

  void done() {
    if (--pending_ == 0) world_.simulation().stop();
  }

  // The simulation is halted to be looked at, so that looking changes nothing in it.
  Duration next_sample() {
    const auto interval = options_.sample_interval;
    auto next = std::min((now() / interval + 1) * interval, scenario_.duration);
    const auto extra = std::upper_bound(extra_samples_.begin(), extra_samples_.end(), now());
    return extra == extra_samples_.end() ? next : std::min(next, *extra);
  }

  void sample() {
    for (std::size_t i = 0; i < link_series_.size(); ++i) {
      const auto& way = world_.ways()[i];
      link_series_[i].push_back(sample_link(way.line, way.engine, now()));
    }
    for (const auto& workload : workloads_) workload->sample(now());
    if (options_.flows) flow_samples_.take(world_.world(), now());
  }

  Result result() {
    Result result;
    result.scenario = scenario_.name;
    result.source = scenario_.source;
    result.seed = seed_;
    result.hit_time_limit = pending_ != 0;
    result.content = scenario_.content;
    result.end = now();
    result.last_event = last_event();
    result.event_hash = world_.simulation().hash().value();
    result.events = world_.simulation().events();
    for (std::size_t i = 0; i < link_series_.size(); ++i) result.links.push_back(link_result(i));
    add_shares(result);
    result.flows = flow_samples_.result();
    for (const auto& workload : workloads_) result.workloads.push_back(workload->result(now()));
    for (const auto& link : world_.world().links()) {
      result.packets += link->up().counters().delivered.packets;
      result.packets += link->down().counters().delivered.packets;
    }
    for (const auto& expectation : scenario_.expectations) {
      result.expectations.push_back(evaluate(expectation, result));
    }
    return result;
  }

  LinkResult link_result(std::size_t index) {
    LinkResult link;
    link.name = world_.ways()[index].name;
    link.machine = world_.ways()[index].machine;
    link.series = std::move(link_series_[index]);
    link.total = link.series.back();
    link.goodput = mean_goodput(link.series);
    if (const auto* line = world_.ways()[index].line) {
      link.drops_down = drops_by_reason(line->down());
      link.drops_up = drops_by_reason(line->up());
    }
    return link;
  }

  // Of what the links of the same machine did.
  static void add_shares(Result& result) {
    for (auto& link : result.links) {
      std::uint64_t bytes = 0;
      std::uint64_t connections = 0;
      for (const auto& each : result.links) {
        if (each.machine != link.machine) continue;
        bytes += each.total.payload_down + each.total.payload_up;
        connections += each.total.connections;
      }
      const auto own = link.total.payload_down + link.total.payload_up;
      if (bytes != 0) link.share = Ratio::of(own, bytes);
      if (connections != 0) link.connection_share = Ratio::of(link.total.connections, connections);
    }
  }

  const Scenario& scenario_;
  const RunOptions& options_;
  std::uint64_t seed_;
  ScenarioWorld world_;
  FaultWatch faults_;
  FlowSamples flow_samples_;
  std::optional<sim::Capture> capture_;
  std::optional<EventLog> event_log_;
  std::optional<Trail> trail_;
  std::vector<Duration> extra_samples_;
  std::vector<std::vector<LinkSample>> link_series_;
  std::uint64_t pending_ = 0;  // events to come and workloads at work
  std::vector<std::unique_ptr<WorkloadRun>> workloads_;
  TaskDropper dropper_{world_.simulation()};
};

}  // namespace

Result run(const Scenario& scenario, const RunOptions& options) {
  check(scenario);
  if (options.sample_interval <= Duration::zero()) {
    throw ScenarioError(scenario.source, {}, "the sample interval must be more than 0");
  }
  return Run(scenario, options).run();
}

}  // namespace dispatch::scenario

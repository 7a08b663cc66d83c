#include "sim/scenario/session.hpp"

#include "sim/capture/capture.hpp"
#include "sim/scenario/capture_choice.hpp"
#include "sim/scenario/check.hpp"
#include "sim/scenario/engine_options.hpp"
#include "sim/scenario/evaluate.hpp"
#include "sim/scenario/event_log.hpp"
#include "sim/scenario/flow_samples.hpp"
#include "sim/scenario/link_sample.hpp"
#include "sim/scenario/measure.hpp"
#include "sim/scenario/plan.hpp"
#include "sim/scenario/scenario_world.hpp"
#include "sim/scenario/trail.hpp"
#include "sim/scenario/workload_run.hpp"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
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

}  // namespace

class Session::Impl {
 public:
  Impl(const Scenario& scenario, RunOptions options)
      : scenario_(scenario),
        options_(std::move(options)),
        seed_(options_.seed.value_or(scenario.seed)),
        world_(scenario, seed_),
        faults_(world_.simulation(), options_),
        extra_samples_(sample_times(scenario.expectations, last_event())),
        link_series_(world_.ways().size()) {
    if (options_.policy) world_.set_policy(options_.policy);
    if (options_.capture) {
      capture_.emplace(world_.simulation(), options_.capture);
      for (auto* link : links_to_capture(world_.world(), options_.capture_of)) {
        capture_->add(*link);
      }
    }
    if (options_.trail) trail_.emplace(world_.world(), options_.trail);
    if (options_.event) {
      event_log_.emplace(world_.world(), options_.event);
      faults_.set_event_log(&*event_log_);
    }
    if (options_.keep_going || options_.progress) {
      world_.simulation().watch([this] {
        if (options_.progress) options_.progress(now());
        if (options_.keep_going && !options_.keep_going()) {
          throw Interrupted("the run was ended before its end");
        }
      });
    }
    begin();
    sample();
    next_sample_ = next_sample();
  }

  Duration now() { return world_.simulation().now().time_since_epoch(); }
  bool is_over() { return pending_ == 0 || now() >= scenario_.duration; }
  std::uint64_t events() { return world_.simulation().events(); }

  void advance_to(Duration until) {
    until = std::min(until, scenario_.duration);
    while (now() < until) advance(until);
  }

  void advance_to_end() {
    while (!is_over()) advance(scenario_.duration);
  }

  bool step() {
    look();
    const auto next = std::min({next_sample_, next_call(), scenario_.duration});
    if (next <= now() && world_.simulation().next_event() <= world_.simulation().now()) {
      advance(now());  // the rest of the instant, since one step might go beyond it
      return true;
    }
    if (world_.simulation().next_event().time_since_epoch() > next) {
      if (now() >= scenario_.duration) return false;
      advance(next);
      return true;
    }
    // It takes none after a stop, which the end of all work is.
    if (!world_.simulation().step()) advance(now());
    check_faults();
    return true;
  }

  void call_at(Duration at, std::function<void()> call) {
    if (at < now() || at > scenario_.duration) {
      throw std::invalid_argument(
          fmt::format("{} is not between now, {}, and the scenario's duration, {}", to_string(at),
                      to_string(now()), to_string(scenario_.duration)));
    }
    ++pending_;
    calls_.emplace(at, std::move(call));
  }

  void apply(const EventSpec& event) {
    const auto& kept = applied_.emplace_back(event);
    ++pending_;
    if (event_log_) event_log_->change(kept);
    world_.apply(kept, [this] { done(); });
  }

  void apply_soon(const EventSpec& event) {
    ++pending_;
    net::asio::post(world_.simulation().executor(),
                    [this, event = std::make_shared<EventSpec>(event)] {
                      apply(*event);
                      done();
                    });
  }

  void halt() {
    halted_ = true;
    world_.simulation().stop();
  }

  void begin_work() { ++pending_; }
  void end_work() { done(); }

  Result finish() {
    if (capture_) capture_->finish();
    return result();
  }

  // With a sample of now at its end, where nothing has been sampled since; what has been sampled is
  // left as it is.
  Result result() {
    const bool is_sampled = sampled_at_ == now() && sampled_events_ == events();
    Result result;
    result.scenario = scenario_.name;
    result.source = scenario_.source;
    result.seed = seed_;
    result.hit_time_limit = pending_ != 0 && now() >= scenario_.duration;
    result.content = scenario_.content;
    result.end = now();
    result.last_event = last_event();
    result.event_hash = world_.simulation().hash().value();
    result.events = events();
    for (std::size_t i = 0; i < link_series_.size(); ++i) {
      result.links.push_back(link_result(i, is_sampled));
    }
    add_shares(result);
    auto flows = flow_samples_;
    if (options_.flows && !is_sampled) flows.take(world_, now());
    result.flows = flows.result();
    for (const auto& workload : workloads_) {
      result.workloads.push_back(workload->result(now()));
      if (!is_sampled) result.workloads.back().series.push_back(workload->now_at(now()));
    }
    for (const auto& link : world_.world().links()) {
      result.packets += link->up().counters().delivered.packets;
      result.packets += link->down().counters().delivered.packets;
    }
    for (const auto& expectation : scenario_.expectations) {
      result.expectations.push_back(evaluate(expectation, result));
    }
    return result;
  }

  std::optional<LinkSample> link_now(std::string_view name) {
    for (const auto& way : world_.ways()) {
      if (way.name == name) return sample_of(way);
    }
    return std::nullopt;
  }

  std::optional<WorkloadSample> workload_now(std::string_view name) {
    for (std::size_t i = 0; i < workloads_.size(); ++i) {
      if (scenario_.workloads[i].name == name) return workloads_[i]->now_at(now());
    }
    return std::nullopt;
  }

  void drop_tasks() { world_.simulation().drop_tasks(); }
  sim::World& world() { return world_.world(); }
  const Scenario& scenario() const { return scenario_; }

  sim::Host* host(std::string_view name) {
    for (const auto* folder : {"host/", "machine/", "clients/", ""}) {
      if (auto* found = world_.world().find_host(folder + std::string(name))) return found;
    }
    return nullptr;
  }

 private:
  // Less far than `until` where something is to be done before, or nothing is left to be done.
  void advance(Duration until) {
    look();
    world_.simulation().run_until(net::TimePoint(std::min({until, next_sample_, next_call()})));
    check_faults();
    while (!calls_.empty() && calls_.begin()->first <= now()) {
      const auto call = std::move(calls_.extract(calls_.begin()).mapped());
      --pending_;
      call();
      check_faults();
    }
  }

  Duration next_call() const { return calls_.empty() ? Duration::max() : calls_.begin()->first; }

  // After all that happens at this instant.
  void look() {
    if (now() < next_sample_ || world_.simulation().next_event() <= world_.simulation().now())
      return;
    sample();
    next_sample_ = next_sample();
  }

  void check_faults() {
    faults_.check();
    if (halted_) throw Interrupted("the run was ended before its end");
  }

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
        world_.host_named(access.host),
        engine_link_names(scenario_, place.machine),
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
      link_series_[i].push_back(sample_of(world_.ways()[i]));
    }
    for (const auto& workload : workloads_) workload->sample(now());
    if (options_.flows) flow_samples_.take(world_, now());
    sampled_at_ = now();
    sampled_events_ = events();
  }

  LinkSample sample_of(const ScenarioWorld::Way& way) {
    return sample_link(way.line, way.engine, now());
  }

  LinkResult link_result(std::size_t index, bool is_sampled) {
    LinkResult link;
    link.name = world_.ways()[index].name;
    link.machine = world_.ways()[index].machine;
    link.series = link_series_[index];
    if (!is_sampled) link.series.push_back(sample_of(world_.ways()[index]));
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
  RunOptions options_;
  std::uint64_t seed_;
  ScenarioWorld world_;
  FaultWatch faults_;
  FlowSamples flow_samples_;
  std::optional<sim::Capture> capture_;
  std::optional<EventLog> event_log_;
  std::optional<Trail> trail_;
  std::vector<Duration> extra_samples_;
  std::vector<std::vector<LinkSample>> link_series_;
  std::uint64_t pending_ = 0;  // events and calls to come, and workloads and programs at work
  Duration next_sample_{};
  std::optional<Duration> sampled_at_;
  std::uint64_t sampled_events_ = 0;
  std::multimap<Duration, std::function<void()>> calls_;  // by when, then in their order
  std::deque<EventSpec> applied_;
  bool halted_ = false;
  std::vector<std::unique_ptr<WorkloadRun>> workloads_;
  TaskDropper dropper_{world_.simulation()};
};

Session::Session(const Scenario& scenario, RunOptions options) {
  check(scenario);
  if (options.sample_interval <= Duration::zero()) {
    throw ScenarioError(scenario.source, {}, "the sample interval must be more than 0");
  }
  impl_ = std::make_unique<Impl>(scenario, std::move(options));
}

Session::~Session() = default;

Duration Session::now() const {
  return impl_->now();
}
bool Session::is_over() const {
  return impl_->is_over();
}
std::uint64_t Session::events() const {
  return impl_->events();
}
void Session::advance_to(Duration until) {
  impl_->advance_to(until);
}
void Session::advance_to_end() {
  impl_->advance_to_end();
}
bool Session::step() {
  return impl_->step();
}
void Session::call_at(Duration at, std::function<void()> call) {
  impl_->call_at(at, std::move(call));
}
void Session::apply(const EventSpec& event) {
  impl_->apply(event);
}
void Session::apply_soon(const EventSpec& event) {
  impl_->apply_soon(event);
}
void Session::halt() {
  impl_->halt();
}
void Session::begin_work() {
  impl_->begin_work();
}
void Session::end_work() {
  impl_->end_work();
}
Result Session::result() const {
  return impl_->result();
}
Result Session::finish() {
  return impl_->finish();
}
std::optional<LinkSample> Session::link_now(std::string_view name) const {
  return impl_->link_now(name);
}
std::optional<WorkloadSample> Session::workload_now(std::string_view name) const {
  return impl_->workload_now(name);
}
void Session::drop_tasks() {
  impl_->drop_tasks();
}
sim::World& Session::world() {
  return impl_->world();
}
const Scenario& Session::scenario() const {
  return impl_->scenario();
}
sim::Host* Session::host(std::string_view name) {
  return impl_->host(name);
}

}  // namespace dispatch::scenario

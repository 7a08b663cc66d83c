#include "sim/scenario/measure.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dispatch::scenario {
namespace {

using What = Metric::What;

std::uint64_t directed(Flow flow, std::uint64_t down, std::uint64_t up) {
  return (flow == Flow::up ? 0 : down) + (flow == Flow::down ? 0 : up);
}

// The counter in a sample that a metric is about.
std::uint64_t counter(const Metric& metric, const LinkSample& sample) {
  switch (metric.what) {
    case What::connections:
    case What::connection_share:
      return sample.connections;
    case What::dials:
      return sample.dials;
    case What::dial_failures:
      return sample.dial_failures;
    case What::rate:
      return directed(metric.flow, sample.wire_down, sample.wire_up);
    case What::drops:
      return directed(metric.flow, sample.drops_down, sample.drops_up);
    case What::queue:
      return directed(metric.flow, sample.queue_down, sample.queue_up);
    case What::live:
      return sample.live;
    default:
      return directed(metric.flow, sample.payload_down, sample.payload_up);
  }
}

// The counter's total over the links of one name, at the n-th sample (all series have the same).
std::uint64_t total(const Metric& metric, const Result& result, std::string_view name,
                    std::size_t sample) {
  std::uint64_t sum = 0;
  for (const auto& link : result.links) {
    if (name == "all" || link.name == name) sum += counter(metric, link.series[sample]);
  }
  return sum;
}

// What a share of a link is of: its machine's links.
std::uint64_t whole_of(const Metric& metric, const Result& result, std::size_t sample) {
  const auto* own = metric.name == "all" ? nullptr : result.link(metric.name);
  std::uint64_t sum = 0;
  for (const auto& link : result.links) {
    if (own == nullptr || link.machine == own->machine) sum += counter(metric, link.series[sample]);
  }
  return sum;
}

// Samples, by their number, between which a metric looks.
struct Span {
  std::size_t from;
  std::size_t to;
};

std::optional<std::size_t> sample_at(const std::vector<LinkSample>& series, Duration at) {
  const auto it =
      std::lower_bound(series.begin(), series.end(), at,
                       [](const LinkSample& sample, Duration time) { return sample.at < time; });
  if (it == series.end() || it->at != at) return std::nullopt;
  return static_cast<std::size_t>(it - series.begin());
}

// From the sample before the first growth to the one after the last.
template <typename Total>
std::optional<Span> growth(std::size_t samples, Total total_at) {
  const auto all = total_at(samples - 1);
  if (all == 0) return std::nullopt;
  std::size_t to = samples - 1;
  while (to > 0 && total_at(to - 1) == all) --to;
  std::size_t from = 0;
  while (from + 1 < samples && total_at(from + 1) == 0) ++from;
  return Span{from, to};
}

std::optional<Rate> rate_between(std::uint64_t bytes, Duration from, Duration to) {
  if (to <= from) return std::nullopt;
  return rate_of(Bytes{bytes}, to - from);
}

Measurement measure_links(const Metric& metric, const Result& result) {
  if (result.links.empty() || result.links.front().series.empty())
    return {{}, "nothing was sampled"};
  const auto& series = result.links.front().series;
  const auto total_at = [&](std::size_t sample) {
    return total(metric, result, metric.name, sample);
  };
  const bool is_rate = metric.kind() == Quantity::Kind::rate;
  Span span{0, series.size() - 1};
  if (metric.window) {
    const auto from = sample_at(series, metric.window->from);
    const auto to = sample_at(series, metric.window->to);
    if (!from || !to) return {{}, fmt::format("the run ended at {}", rounded(result.end))};
    span = {*from, *to};
  } else if (is_rate) {
    const auto grown = growth(series.size(), total_at);
    if (!grown) return {{}, "no bytes passed"};
    span = *grown;
  }
  // What passed before the first sample counts, unless the metric looks at a later part.
  const auto base = metric.window ? total_at(span.from) : 0;
  if (metric.is_level()) return {Quantity{metric.kind(), total_at(span.to)}, {}};
  const auto change = total_at(span.to) - base;
  if (is_rate) {
    const auto rate = rate_between(change, series[span.from].at, series[span.to].at);
    if (!rate) return {{}, "no time passed"};
    return {Quantity{Quantity::Kind::rate, rate->bits_per_second}, {}};
  }
  if (metric.kind() != Quantity::Kind::ratio) return {Quantity{metric.kind(), change}, {}};
  const auto before = metric.window ? whole_of(metric, result, span.from) : 0;
  const auto whole = whole_of(metric, result, span.to) - before;
  if (whole == 0) {
    return {{}, metric.what == What::share ? "no bytes passed" : "no connection was made"};
  }
  return {Quantity{Quantity::Kind::ratio, Ratio::of(change, whole).parts_per_billion}, {}};
}

Measurement of(std::optional<Duration> duration, std::string_view missing) {
  if (!duration) return {{}, std::string(missing)};
  return {Quantity{Quantity::Kind::duration, static_cast<std::uint64_t>(duration->count())}, {}};
}

// Names of links that are the host's own routes, which nobody watches.
bool is_direct(std::string_view name) {
  return name == "direct" || name.ends_with(".direct");
}

std::uint64_t healthy_links(const Result& result, std::size_t sample) {
  std::uint64_t count = 0;
  for (const auto& link : result.links) {
    if (!is_direct(link.name) && link.series[sample].healthy) ++count;
  }
  return count;
}

Measurement measure_failover(const Metric& metric, const Result& result) {
  const TransferRecord* next = nullptr;
  for (const auto& workload : result.workloads) {
    for (const auto& record : workload.records) {
      const bool by_another = !record.link.empty() && record.link != metric.name;
      if (record.started < metric.at || !record.first_byte || !by_another) continue;
      if (next == nullptr || record.started < next->started) next = &record;
    }
  }
  if (next == nullptr) {
    return {
        {},
        fmt::format("nothing that began after {} had a byte by another link", rounded(metric.at))};
  }
  return of(*next->first_byte - metric.at, {});
}

Measurement measure_call(const Metric& metric, const WorkloadResult& workload) {
  if (!workload.datagrams) return {{}, "it is no call, and no stream"};
  if (metric.what == What::repaired || metric.what == What::duplicates) {
    if (!workload.repaired) return {{}, "it is no stream"};
    const bool repaired = metric.what == What::repaired;
    return {Quantity{Quantity::Kind::count, repaired ? *workload.repaired : workload.duplicates},
            {}};
  }
  if (metric.what == What::datagrams)
    return {Quantity{Quantity::Kind::count, *workload.datagrams}, {}};
  if (metric.what == What::jitter) return of(workload.jitter, "no two datagrams came back");
  if (*workload.datagrams == 0) return {{}, "no datagram was sent"};
  const auto lost = *workload.datagrams - workload.datagrams_back;
  return {Quantity{Quantity::Kind::ratio, Ratio::of(lost, *workload.datagrams).parts_per_billion},
          {}};
}

Measurement measure_execute(const Metric& metric, const WorkloadResult& workload) {
  if (!workload.executed) return {{}, "it executes no requests by a fleet"};
  const auto& executed = *workload.executed;
  return {Quantity{Quantity::Kind::count, metric.what == What::lost    ? executed.lost
                                          : metric.what == What::twice ? executed.twice
                                                                       : executed.unaccounted},
          {}};
}

Measurement measure_workload(const Metric& metric, const WorkloadResult& workload) {
  const auto value = [&](std::uint64_t number) {
    return Measurement{Quantity{metric.kind(), number}, {}};
  };
  constexpr std::string_view kNotEnded = "it had not ended when the run stopped";
  constexpr std::string_view kNoneCompleted = "none completed";
  switch (metric.what) {
    case What::completed:
      return value(workload.failed == 0 && workload.completed != 0 ? 1 : 0);
    case What::bytes_intact:
      return value(workload.intact ? 1 : 0);
    case What::transfers:
      return value(workload.transfers);
    case What::completions:
      return value(workload.completed);
    case What::failures:
      return value(workload.failed);
    case What::attempts:
      return value(workload.attempts);
    case What::bytes:
      return value(workload.bytes);
    case What::started:
      return of(workload.started, {});
    case What::ended:
      return of(workload.ended, kNotEnded);
    case What::duration:
      if (!workload.ended) return of(std::nullopt, kNotEnded);
      return of(*workload.ended - workload.started, {});
    case What::goodput:
      if (!workload.goodput) return {{}, std::string(kNoneCompleted)};
      return value(workload.goodput->bits_per_second);
    case What::latency_mean:
      return of(workload.latency_mean(), kNoneCompleted);
    case What::active:
      return value(workload.series.empty() ? 0 : workload.series.back().active);
    case What::startup:
      return of(workload.startup, workload.stalls ? "it never began" : "it is no video");
    case What::stalls:
      if (!workload.stalls) return {{}, "it is no video"};
      return value(*workload.stalls);
    case What::stall_time:
      return of(workload.stall_time, "it is no video");
    case What::datagrams:
    case What::loss:
    case What::jitter:
    case What::repaired:
    case What::duplicates:
      return measure_call(metric, workload);
    case What::lost:
    case What::twice:
    case What::unaccounted:
      return measure_execute(metric, workload);
    default:
      return of(workload.latency_percentile(metric.percent), kNoneCompleted);
  }
}

}  // namespace

Measurement measure(const Metric& metric, const Result& result) {
  switch (metric.subject) {
    case Metric::Subject::run:
      if (metric.what == What::end) return of(result.end, {});
      if (result.links.empty() || result.links.front().series.empty()) {
        return {{}, "nothing was sampled"};
      }
      return {Quantity{Quantity::Kind::count,
                       healthy_links(result, result.links.front().series.size() - 1)},
              {}};
    case Metric::Subject::links:
      if (metric.what == What::failover) return measure_failover(metric, result);
      return measure_links(metric, result);
    case Metric::Subject::workload:
      break;
  }
  const auto* workload = result.workload(metric.name);
  if (workload == nullptr) return {{}, "there is no such workload"};
  return measure_workload(metric, *workload);
}

Measurement measure_at(const Metric& metric, const Result& result, std::size_t sample,
                       std::size_t base) {
  if (metric.what == What::healthy_links) {
    return {Quantity{Quantity::Kind::count, healthy_links(result, sample)}, {}};
  }
  if (metric.subject == Metric::Subject::workload) {
    const auto& series = result.workload(metric.name)->series;
    const auto& now = series[sample];
    const auto& before = series[base];
    switch (metric.what) {
      case What::active:
        return {Quantity{Quantity::Kind::count, now.active}, {}};
      case What::completions:
        return {Quantity{Quantity::Kind::count, now.completed - before.completed}, {}};
      case What::failures:
        return {Quantity{Quantity::Kind::count, now.failed - before.failed}, {}};
      default:
        return {Quantity{metric.kind(), now.bytes - before.bytes}, {}};
    }
  }
  const auto value = [&](std::size_t at) { return total(metric, result, metric.name, at); };
  if (metric.is_level()) return {Quantity{metric.kind(), value(sample)}, {}};
  if (metric.kind() == Quantity::Kind::rate) {
    constexpr auto kSpan = std::chrono::seconds(1);
    const auto& series = result.links.front().series;
    auto from = sample;
    while (from > 0 && series[sample].at - series[from].at < kSpan) --from;
    const auto rate = rate_between(value(sample) - value(from), series[from].at, series[sample].at);
    if (!rate) return {{}, "no time has passed"};
    return {Quantity{Quantity::Kind::rate, rate->bits_per_second}, {}};
  }
  const auto change = value(sample) - value(base);
  if (metric.kind() != Quantity::Kind::ratio) return {Quantity{metric.kind(), change}, {}};
  const auto whole = whole_of(metric, result, sample) - whole_of(metric, result, base);
  if (whole == 0) return {{}, "nothing has passed"};
  return {Quantity{Quantity::Kind::ratio, Ratio::of(change, whole).parts_per_billion}, {}};
}

Measurement measure_during(const Metric& metric, const Result& result, Window window) {
  if (metric.subject == Metric::Subject::links) {
    auto within = metric;
    if (!within.window) within.window = window;
    return measure(within, result);
  }
  if (metric.subject == Metric::Subject::run) return measure(metric, result);
  const auto* whole = result.workload(metric.name);
  if (whole == nullptr) return {{}, "there is no such workload"};
  auto part = *whole;
  part.records.clear();
  part.round_trips.clear();
  part.completed = part.failed = part.attempts = part.bytes = 0;
  bool intact = true;
  for (const auto& record : whole->records) {
    if (record.started < window.from || record.started >= window.to) continue;
    part.records.push_back(record);
    ++(record.completed ? part.completed : part.failed);
    part.attempts += record.attempts;
    part.bytes += record.bytes;
    intact = intact && (!record.completed || record.intact);
  }
  part.transfers = part.records.size();
  part.intact = part.completed != 0 && intact;
  part.goodput.reset();
  if (part.bytes != 0) part.goodput = rate_of(Bytes{part.bytes}, window.to - window.from);
  return measure_workload(metric, part);
}

std::optional<Rate> mean_goodput(const std::vector<LinkSample>& series) {
  if (series.empty()) return std::nullopt;
  const auto payload = [&](std::size_t i) { return series[i].payload_down + series[i].payload_up; };
  const auto span = growth(series.size(), payload);
  if (!span) return std::nullopt;
  return rate_between(payload(span->to), series[span->from].at, series[span->to].at);
}

}  // namespace dispatch::scenario

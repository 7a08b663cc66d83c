#include "sim/report/json.hpp"

#include <boost/json.hpp>

namespace dispatch::report {
namespace {

namespace js = boost::json;
using scenario::Duration;

js::value maybe(std::optional<Duration> duration) {
  return duration ? js::value(duration->count()) : js::value(nullptr);
}

js::value maybe(std::optional<scenario::Ratio> ratio) {
  return ratio ? js::value(ratio->value()) : js::value(nullptr);
}

js::value maybe(std::optional<scenario::Rate> rate) {
  return rate ? js::value(rate->bits_per_second) : js::value(nullptr);
}

// Counters of the samples, as columns: short, and what a plot wants.
template <typename Sample, typename Value>
js::array column(const std::vector<Sample>& series, Value Sample::*member) {
  js::array values;
  values.reserve(series.size());
  for (const auto& sample : series) {
    if constexpr (std::is_same_v<Value, Duration>) {
      values.emplace_back((sample.*member).count());
    } else if constexpr (std::is_same_v<Value, scenario::LinkState>) {
      values.emplace_back(js::string_view(sim::to_string(sample.*member)));
    } else {
      values.emplace_back(sample.*member);
    }
  }
  return values;
}

js::object series_of(const scenario::LinkResult& link) {
  using S = scenario::LinkSample;
  return {{"at_ns", column(link.series, &S::at)},
          {"payload_down_bytes", column(link.series, &S::payload_down)},
          {"payload_up_bytes", column(link.series, &S::payload_up)},
          {"wire_down_bytes", column(link.series, &S::wire_down)},
          {"wire_up_bytes", column(link.series, &S::wire_up)},
          {"drops_down", column(link.series, &S::drops_down)},
          {"drops_up", column(link.series, &S::drops_up)},
          {"queue_down_bytes", column(link.series, &S::queue_down)},
          {"queue_up_bytes", column(link.series, &S::queue_up)},
          {"dials", column(link.series, &S::dials)},
          {"dial_failures", column(link.series, &S::dial_failures)},
          {"connections", column(link.series, &S::connections)},
          {"live", column(link.series, &S::live)},
          {"rate_down_bits_per_second", column(link.series, &S::rate_down)},
          {"rate_up_bits_per_second", column(link.series, &S::rate_up)},
          {"state", column(link.series, &S::state)},
          {"healthy", column(link.series, &S::healthy)}};
}

js::object reasons_of(const std::vector<scenario::DropCount>& drops) {
  js::object reasons;
  for (const auto& each : drops) reasons[each.reason] = each.packets;
  return reasons;
}

js::object object_of(const scenario::LinkResult& link) {
  return {{"name", link.name},
          {"payload_down_bytes", link.total.payload_down},
          {"payload_up_bytes", link.total.payload_up},
          {"wire_down_bytes", link.total.wire_down},
          {"wire_up_bytes", link.total.wire_up},
          {"drops_down", link.total.drops_down},
          {"drops_up", link.total.drops_up},
          {"drop_reasons_down", reasons_of(link.drops_down)},
          {"drop_reasons_up", reasons_of(link.drops_up)},
          {"dials", link.total.dials},
          {"dial_failures", link.total.dial_failures},
          {"connections", link.total.connections},
          {"share", maybe(link.share)},
          {"connection_share", maybe(link.connection_share)},
          {"goodput_bits_per_second", maybe(link.goodput)},
          {"state", js::string_view(sim::to_string(link.total.state))},
          {"series", series_of(link)}};
}

js::object object_of(const scenario::TransferRecord& record) {
  return {{"started_ns", record.started.count()},
          {"connected_ns", maybe(record.connected)},
          {"first_byte_ns", maybe(record.first_byte)},
          {"ended_ns", record.ended.count()},
          {"bytes", record.bytes},
          {"attempts", record.attempts},
          {"completed", record.completed},
          {"intact", record.intact},
          {"link", record.link.empty() ? js::value(nullptr) : js::value(record.link)},
          {"last_byte_ns", maybe(record.last_byte)},
          {"failure", record.failure.empty() ? js::value(nullptr) : js::value(record.failure)}};
}

js::object series_of(const scenario::WorkloadResult& workload) {
  using S = scenario::WorkloadSample;
  return {{"at_ns", column(workload.series, &S::at)},
          {"bytes", column(workload.series, &S::bytes)},
          {"active", column(workload.series, &S::active)},
          {"completed", column(workload.series, &S::completed)},
          {"failed", column(workload.series, &S::failed)}};
}

js::object latency_of(const scenario::WorkloadResult& workload) {
  return {{"min", maybe(workload.latency_percentile(0))},
          {"p50", maybe(workload.latency_percentile(50))},
          {"p90", maybe(workload.latency_percentile(90))},
          {"p99", maybe(workload.latency_percentile(99))},
          {"max", maybe(workload.latency_percentile(100))},
          {"mean", maybe(workload.latency_mean())}};
}

// What only videos and calls have.
void add_own_figures(js::object& object, const scenario::WorkloadResult& workload) {
  if (workload.stalls) {
    object["startup_ns"] = maybe(workload.startup);
    object["stalls"] = *workload.stalls;
    object["stall_time_ns"] = maybe(workload.stall_time);
  }
  if (workload.executed) {
    object["lost"] = workload.executed->lost;
    object["twice"] = workload.executed->twice;
    object["unaccounted"] = workload.executed->unaccounted;
    object["at_target"] = workload.executed->at_target;
  }
  if (!workload.datagrams) return;
  object["datagrams"] = *workload.datagrams;
  object["datagrams_back"] = workload.datagrams_back;
  object["jitter_ns"] = maybe(workload.jitter);
  if (!workload.repaired) return;
  object["repaired"] = *workload.repaired;
  object["duplicates"] = workload.duplicates;
  js::array round_trips;
  for (const auto each : workload.round_trips) round_trips.emplace_back(each.count());
  object["round_trips_ns"] = std::move(round_trips);
}

js::object object_of(const scenario::WorkloadResult& workload) {
  js::array records;
  for (const auto& record : workload.records) records.emplace_back(object_of(record));
  js::object object{{"name", workload.name},
                    {"kind", workload.kind},
                    {"transfers", workload.transfers},
                    {"completed", workload.completed},
                    {"failed", workload.failed},
                    {"attempts", workload.attempts},
                    {"bytes", workload.bytes},
                    {"intact", workload.intact},
                    {"started_ns", workload.started.count()},
                    {"ended_ns", maybe(workload.ended)},
                    {"goodput_bits_per_second", maybe(workload.goodput)},
                    {"latency_ns", latency_of(workload)},
                    {"records", std::move(records)},
                    {"series", series_of(workload)}};
  add_own_figures(object, workload);
  return object;
}

js::object object_of(const scenario::ExpectationResult& expectation) {
  return {{"text", expectation.text},
          {"line", expectation.position.line},
          {"column", expectation.position.column},
          {"passed", expectation.passed},
          {"observed", expectation.observed},
          {"reason", expectation.passed ? js::value(nullptr) : js::value(expectation.reason)}};
}

template <typename Items>
js::array array_of(const Items& items) {
  js::array array;
  for (const auto& item : items) array.emplace_back(object_of(item));
  return array;
}

}  // namespace

std::string json(const scenario::Result& result, std::optional<double> wall_seconds) {
  const js::object object{
      {"scenario", result.scenario},
      {"source", result.source},
      {"seed", result.seed},
      {"passed", result.passed()},
      {"links", array_of(result.links)},
      {"workloads", array_of(result.workloads)},
      {"expectations", array_of(result.expectations)},
      {"content", result.content == traffic::Content::counted ? "counted" : "checked"},
      {"hit_time_limit", result.hit_time_limit},
      {"end_ns", result.end.count()},
      {"event_hash", scenario::hash_text(result.event_hash)},
      {"events", result.events},
      {"packets", result.packets},
      {"wall_seconds", wall_seconds ? js::value(*wall_seconds) : js::value(nullptr)}};
  return js::serialize(object);
}

}  // namespace dispatch::report

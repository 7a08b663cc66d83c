#include "bindings/module/result.hpp"

#include "bindings/module/text.hpp"
#include "sim/report/figures.hpp"

#include <chrono>
#include <vector>

namespace py = pybind11;
using namespace py::literals;

namespace dispatch::bindings {
namespace {

using scenario::LinkSample;
using scenario::WorkloadSample;

double seconds(net::Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

py::object optional(const std::optional<net::Duration>& duration) {
  return duration ? py::object(py::float_(seconds(*duration))) : py::none();
}
py::object optional(const std::optional<scenario::Ratio>& ratio) {
  return ratio ? py::object(py::float_(ratio->value())) : py::none();
}
py::object optional(const std::optional<scenario::Rate>& rate) {
  return rate ? py::object(py::float_(static_cast<double>(rate->bits_per_second))) : py::none();
}

template <typename Value>
py::bytes bytes_of(const std::vector<Value>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Value)};
}

template <typename Sample>
py::bytes column(const std::vector<Sample>& series, std::uint64_t Sample::*member) {
  std::vector<std::uint64_t> values;
  values.reserve(series.size());
  for (const auto& sample : series) values.push_back(sample.*member);
  return bytes_of(values);
}

template <typename Sample>
py::bytes time_column(const std::vector<Sample>& series) {
  std::vector<double> values;
  values.reserve(series.size());
  for (const auto& sample : series) values.push_back(seconds(sample.at));
  return bytes_of(values);
}

py::dict plain_series(const std::vector<LinkSample>& series) {
  py::list states;
  for (const auto& sample : series) states.append(text_of(sim::to_string(sample.state)));
  return py::dict("seconds"_a = time_column(series),
                  "bytes_down"_a = column(series, &LinkSample::payload_down),
                  "bytes_up"_a = column(series, &LinkSample::payload_up),
                  "wire_bytes_down"_a = column(series, &LinkSample::wire_down),
                  "wire_bytes_up"_a = column(series, &LinkSample::wire_up),
                  "drops_down"_a = column(series, &LinkSample::drops_down),
                  "drops_up"_a = column(series, &LinkSample::drops_up),
                  "queue_bytes_down"_a = column(series, &LinkSample::queue_down),
                  "queue_bytes_up"_a = column(series, &LinkSample::queue_up),
                  "dials"_a = column(series, &LinkSample::dials),
                  "dial_failures"_a = column(series, &LinkSample::dial_failures),
                  "connections"_a = column(series, &LinkSample::connections),
                  "live"_a = column(series, &LinkSample::live),
                  "rate_down"_a = column(series, &LinkSample::rate_down),
                  "rate_up"_a = column(series, &LinkSample::rate_up), "state"_a = states);
}

py::dict plain_series(const std::vector<WorkloadSample>& series) {
  return py::dict("seconds"_a = time_column(series),
                  "bytes"_a = column(series, &WorkloadSample::bytes),
                  "active"_a = column(series, &WorkloadSample::active),
                  "completions"_a = column(series, &WorkloadSample::completed),
                  "failures"_a = column(series, &WorkloadSample::failed));
}

template <typename Sample>
py::bytes duration_column(const std::vector<Sample>& series, net::Duration Sample::*member) {
  std::vector<double> values;
  values.reserve(series.size());
  for (const auto& sample : series) values.push_back(seconds(sample.*member));
  return bytes_of(values);
}

py::dict plain_flow(const scenario::FlowResult& flow) {
  using S = scenario::FlowSample;
  const auto& series = flow.series;
  const auto columns = py::dict(
      "seconds"_a = time_column(series), "cwnd"_a = column(series, &S::congestion_window),
      "ssthresh"_a = column(series, &S::slow_start_threshold),
      "in_flight"_a = column(series, &S::in_flight),
      "srtt"_a = duration_column(series, &S::smoothed_rtt),
      "min_rtt"_a = duration_column(series, &S::minimum_rtt),
      "unacked"_a = column(series, &S::unacked), "delivered"_a = column(series, &S::delivered),
      "received"_a = column(series, &S::received),
      "retransmits"_a = column(series, &S::retransmits),
      "delivery_rate"_a = column(series, &S::delivery_rate));
  return py::dict("host"_a = text_of(flow.host), "local"_a = text_of(flow.local),
                  "remote"_a = text_of(flow.remote),
                  "link"_a = flow.link.empty() ? py::object(py::none()) : text_of(flow.link),
                  "series"_a = columns);
}

py::dict plain_drops(const std::vector<scenario::DropCount>& drops) {
  py::dict counts;
  for (const auto& each : drops) counts[text_of(each.reason)] = each.packets;
  return counts;
}

py::dict plain_link(const scenario::LinkResult& link) {
  const auto& total = link.total;
  return py::dict(
      "name"_a = text_of(link.name), "share"_a = optional(link.share),
      "connection_share"_a = optional(link.connection_share), "connections"_a = total.connections,
      "live"_a = total.live, "dials"_a = total.dials, "dial_failures"_a = total.dial_failures,
      "bytes_down"_a = total.payload_down, "bytes_up"_a = total.payload_up,
      "wire_bytes_down"_a = total.wire_down, "wire_bytes_up"_a = total.wire_up,
      "drops_down"_a = total.drops_down, "drops_up"_a = total.drops_up,
      "drop_reasons_down"_a = plain_drops(link.drops_down),
      "drop_reasons_up"_a = plain_drops(link.drops_up), "goodput"_a = optional(link.goodput),
      "state"_a = text_of(sim::to_string(total.state)), "series"_a = plain_series(link.series));
}

py::tuple plain_record(const scenario::TransferRecord& record) {
  return py::make_tuple(seconds(record.started), optional(record.connected),
                        optional(record.first_byte), seconds(record.ended), record.bytes,
                        record.attempts, record.completed, record.intact, text_of(record.failure),
                        record.link.empty() ? py::object(py::none()) : text_of(record.link));
}

py::dict plain_workload(const scenario::WorkloadResult& workload) {
  py::list records;
  for (const auto& record : workload.records) records.append(plain_record(record));
  return py::dict("name"_a = text_of(workload.name), "kind"_a = text_of(workload.kind),
                  "transfers"_a = workload.transfers, "completions"_a = workload.completed,
                  "failures"_a = workload.failed, "attempts"_a = workload.attempts,
                  "bytes"_a = workload.bytes, "bytes_intact"_a = workload.intact,
                  "started"_a = seconds(workload.started), "ended"_a = optional(workload.ended),
                  "goodput"_a = optional(workload.goodput), "records"_a = records,
                  "series"_a = plain_series(workload.series));
}

py::dict plain_expectation(const scenario::ExpectationResult& expectation) {
  return py::dict("text"_a = text_of(expectation.text), "passed"_a = expectation.passed,
                  "observed"_a = text_of(expectation.observed),
                  "reason"_a = text_of(expectation.reason));
}

template <typename Values, typename Plain>
py::list list_of(const Values& values, Plain plain) {
  py::list list;
  for (const auto& value : values) list.append(plain(value));
  return list;
}

}  // namespace

py::dict plain_of_result(const scenario::Result& result) {
  return py::dict("scenario"_a = text_of(result.scenario), "source"_a = text_of(result.source),
                  "seed"_a = result.seed, "passed"_a = result.passed(),
                  "end"_a = seconds(result.end), "hit_time_limit"_a = result.hit_time_limit,
                  "event_hash"_a = text_of(scenario::hash_text(result.event_hash)),
                  "events"_a = result.events, "packets"_a = result.packets,
                  "flows"_a = list_of(result.flows, plain_flow),
                  "links"_a = list_of(result.links, plain_link),
                  "workloads"_a = list_of(result.workloads, plain_workload),
                  "expectations"_a = list_of(result.expectations, plain_expectation));
}

py::dict figures_of_result(const scenario::Result& result) {
  using Kind = scenario::Quantity::Kind;
  py::dict figures;
  for (const auto& figure : report::figures_of(result)) {
    py::object value = py::none();
    if (figure.value) {
      const auto number = *figure.value;
      switch (figure.kind) {
        case Kind::duration:
          value = py::float_(seconds(net::Duration(number)));
          break;
        case Kind::ratio:
          value = py::float_(scenario::Ratio{number}.value());
          break;
        case Kind::rate:
          value = py::float_(static_cast<double>(number));
          break;
        default:
          value = py::int_(number);
      }
    }
    figures[text_of(figure.name)] = value;
  }
  return figures;
}

}  // namespace dispatch::bindings

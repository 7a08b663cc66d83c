#include "sim/report/series.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

namespace dispatch::report {
namespace {

using scenario::Duration;

constexpr const char* kHeader =
    "seconds,kind,name,cwnd,ssthresh,in_flight,srtt,min_rtt,unacked,delivered,received,retransmits,"
    "delivery_rate,queue_down,queue_up,drops_down,drops_up\n";

using Row = std::pair<Duration, std::string>;

void add(const scenario::FlowResult& flow, std::vector<Row>& rows) {
  for (const auto& s : flow.series) {
    rows.emplace_back(
        s.at, fmt::format("{:.9g},flow,{} {}>{},{},{},{},{:.9g},{:.9g},{},{},{},{},{},,,,\n",
                          net::to_seconds(s.at), flow.host, flow.local, flow.remote,
                          s.congestion_window, s.slow_start_threshold, s.in_flight,
                          net::to_seconds(s.smoothed_rtt), net::to_seconds(s.minimum_rtt),
                          s.unacked, s.delivered, s.received, s.retransmits, s.delivery_rate));
  }
}

void add(const scenario::LinkResult& link, std::vector<Row>& rows) {
  for (const auto& s : link.series) {
    rows.emplace_back(s.at,
                      fmt::format("{:.9g},link,{},,,,,,,,,,,{},{},{},{}\n", net::to_seconds(s.at),
                                  link.name, s.queue_down, s.queue_up, s.drops_down, s.drops_up));
  }
}

}  // namespace

std::string series_csv(const scenario::Result& result) {
  std::vector<Row> rows;
  for (const auto& link : result.links) add(link, rows);
  for (const auto& flow : result.flows) add(flow, rows);
  std::ranges::stable_sort(rows, {}, &Row::first);
  std::string text = kHeader;
  for (const auto& [at, row] : rows) text += row;
  return text;
}

}  // namespace dispatch::report

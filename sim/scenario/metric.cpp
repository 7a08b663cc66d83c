#include "sim/scenario/metric_table.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dispatch::scenario {

using Subject = Metric::Subject;
namespace {

const MetricRow& row_of(const Metric& metric) {
  static constexpr MetricRow kEnd{"end", Metric::What::end, Quantity::Kind::duration};
  static constexpr MetricRow kMean{"latency", Metric::What::latency_mean, Quantity::Kind::duration};
  static constexpr MetricRow kHealthy{"healthy_links", Metric::What::healthy_links,
                                      Quantity::Kind::count};
  if (metric.what == Metric::What::healthy_links) return kHealthy;
  if (metric.subject == Subject::run) return kEnd;
  if (metric.what == Metric::What::latency_mean) return kMean;
  const auto is_it = [&](const MetricRow& row) { return row.what == metric.what; };
  if (metric.subject == Subject::links) {
    return *std::find_if(kLinkMetrics.begin(), kLinkMetrics.end(), is_it);
  }
  return *std::find_if(kWorkloadMetrics.begin(), kWorkloadMetrics.end(), is_it);
}

}  // namespace

Quantity::Kind Metric::kind() const {
  return row_of(*this).kind;
}

bool Metric::is_level() const {
  return what == Metric::What::healthy_links || what == Metric::What::queue ||
         what == Metric::What::live || what == Metric::What::active;
}

bool Metric::has_instants() const {
  switch (subject) {
    case Subject::run:
      return what == Metric::What::healthy_links;
    case Subject::links:
      return what != Metric::What::failover;
    case Subject::workload:
      break;
  }
  return what == Metric::What::active || what == Metric::What::completions ||
         what == Metric::What::failures || what == Metric::What::bytes;
}

std::string to_string(const Metric& metric) {
  const auto& row = row_of(metric);
  if (metric.subject == Subject::run) return std::string(row.name);
  if (metric.subject == Subject::links) {
    auto text = fmt::format("{}({}", row.name, metric.name);
    if (metric.flow != Flow::both) text += metric.flow == Flow::down ? ", down" : ", up";
    if (metric.what == Metric::What::failover) text += ", " + to_string(metric.at);
    if (metric.window) {
      text += fmt::format(", {}..{}", to_string(metric.window->from), to_string(metric.window->to));
    }
    return text + ")";
  }
  auto text = fmt::format("{}.{}", metric.name, row.name);
  if (metric.what == Metric::What::latency_mean) return text + ".mean";
  if (metric.what != Metric::What::latency_percentile) return text;
  if (metric.percent == 0) return text + ".min";
  if (metric.percent == 100) return text + ".max";
  return fmt::format("{}.p{}", text, metric.percent);
}

}  // namespace dispatch::scenario

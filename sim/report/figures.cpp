#include "sim/report/figures.hpp"

#include "sim/scenario/measure.hpp"

#include <algorithm>

namespace dispatch::report {
namespace {

using scenario::Metric;
using What = Metric::What;

constexpr What kOfLinks[] = {What::share,       What::connection_share, What::goodput, What::bytes,
                             What::connections, What::dial_failures,    What::drops};
constexpr What kOfWorkloads[] = {What::completions, What::failures, What::attempts, What::goodput,
                                 What::duration};
constexpr unsigned kPercents[] = {50, 90, 99, 100};

void add(std::vector<Figure>& figures, const Metric& metric, const scenario::Result& result) {
  auto name = to_string(metric);
  const auto is_it = [&](const Figure& each) { return each.name == name; };
  if (std::any_of(figures.begin(), figures.end(), is_it)) return;
  const auto measured = measure(metric, result);
  Figure figure{std::move(name), metric.kind(), {}};
  if (measured.value) figure.value = measured.value->value;
  figures.push_back(std::move(figure));
}

}  // namespace

std::vector<Figure> figures_of(const scenario::Result& result) {
  std::vector<Figure> figures;
  Metric metric;
  for (const auto& link : result.links) {
    metric.subject = Metric::Subject::links;
    metric.name = link.name;
    for (const auto what : kOfLinks) {
      metric.what = what;
      add(figures, metric, result);
    }
  }
  for (const auto& workload : result.workloads) {
    metric.subject = Metric::Subject::workload;
    metric.name = workload.name;
    for (const auto what : kOfWorkloads) {
      metric.what = what;
      add(figures, metric, result);
    }
    metric.what = What::latency_percentile;
    for (const auto percent : kPercents) {
      metric.percent = percent;
      add(figures, metric, result);
    }
    const auto add_all = [&](std::initializer_list<What> whats) {
      for (const auto what : whats) {
        metric.what = what;
        add(figures, metric, result);
      }
    };
    if (workload.stalls) add_all({What::startup, What::stalls, What::stall_time});
    if (workload.datagrams) add_all({What::loss});
    if (workload.datagrams && !workload.repaired) add_all({What::jitter});
    if (workload.repaired) add_all({What::repaired, What::duplicates});
  }
  add(figures, Metric{}, result);
  for (const auto& expectation : result.expectations) {
    const auto expression = scenario::parse_expression(expectation.text);
    for (const auto* each : expression.metrics()) {
      if (each->kind() != scenario::Quantity::Kind::truth) add(figures, *each, result);
    }
  }
  return figures;
}

}  // namespace dispatch::report

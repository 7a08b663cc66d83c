#include "sim/report/text.hpp"

#include "sim/report/columns.hpp"

#include <fmt/format.h>

namespace dispatch::report {
namespace {

using scenario::Bytes;
using scenario::rounded;

constexpr const char* kNothing = "-";

template <typename Quantity>
std::string or_nothing(const std::optional<Quantity>& quantity) {
  return quantity ? rounded(*quantity) : kNothing;
}

std::string percent(const std::optional<scenario::Ratio>& ratio) {
  return ratio ? fmt::format("{:.1f} %", ratio->value() * 100) : kNothing;
}

std::string links(const scenario::Result& result) {
  std::vector<std::vector<std::string>> rows{
      {"link", "bytes down", "bytes up", "share", "goodput", "connections", "share"}};
  for (const auto& link : result.links) {
    rows.push_back({link.name, rounded(Bytes{link.total.payload_down}),
                    rounded(Bytes{link.total.payload_up}), percent(link.share),
                    or_nothing(link.goodput), std::to_string(link.total.connections),
                    percent(link.connection_share)});
  }
  return columns(rows);
}

// What only videos, calls and streams have.
std::string own_figures(const scenario::Result& result) {
  std::string text;
  for (const auto& workload : result.workloads) {
    if (workload.stalls) {
      text += fmt::format("  {}: began after {}, {} stall{}, {} in all\n", workload.name,
                          or_nothing(workload.startup), *workload.stalls,
                          *workload.stalls == 1 ? "" : "s", or_nothing(workload.stall_time));
    }
    if (workload.executed) {
      const auto& executed = *workload.executed;
      text += fmt::format("  {}: {} executions at the target; {} lost, {} twice, {} unaccounted\n",
                          workload.name, executed.at_target, executed.lost, executed.twice,
                          executed.unaccounted);
    }
    if (workload.datagrams && *workload.datagrams > 0) {
      const auto lost = *workload.datagrams - workload.datagrams_back;
      text +=
          fmt::format("  {}: {} of {} datagrams lost ({}), ", workload.name, lost,
                      *workload.datagrams, percent(scenario::Ratio::of(lost, *workload.datagrams)));
      text += workload.repaired ? fmt::format("{} made good, {} came twice\n", *workload.repaired,
                                              workload.duplicates)
                                : fmt::format("jitter {}\n", or_nothing(workload.jitter));
    }
  }
  return text.empty() ? text : "\n" + text;
}

std::string workloads(const scenario::Result& result) {
  std::vector<std::vector<std::string>> rows{
      {"workload", "done", "failed", "tries", "bytes", "goodput", "p50", "p99"}};
  for (const auto& workload : result.workloads) {
    rows.push_back({workload.name, fmt::format("{}/{}", workload.completed, workload.transfers),
                    std::to_string(workload.failed), std::to_string(workload.attempts),
                    rounded(Bytes{workload.bytes}), or_nothing(workload.goodput),
                    or_nothing(workload.latency_percentile(50)),
                    or_nothing(workload.latency_percentile(99))});
  }
  return columns(rows) + own_figures(result);
}

std::string expectations(const scenario::Result& result) {
  std::string text;
  for (const auto& each : result.expectations) {
    if (each.passed) {
      text += fmt::format("  pass  {}  ({})\n", each.text, each.observed);
    } else {
      text += fmt::format("  FAIL  {}\n        {}{}\n", each.text,
                          scenario::place_of(result.source, each.position), each.reason);
    }
  }
  return text;
}

std::string speed(scenario::Duration simulated, double wall_seconds) {
  const double seconds = std::chrono::duration<double>(simulated).count();
  auto text = fmt::format("simulated {} in {:.3g} s", rounded(simulated), wall_seconds);
  if (wall_seconds > 0) text += fmt::format(" ({:.3g} times real time)", seconds / wall_seconds);
  return text;
}

}  // namespace

std::string text(const scenario::Result& result, double wall_seconds) {
  auto text = fmt::format("{}\n", result.scenario.empty() ? result.source : result.scenario);
  text += "\n" + links(result);
  if (!result.workloads.empty()) text += "\n" + workloads(result);
  if (!result.expectations.empty()) text += "\n" + expectations(result);
  text += "\n";
  if (result.hit_time_limit) {
    text += fmt::format("  stopped at the scenario's duration of {}, with work left\n",
                        rounded(result.end));
  }
  if (result.content == traffic::Content::counted) {
    text += "  bytes were counted and not checked (content: counted)\n";
  }
  text += fmt::format("  {}\n", speed(result.end, wall_seconds));
  text += fmt::format("  {} events, {} packets, seed {}, event hash {}\n", result.events,
                      result.packets, result.seed, scenario::hash_text(result.event_hash));
  return text;
}

}  // namespace dispatch::report

#include "engine/fleet/metrics.hpp"

#include "engine/fleet/coordinator.hpp"

#include <fmt/format.h>

#include <limits>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

namespace dispatch::fleet {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

class Families {
 public:
  void add(const char* name, const char* help, MetricType type, double value) {
    open(name, help, type);
    add_value({}, value);
  }
  void open(const char* name, const char* help, MetricType type) {
    families_.push_back({fmt::format("http_dispatcher_{}", name), help, type, {}});
  }
  void add_value(std::vector<ClientMetric::Label> labels, double value) {
    ClientMetric metric;
    metric.label = std::move(labels);
    metric.counter.value = value;
    metric.gauge.value = value;
    families_.back().metric.push_back(std::move(metric));
  }
  void add(const char* name, const char* help, const Histogram& histogram) {
    open(name, help, MetricType::Histogram);
    ClientMetric metric;
    metric.histogram.sample_count = histogram.count();
    metric.histogram.sample_sum = histogram.sum();
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < histogram.counts().size(); ++i) {
      below += histogram.counts()[i];
      const auto bound = i < histogram.bounds().size() ? histogram.bounds()[i]
                                                       : std::numeric_limits<double>::infinity();
      metric.histogram.bucket.push_back({below, bound});
    }
    families_.back().metric.push_back(std::move(metric));
  }
  std::string text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  std::vector<MetricFamily> families_;
};

template <typename Number>
double number(Number value) {
  return static_cast<double>(value);
}

}  // namespace

std::string metrics_text(Coordinator& coordinator) {
  constexpr auto kCounter = MetricType::Counter;
  constexpr auto kGauge = MetricType::Gauge;
  const auto& figures = coordinator.figures();
  const auto& pool = coordinator.pool();
  const auto now = coordinator.runtime().clock().now();
  Families families;

  families.open("requests_total", "Attempts that ended; status_code 0: without an answer.",
                kCounter);
  for (const auto& [key, count] : figures.requests) {
    const auto& [agent, status, method] = key;
    families.add_value(
        {{"agent_id", agent}, {"status_code", std::to_string(status)}, {"method", method}},
        number(count));
  }
  families.open("request_errors_total", "Attempts without an answer.", kCounter);
  for (const auto& [key, count] : figures.errors) {
    families.add_value(
        {{"agent_id", key.first}, {"error_type", std::string(to_string(key.second))}},
        number(count));
  }
  families.open("agent_requests_total", "Attempts that ended, of an agent.", kCounter);
  std::size_t offered = 0;
  std::size_t available = 0;
  for (const auto& [id, agent] : pool.agents()) {
    families.add_value({{"agent_id", id}}, number(agent->requests));
    for (const auto& [text, address] : agent->addresses) {
      offered += address->offered ? 1 : 0;
      available += pool.is_available(*address, now) ? 1 : 0;
    }
  }
  families.add("request_duration_seconds", "The agent's part of an attempt.",
               figures.duration_seconds);
  families.add("request_overhead_seconds",
               "What the coordinator and the way to the agent add to an attempt.",
               figures.overhead_seconds);
  families.add("response_size_bytes", "Bodies of answers.", figures.response_bytes);
  families.add("agents_connected", "Agents that are connected.", kGauge,
               number(pool.connected_agents()));
  families.add("agents_total", "Agents that are known.", kGauge, number(pool.agents().size()));
  families.add("ip_pool_size", "Source addresses that agents offer.", kGauge, number(offered));
  families.add("ip_pool_available", "Of these, those that can be used now.", kGauge,
               number(available));
  families.add("websocket_connections", "Of agents and monitors.", kGauge,
               number(figures.websockets));
  families.add("queue_depth", "Requests that wait for a place within the limits.", kGauge,
               number(coordinator.waiting()));
  families.add("requests_executing", "Requests that are under way.", kGauge,
               number(coordinator.executing()));
  families.add("requests_executed_total", "Requests that ended.", kCounter,
               number(figures.executed));
  families.add("repeats_total", "Attempts after the first of a request.", kCounter,
               number(figures.repeats));
  families.add("late_results_total", "Results of attempts that had been given up.", kCounter,
               number(figures.late_results));
  families.add("refused_callers_total", "Calls without a right token.", kCounter,
               number(figures.refused_callers));
  families.add("refused_agents_total", "Agents without a right token.", kCounter,
               number(figures.refused_agents));
  families.add("history_lost_total", "Records that could not be kept.", kCounter,
               number(coordinator.history_failures()));
  families.add("uptime_seconds", "Since it was started.", kGauge,
               std::chrono::duration<double>(now - coordinator.started_at()).count());
  return families.text();
}

}  // namespace dispatch::fleet

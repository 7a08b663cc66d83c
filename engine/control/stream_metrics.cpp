#include "engine/control/stream_metrics.hpp"

#include "engine/control/metrics.hpp"
#include "engine/control/web_pages.hpp"

#include <array>
#include <map>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

namespace dispatch::control {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

ClientMetric counter_of(std::uint64_t value, std::vector<ClientMetric::Label> labels) {
  ClientMetric metric;
  metric.label = std::move(labels);
  metric.counter.value = static_cast<double>(value);
  return metric;
}

struct OfEndpoint {
  const char* name;
  const char* help;
  std::uint64_t stream::Figures::*value;
};

constexpr std::array<OfEndpoint, 4> kOfEndpoints = {{
    {"dispatch_stream_datagrams_total", "Datagrams that came, or were sent.",
     &stream::Figures::datagrams},
    {"dispatch_stream_bytes_total", "Bytes that came, or were sent.", &stream::Figures::bytes},
    {"dispatch_stream_lost_datagrams_total",
     "Of an input: came and found no room. Of an output: refused, or dropped because it is slow.",
     &stream::Figures::lost},
    {"dispatch_stream_lost_bytes_total", "Of an output: the same in bytes.",
     &stream::Figures::lost_bytes},
}};

struct OfFrames {
  const char* name;
  const char* help;
  std::uint64_t stream::SequenceFigures::*value;
};

// What is missing may yet come: that is a gauge by its nature.
constexpr std::array<OfFrames, 4> kOfFrames = {{
    {"dispatch_frames_received_total", "Frames, each counted once.",
     &stream::SequenceFigures::received},
    {"dispatch_frames_reordered_total", "Frames that came after a later one.",
     &stream::SequenceFigures::reordered},
    {"dispatch_frames_duplicates_total", "Frames that came again, or too late.",
     &stream::SequenceFigures::duplicates},
    {"dispatch_frames_repaired_total", "Frames made good by parity, or sent again.",
     &stream::SequenceFigures::repaired},
}};

}  // namespace

std::string stream_metrics_text(const stream::Pipeline& pipeline) {
  std::vector<MetricFamily> families;
  const auto endpoints = pipeline.figures();
  for (const auto& what : kOfEndpoints) {
    MetricFamily family{what.name, what.help, MetricType::Counter, {}};
    // Two with one name, such as two copies to one receiver, are told apart.
    std::map<std::pair<std::string, bool>, unsigned> seen;
    for (const auto& each : endpoints) {
      const auto before = seen[{each.name, each.is_input}]++;
      const auto name = before == 0 ? each.name : each.name + "#" + std::to_string(before + 1);
      family.metric.push_back(
          counter_of(each.figures.*what.value,
                     {{"endpoint", name}, {"direction", each.is_input ? "in" : "out"}}));
    }
    families.push_back(std::move(family));
  }
  const auto streams = pipeline.streams();
  for (const auto& what : kOfFrames) {
    MetricFamily family{what.name, what.help, MetricType::Counter, {}};
    for (const auto& [number, figures] : streams) {
      family.metric.push_back(
          counter_of(figures.*what.value, {{"stream", std::to_string(number)}}));
    }
    families.push_back(std::move(family));
  }
  MetricFamily missing{
      "dispatch_frames_missing", "Frames that have not come.", MetricType::Gauge, {}};
  for (const auto& [number, figures] : streams) {
    ClientMetric metric;
    metric.label = {{"stream", std::to_string(number)}};
    metric.gauge.value = static_cast<double>(figures.lost);
    missing.metric.push_back(std::move(metric));
  }
  families.push_back(std::move(missing));
  families.push_back({"dispatch_frames_strangers_total",
                      "Datagrams that were no frames.",
                      MetricType::Counter,
                      {counter_of(pipeline.strangers(), {})}});
  families.push_back({"dispatch_frames_sent_again_total",
                      "Frames that receivers asked for.",
                      MetricType::Counter,
                      {counter_of(pipeline.sent_again(), {})}});
  std::erase_if(families, [](const MetricFamily& family) { return family.metric.empty(); });
  return prometheus::TextSerializer().Serialize(families);
}

net::Task<void> serve_stream_metrics(net::Runtime& runtime, net::Listener& listener,
                                     const stream::Pipeline& pipeline) {
  co_await serve_pages(
      runtime, listener, [&pipeline](const WebRequest& request) -> net::Task<proxy::http::Answer> {
        const bool reads = request.head.method == "GET" || request.head.method == "HEAD";
        const auto path = request.head.target.substr(0, request.head.target.find('?'));
        if (path == "/metrics" && reads) {
          co_return page_of(kMetricsType, stream_metrics_text(pipeline));
        }
        co_return proxy::http::answer_for(
            proxy::http::Fault{path == "/metrics" ? 405u : 404u, "there are only /metrics here"});
      });
}

}  // namespace dispatch::control

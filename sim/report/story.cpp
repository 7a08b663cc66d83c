#include "sim/report/story.hpp"

#include "sim/report/json.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace dispatch::report {
namespace {

namespace js = boost::json;
using scenario::FlowResult;
using scenario::FlowSample;

template <typename Value>
js::array column(const FlowResult& flow, Value FlowSample::*member) {
  js::array values;
  values.reserve(flow.series.size());
  for (const auto& sample : flow.series) {
    if constexpr (std::is_same_v<Value, scenario::Duration>) {
      values.emplace_back((sample.*member).count());
    } else {
      values.emplace_back(sample.*member);
    }
  }
  return values;
}

js::object object_of(const FlowResult& flow) {
  using S = FlowSample;
  return {{"name", fmt::format("{} {} > {}", flow.host, flow.local, flow.remote)},
          {"link", flow.link},
          {"at_ns", column(flow, &S::at)},
          {"cwnd", column(flow, &S::congestion_window)}};
}

std::uint64_t sent(const FlowResult& flow) {
  return flow.series.empty() ? 0 : flow.series.back().delivered;
}

// Within a machine there is nothing that a congestion window could run into.
bool is_within_machine(const FlowResult& flow) {
  return flow.local.starts_with("127.") || flow.local.starts_with("[::1]");
}

// Those that sent anything to another machine, who sent most first.
std::vector<const FlowResult*> senders(const scenario::Result& result) {
  std::vector<const FlowResult*> flows;
  for (const auto& flow : result.flows) {
    if (sent(flow) != 0 && !is_within_machine(flow)) flows.push_back(&flow);
  }
  std::stable_sort(flows.begin(), flows.end(),
                   [](const FlowResult* a, const FlowResult* b) { return sent(*a) > sent(*b); });
  return flows;
}

}  // namespace

void Story::attach(scenario::RunOptions& options) {
  options.flows = true;
  options.event = [this, before = std::move(options.event)](std::string_view line) {
    if (before) before(line);
    note(line);
  };
}

void Story::note(std::string_view line) {
  // As scenario::EventLog begins them: the time, then the kind.
  const auto kind = line.substr(std::min(line.find(','), line.size()));
  if (!kind.starts_with(R"(,"event":"log")") && !kind.starts_with(R"(,"event":"change")")) return;
  if (notes_.size() == kNotesMax) {
    ++notes_left_out_;
    return;
  }
  line.remove_suffix(line.ends_with('\n') ? 1 : 0);
  notes_.emplace_back(line);
}

std::string Story::json(const scenario::Result& result, double wall_seconds,
                        std::string_view replay) const {
  const auto all = senders(result);
  js::array flows;
  for (const auto* flow : all) {
    if (flows.size() < kFlowsMax) flows.emplace_back(object_of(*flow));
  }
  return fmt::format(
      R"({{"result":{},"flows":{},"flows_left_out":{},"notes":[{}],"notes_left_out":{},"replay":{}}})",
      report::json(result, wall_seconds), js::serialize(flows), all.size() - flows.size(),
      fmt::join(notes_, ","), notes_left_out_, js::serialize(js::string(replay)));
}

}  // namespace dispatch::report

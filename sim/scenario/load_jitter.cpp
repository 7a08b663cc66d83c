#include "sim/scenario/data_file.hpp"
#include "sim/scenario/load_link_parts.hpp"
#include "sim/scenario/load_parts.hpp"
#include "sim/scenario/shape_link_models.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace dispatch::scenario {
namespace {

using JitterShape = sim::Jitter::Shape;

constexpr std::size_t kDelaysMax = 1'000'000;

std::shared_ptr<const sim::DelayTable> read_table(const YamlValue& value) {
  auto table = std::make_shared<sim::DelayTable>();
  for (const auto& each : value.one_or_more("delays such as [0ms, 1ms, 2ms, 40ms]")) {
    const auto delay = each.duration();
    if (!table->quantiles.empty() && delay < table->quantiles.back()) {
      each.fail("less than the one before: write the delays from the least to the greatest");
    }
    table->quantiles.push_back(delay);
  }
  if (table->quantiles.empty()) value.fail("no delays: write for example [0ms, 1ms, 2ms, 40ms]");
  return table;
}

// A number of milliseconds without a unit, as in a file of measurements.
std::string add_delay(std::string_view line, std::vector<Duration>& delays) {
  try {
    delays.push_back(parse_duration(std::string(line) + " ms"));
  } catch (const UnitError&) {
    return "not a number of milliseconds such as 12.5";
  }
  return delays.size() > kDelaysMax ? fmt::format("more than {} delays", kDelaysMax) : "";
}

std::shared_ptr<const sim::DelayTable> read_delay_file(const YamlValue& value) {
  auto table = std::make_shared<sim::DelayTable>();
  auto& delays = table->quantiles;
  table->file = read_data_file(value, [&](std::string_view line) {
                  return add_delay(line, delays);
                }).string();
  if (delays.empty()) value.fail(fmt::format("\"{}\" has no delay", value.text("a file")));
  std::sort(delays.begin(), delays.end());
  return table;
}

// What switches pauses off.
bool is_none(const YamlValue& value) {
  return value.is_scalar() && value.text("none") == "none";
}

sim::Suspension read_pause(const YamlMap& map) {
  sim::Suspension pause;
  const auto& every = map.require("every", "10 s");
  pause.every = read_period(every);
  const auto& length = map.require("for", "100 ms");
  pause.length = read_positive_duration(length);
  if (pause.length >= pause.every) {
    length.fail("a pause as long as the time between two: use a blackhole event to stop a link");
  }
  const auto* from = map.find("from");
  pause.from = from == nullptr ? pause.every : from->duration();
  return pause;
}

}  // namespace

sim::Jitter read_jitter(const YamlValue& value) {
  if (!value.is_map()) {
    const auto amount = value.duration();
    return {amount == Duration::zero() ? JitterShape::none : JitterShape::uniform, amount, false};
  }
  const auto map = value.map(jitter_shape());
  const auto kind = map.one_of();
  const auto& detail = *map.find(kind);
  sim::Jitter jitter;
  if (const auto* reorder = map.find("reorder")) jitter.reorders = reorder->yes_or_no();
  if (kind == "distribution" || kind == "file") {
    jitter.shape = JitterShape::table;
    jitter.table = kind == "file" ? read_delay_file(detail) : read_table(detail);
    return jitter;
  }
  jitter.shape = kind == "uniform"  ? JitterShape::uniform
                 : kind == "normal" ? JitterShape::normal
                                    : JitterShape::pareto;
  jitter.amount = detail.duration();
  if (jitter.amount == Duration::zero()) jitter.shape = JitterShape::none;
  return jitter;
}

sim::Reordering read_reorder(const YamlValue& value) {
  sim::Reordering reorder;
  if (!value.is_map()) {
    reorder.share = read_probability(value);
    return reorder;
  }
  const auto map = value.map(reorder_shape());
  reorder.share = read_probability(map.require("share", "1%"));
  if (const auto* gap = map.find("gap")) {
    reorder.gap =
        static_cast<std::uint32_t>(gap->count(1, std::numeric_limits<std::uint32_t>::max()));
  }
  if (const auto* by = map.find("by")) reorder.by = read_positive_duration(*by);
  return reorder;
}

sim::Suspension read_suspend(const YamlValue& value) {
  if (is_none(value)) return {};
  return read_pause(value.map(pause_shape()));
}

sim::Handover read_handover(const YamlValue& value) {
  if (is_none(value)) return {};
  const auto map = value.map(handover_shape());
  sim::Handover handover;
  handover.pause = read_pause(map);
  if (const auto* delay = map.find("delay")) {
    for (const auto& each : delay->one_or_more("a delay, or one for each cell")) {
      handover.delays.push_back(each.duration());
    }
    if (handover.delays.empty()) delay->fail("no delays: write for example [35ms, 60ms]");
  }
  return handover;
}

}  // namespace dispatch::scenario

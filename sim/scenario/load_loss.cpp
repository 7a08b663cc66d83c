#include "sim/scenario/load_link_parts.hpp"
#include "sim/scenario/shape_link_models.hpp"

#include <fmt/format.h>

#include <limits>

namespace dispatch::scenario {
namespace {

constexpr std::uint64_t kLengthMax = 1'000'000;

sim::LossModel read_gilbert_elliott(const YamlValue& value) {
  const auto map = value.map(gilbert_elliott_shape());
  sim::GilbertElliott line;
  line.p = read_probability(map.require("p", "0.3%"));
  const auto& r = map.require("r", "25%");
  line.r = read_probability(r);
  if (line.r == 0) r.fail("r of 0: the line would stay bad for ever");
  if (const auto* good = map.find("good")) line.good = read_probability(*good);
  if (const auto* bad = map.find("bad")) line.bad = read_probability(*bad);
  return line;
}

sim::LossModel read_bursts(const YamlValue& value) {
  const auto map = value.map(bursts_shape());
  sim::LossBursts bursts;
  const auto& loss = map.require("loss", "1%");
  bursts.loss = read_probability(loss);
  const auto length = map.require("length", "4").count(1, kLengthMax);
  bursts.length = static_cast<double>(length);
  if (bursts.loss >= 1 || bursts.as_gilbert_elliott().p > 1) {
    loss.fail(fmt::format("no more than {} % can be lost in bursts of {} packets",
                          100 * length / (length + 1), length));
  }
  return bursts;
}

sim::LossModel read_correlated(const YamlValue& value) {
  const auto map = value.map(correlated_shape());
  sim::CorrelatedLoss model;
  model.loss = read_probability(map.require("loss", "2%"));
  const auto& correlation = map.require("correlation", "25%");
  model.correlation = read_probability(correlation);
  if (model.correlation == 1) {
    correlation.fail("a correlation of 100 %: every packet would share the fate of the first");
  }
  return model;
}

sim::ScriptedLoss::Range read_range(const YamlValue& value) {
  const auto text = value.text("a packet's number, or a range such as 10..14");
  const auto number = [&](std::string_view part) {
    try {
      return parse_count(part);
    } catch (const UnitError&) {
      value.fail(fmt::format("\"{}\" is no number of a packet: write one such as 3, or 10..14",
                             text.substr(0, 40)));
    }
  };
  const auto dots = text.find("..");
  const auto first = number(std::string_view(text).substr(0, dots));
  const auto last =
      dots == std::string::npos ? first : number(std::string_view(text).substr(dots + 2));
  if (first == 0) value.fail("the first packet is number 1");
  if (last < first) value.fail(fmt::format("{} comes after {}", first, last));
  return {first, last};
}

sim::LossModel read_script(const YamlValue& value) {
  sim::ScriptedLoss script;
  for (const auto& each : value.one_or_more("numbers of packets such as [3, 7, 10..14]")) {
    const auto range = read_range(each);
    if (!script.packets.empty() && range.first <= script.packets.back().last) {
      each.fail(fmt::format("{} does not come after {}", range.first, script.packets.back().last));
    }
    script.packets.push_back(range);
  }
  return script;
}

}  // namespace

double read_probability(const YamlValue& value) {
  return value.ratio().value();
}

sim::LossModel read_loss(const YamlValue& value) {
  if (!value.is_map()) return read_probability(value);
  const auto map = value.map(loss_shape());
  const auto kind = map.one_of();
  const auto& model = *map.find(kind);
  if (kind == "gilbert_elliott") return read_gilbert_elliott(model);
  if (kind == "bursts") return read_bursts(model);
  if (kind == "correlated") return read_correlated(model);
  return read_script(model);
}

}  // namespace dispatch::scenario

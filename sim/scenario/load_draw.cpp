// Quantities that are drawn anew each time.
#include "sim/scenario/load_parts.hpp"
#include "sim/scenario/shape_workload.hpp"

#include <fmt/format.h>

#include <limits>

namespace dispatch::scenario {
namespace {

using Form = Draw::Shape;

// `figure` reads one, in the integer of its kind.
template <typename Figure>
Draw read_draw(const YamlValue& value, Shape::Kind kind, Figure figure) {
  if (!value.is_map()) return Draw::constant(figure(value));
  const auto map = value.map(draw_map_shape(kind));
  const auto shape = map.one_of();
  const auto& detail = *map.find(shape);
  if (shape == "exponential") return {Form::exponential, {figure(detail)}};
  if (shape == "pareto") return {Form::pareto, {figure(detail)}};
  Draw draw{shape == "uniform" ? Form::uniform : Form::values, {}};
  for (const auto& each : detail.list("a list of figures")) draw.figures.push_back(figure(each));
  if (draw.shape == Form::values) {
    if (draw.figures.empty()) detail.fail("no figures: write one at least");
  } else if (draw.figures.size() != 2 || draw.figures[0] > draw.figures[1]) {
    detail.fail("uniform is between two figures, the smaller one first");
  }
  return draw;
}

}  // namespace

Draw read_drawn_bytes(const YamlValue& value) {
  return read_draw(value, Shape::Kind::bytes,
                   [](const YamlValue& each) { return each.bytes().count; });
}

Draw read_drawn_duration(const YamlValue& value) {
  return read_draw(value, Shape::Kind::duration, [](const YamlValue& each) {
    return static_cast<std::uint64_t>(each.duration().count());
  });
}

Draw read_drawn_count(const YamlValue& value) {
  constexpr std::uint64_t kMost = 10'000;
  return read_draw(value, Shape::Kind::count,
                   [](const YamlValue& each) { return each.count(0, kMost); });
}

}  // namespace dispatch::scenario

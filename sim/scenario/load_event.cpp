#include "engine/units/suggestion.hpp"
#include "sim/scenario/load_parts.hpp"

#include <fmt/format.h>

namespace dispatch::scenario {

using units::hint;
namespace {

using Action = EventSpec::Action;

constexpr std::string_view kEventKeys[] = {"at", "link", "blackhole", "down", "up", "set"};
constexpr std::string_view kEventLater[] = {"every",  "from",   "to",    "over",   "for",
                                            "flap",   "host",   "dns",   "unplug", "freeze",
                                            "reboot", "refuse", "reset", "address"};
constexpr std::string_view kActions[] = {"blackhole", "down", "up", "set"};
constexpr std::string_view kDirections[] = {"both", "down", "up"};

Action read_blackhole(const YamlValue& value) {
  if (value.is_null()) return Action::blackhole;
  const auto text = value.text("both, down or up");
  if (text == "both") return Action::blackhole;
  if (text == "down") return Action::blackhole_down;
  if (text == "up") return Action::blackhole_up;
  value.fail(fmt::format("unknown direction \"{}\"{}", text, hint(text, kDirections)));
}

}  // namespace

EventSpec read_event(const YamlValue& value) {
  const auto map = value.map("an event", kEventKeys, kEventLater);
  EventSpec event;
  event.position = value.position();
  event.at = map.require("at", "5 s").duration();
  event.link = map.require("link", "wifi").text("the name of a link");
  const auto action = map.one_of(kActions);
  const auto& detail = *map.find(action);
  if (action == "set") {
    event.action = Action::set;
    read_link_change(detail, event);
  } else if (action == "blackhole") {
    event.action = read_blackhole(detail);
  } else {
    if (!detail.is_null()) {
      detail.fail(
          fmt::format("\"{}\" takes no value: write {{at: ..., link: ..., {}}}", action, action));
    }
    event.action = action == "down" ? Action::down : Action::up;
  }
  return event;
}

}  // namespace dispatch::scenario

#include "engine/units/suggestion.hpp"
#include "sim/scenario/load_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace dispatch::scenario {

using units::hint;
namespace {

using Action = EventSpec::Action;

constexpr std::string_view kEventKeys[] = {"at", "link",   "host", "blackhole", "down",
                                           "up", "freeze", "kill", "set"};
constexpr std::string_view kEventLater[] = {"every",  "from",   "to",    "over",
                                            "for",    "flap",   "dns",   "unplug",
                                            "reboot", "refuse", "reset", "address"};
constexpr std::string_view kPlaces[] = {"link", "host"};
constexpr std::string_view kLinkActions[] = {"blackhole", "down", "up", "set"};
constexpr std::string_view kHostActions[] = {"blackhole", "up", "freeze", "kill"};
constexpr std::string_view kDirections[] = {"both", "down", "up"};

Action read_blackhole(const YamlValue& value) {
  if (value.is_null()) return Action::blackhole;
  const auto text = value.text("both, down or up");
  if (text == "both") return Action::blackhole;
  if (text == "down") return Action::blackhole_down;
  if (text == "up") return Action::blackhole_up;
  value.fail(fmt::format("unknown direction \"{}\"{}", text, hint(text, kDirections)));
}

Action plain_action(std::string_view action) {
  if (action == "down") return Action::down;
  if (action == "freeze") return Action::freeze;
  return action == "kill" ? Action::kill : Action::up;
}

// An action that the other kind of place has.
void refuse_others(const YamlMap& map, bool of_host) {
  const auto& others = of_host ? kLinkActions : kHostActions;
  const auto& own = of_host ? kHostActions : kLinkActions;
  for (const auto action : others) {
    const bool is_own = std::find(std::begin(own), std::end(own), action) != std::end(own);
    if (is_own || map.find(action) == nullptr) continue;
    map.key(action)->fail(fmt::format("\"{}\" is for {}: of {} an event is one of {}", action,
                                      of_host ? "links" : "hosts", of_host ? "a host" : "a link",
                                      fmt::join(own, ", ")));
  }
}

}  // namespace

EventSpec read_event(const YamlValue& value) {
  const auto map = value.map("an event", kEventKeys, kEventLater);
  EventSpec event;
  event.position = value.position();
  event.at = map.require("at", "5 s").duration();
  if (map.find("host") == nullptr) map.require("link", "wifi");
  const auto place = map.one_of(kPlaces);
  const bool of_host = place == "host";
  (of_host ? event.host : event.link) =
      map.find(place)->text(of_host ? "the name of a host" : "the name of a link");
  refuse_others(map, of_host);
  const auto action = of_host ? map.one_of(kHostActions) : map.one_of(kLinkActions);
  const auto& detail = *map.find(action);
  if (action == "set") {
    event.action = Action::set;
    read_link_change(detail, event);
  } else if (action == "blackhole") {
    event.action = read_blackhole(detail);
  } else {
    if (!detail.is_null()) {
      detail.fail(fmt::format("\"{}\" takes no value: write {{at: ..., {}: ..., {}}}", action,
                              place, action));
    }
    event.action = plain_action(action);
  }
  return event;
}

}  // namespace dispatch::scenario

#include "engine/units/suggestion.hpp"
#include "sim/scenario/load_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <span>

namespace dispatch::scenario {

using units::hint;
namespace {

using Action = EventSpec::Action;

constexpr std::string_view kEventKeys[] = {"at",   "link",   "host", "blackhole", "down",
                                           "up",   "freeze", "kill", "set",       "flap",
                                           "over", "every",  "from", "to"};
constexpr std::string_view kEventLater[] = {"for",    "dns",   "unplug", "reboot",
                                            "refuse", "reset", "address"};
constexpr std::int64_t kTimesMax = 100'000;  // that one event happens
constexpr std::string_view kPlaces[] = {"link", "host"};
constexpr std::string_view kLinkActions[] = {"blackhole", "down", "up", "set", "flap"};
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
  using Actions = std::span<const std::string_view>;
  const auto others = of_host ? Actions(kLinkActions) : Actions(kHostActions);
  const auto own = of_host ? Actions(kHostActions) : Actions(kLinkActions);
  for (const auto action : others) {
    const bool is_own = std::find(std::begin(own), std::end(own), action) != std::end(own);
    if (is_own || map.find(action) == nullptr) continue;
    map.key(action)->fail(fmt::format("\"{}\" is for {}: of {} an event is one of {}", action,
                                      of_host ? "links" : "hosts", of_host ? "a host" : "a link",
                                      fmt::join(own, ", ")));
  }
}

// `at: 5s`, or `every: 4s, from: 35s, to: 55s`.
void read_times(const YamlMap& map, EventSpec& event) {
  constexpr std::string_view kSeries[] = {"from", "to"};
  if (map.find("every") == nullptr) {
    for (const auto key : kSeries) {
      if (const auto* alone = map.key(key)) {
        alone->fail(
            fmt::format("\"{}\" needs \"every\": write every: 4 s, from: 35 s, to: 55 s", key));
      }
    }
    event.at = map.require("at", "5 s").duration();
    return;
  }
  if (const auto* at = map.key("at"))
    at->fail("\"at\" beside \"every\": write \"from\" and \"to\"");
  const auto& every = map.require("every", "4 s");
  event.every = read_period(every);
  event.at = map.require("from", "35 s").duration();
  const auto& to = map.require("to", "55 s");
  event.to = to.duration();
  if (event.to < event.at) to.fail("the end of a series before its beginning");
  if ((event.to - event.at) / event.every >= kTimesMax) {
    every.fail(fmt::format("an event that happens more than {} times", kTimesMax));
  }
}

void read_set(const YamlMap& map, const YamlValue& detail, EventSpec& event) {
  event.action = Action::set;
  event.change = read_link_change(detail);
  if (const auto* over = map.find("over")) event.change.over = read_period(*over);
}

void read_flap(const YamlValue& detail, EventSpec& event) {
  event.action = Action::flap;
  event.flap_for = read_period(detail);
  if (event.every != Duration::zero() && event.flap_for >= event.every) {
    detail.fail("a flap as long as the time between two: use a blackhole event");
  }
}

}  // namespace

EventSpec read_event(const YamlValue& value) {
  const auto map = value.map("an event", kEventKeys, kEventLater);
  EventSpec event;
  event.position = value.position();
  read_times(map, event);
  if (map.find("host") == nullptr) map.require("link", "wifi");
  const auto place = map.one_of(kPlaces);
  const bool of_host = place == "host";
  (of_host ? event.host : event.link) =
      map.find(place)->text(of_host ? "the name of a host" : "the name of a link");
  refuse_others(map, of_host);
  const auto action = of_host ? map.one_of(kHostActions) : map.one_of(kLinkActions);
  const auto& detail = *map.find(action);
  if (map.find("over") != nullptr && action != "set") {
    map.key("over")->fail("\"over\" is for a set event");
  }
  if (action == "set") {
    read_set(map, detail, event);
  } else if (action == "flap") {
    read_flap(detail, event);
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

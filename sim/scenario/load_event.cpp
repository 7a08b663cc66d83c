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

constexpr std::int64_t kTimesMax = 100'000;  // that one event happens
constexpr std::string_view kPlaces[] = {"link", "host"};
constexpr std::string_view kLinkActions[] = {
    "blackhole",  "down",     "up",          "set",    "flap",   "unplug",  "address",
    "no_address", "no_route", "unreachable", "rebind", "portal", "sign_in", "dns"};
constexpr std::string_view kHostActions[] = {
    "blackhole", "up",           "unreachable", "freeze",      "kill", "restart",
    "reboot",    "backlog_full", "slow_reader", "slow_writer", "dns"};
constexpr std::string_view kFamilies[] = {"both", "IPv4", "IPv6"};
constexpr std::string_view kDirections[] = {"both", "down", "up"};

Action read_blackhole(const YamlValue& value) {
  if (value.is_null()) return Action::blackhole;
  const auto text = value.text("both, down or up");
  if (text == "both") return Action::blackhole;
  if (text == "down") return Action::blackhole_down;
  if (text == "up") return Action::blackhole_up;
  value.fail(fmt::format("unknown direction \"{}\"{}", text, hint(text, kDirections)));
}

std::optional<net::Family> read_family(const YamlValue& value) {
  if (value.is_null()) return std::nullopt;
  const auto text = value.text("both, IPv4 or IPv6");
  if (text == "both") return std::nullopt;
  if (text == "IPv4") return net::Family::v4;
  if (text == "IPv6") return net::Family::v6;
  value.fail(fmt::format("unknown family \"{}\"{}", text, hint(text, kFamilies)));
}

// Those that take no value.
Action plain_action(std::string_view action) {
  if (action == "down") return Action::down;
  if (action == "unplug") return Action::unplug;
  if (action == "rebind") return Action::rebind;
  if (action == "sign_in") return Action::sign_in;
  if (action == "freeze") return Action::freeze;
  if (action == "backlog_full") return Action::backlog_full;
  if (action == "restart") return Action::restart;
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

void read_dns(const YamlMap& map, const YamlValue& detail, EventSpec& event) {
  event.action = Action::dns;
  event.dns = read_dns_behaviour(detail);
  if (const auto* lasts = map.find("for")) event.lasts = read_period(*lasts);
}

void read_addresses(const YamlValue& detail, EventSpec& event) {
  event.action = Action::address;
  for (const auto& each : detail.one_or_more("an address such as 192.168.1.77/24")) {
    event.addresses.push_back(each.prefix());
  }
  if (event.addresses.empty()) detail.fail("no address: write address: 192.168.1.77/24");
}

Rate read_pace(const YamlValue& detail) {
  const auto rate = detail.rate();
  if (rate.bits_per_second < 8) detail.fail("less than a byte a second: use a freeze event");
  return rate;
}

void refuse_all_but_dns(const YamlMap& map) {
  for (const auto actions : {std::span<const std::string_view>(kLinkActions),
                             std::span<const std::string_view>(kHostActions)}) {
    for (const auto action : actions) {
      if (action == "dns" || map.find(action) == nullptr) continue;
      map.key(action)->fail(fmt::format("\"{}\" is of a link or a host", action));
    }
  }
}

void read_action(const YamlMap& map, std::string_view action, std::string_view place,
                 EventSpec& event) {
  const auto& detail = *map.find(action);
  if (map.find("over") != nullptr && action != "set") {
    map.key("over")->fail("\"over\" is for a set event");
  }
  if (map.find("for") != nullptr && action != "dns") {
    map.key("for")->fail("\"for\" is for a dns event");
  }
  if (action == "set") return read_set(map, detail, event);
  if (action == "flap") return read_flap(detail, event);
  if (action == "dns") return read_dns(map, detail, event);
  if (action == "address") return read_addresses(detail, event);
  if (action == "blackhole") {
    event.action = read_blackhole(detail);
  } else if (action == "unreachable") {
    event.action = Action::unreachable;
    event.reason = read_unreachable(detail);
  } else if (action == "no_address" || action == "no_route") {
    event.action = action == "no_address" ? Action::no_address : Action::no_route;
    event.family = read_family(detail);
  } else if (action == "portal") {
    event.action = Action::portal;
    const auto portal = read_portal(detail);
    if (!portal) detail.fail("no portal: write sign_in");
    event.portal = *portal;
  } else if (action == "reboot") {
    event.action = Action::reboot;
    event.reboot_for = read_period(detail);
  } else if (action == "slow_reader" || action == "slow_writer") {
    event.action = action == "slow_reader" ? Action::slow_reader : Action::slow_writer;
    event.rate = read_pace(detail);
  } else {
    if (!detail.is_null()) {
      detail.fail(fmt::format("\"{}\" takes no value: write {{at: ..., {}: ..., {}}}", action,
                              place, action));
    }
    event.action = plain_action(action);
  }
}

}  // namespace

EventSpec read_event(const YamlValue& value) {
  const auto map = value.map(event_shape());
  EventSpec event;
  event.position = value.position();
  read_times(map, event);
  // The scenario's own name server has no place.
  const bool of_dns = map.find("dns") != nullptr && map.find("link") == nullptr;
  if (map.find("host") == nullptr && !of_dns) map.require("link", "wifi");
  if (map.find("host") == nullptr && of_dns) {
    read_action(map, "dns", "dns", event);
    refuse_all_but_dns(map);
    return event;
  }
  const auto place = map.one_of(kPlaces);
  const bool of_host = place == "host";
  (of_host ? event.host : event.link) =
      map.find(place)->text(of_host ? "the name of a host" : "the name of a link");
  refuse_others(map, of_host);
  const auto action = of_host ? map.one_of(kHostActions) : map.one_of(kLinkActions);
  read_action(map, action, place, event);
  return event;
}

}  // namespace dispatch::scenario

#include "sim/scenario/load_link_parts.hpp"
#include "sim/scenario/load_parts.hpp"
#include "sim/scenario/shape_link_models.hpp"

#include <fmt/format.h>

#include <vector>

namespace dispatch::scenario {
namespace {

constexpr std::string_view kRateKeys[] = {"rate", "token_bucket", "trace"};
constexpr std::size_t kStepsMax = 100'000;

void read_rate_of(const YamlMap& map, DirectionChange& change) {
  const auto given = [&](std::string_view key) { return map.find(key) != nullptr; };
  if (!given("rate") && !given("token_bucket") && !given("trace")) return;
  const auto kind = map.one_of(kRateKeys);
  const auto& value = *map.find(kind);
  change.rate = kind == "rate"    ? read_rate_model(value)
                : kind == "trace" ? read_trace(value)
                                  : read_token_bucket(value);
}

// The keys that both directions and each have; `map` may hold others.
void read_direction(const YamlMap& map, DirectionChange& change) {
  read_rate_of(map, change);
  if (const auto* value = map.find("delay")) change.delay = value->duration();
  if (const auto* value = map.find("jitter")) change.jitter = read_jitter(*value);
  if (const auto* value = map.find("loss")) change.loss = read_loss(*value);
  if (const auto* value = map.find("queue")) change.queue = read_queue(*value);
  if (const auto* value = map.find("duplicate")) change.duplicate = read_probability(*value);
  if (const auto* value = map.find("corrupt")) change.corrupt = read_probability(*value);
  if (const auto* value = map.find("reorder")) change.reorder = read_reorder(*value);
  if (const auto* value = map.find("suspend")) change.suspend = read_suspend(*value);
  if (const auto* value = map.find("handover")) change.handover = read_handover(*value);
}

// `down: 50 Mbit/s`, or a map of what is different in this direction.
void read_direction(const YamlValue& value, std::string_view key, DirectionChange& change) {
  if (!value.is_map()) {
    change.rate = read_rate_model(value);
    return;
  }
  read_direction(value.map(direction_shape(key == "down")), change);
}

void read_both(const YamlMap& map, LinkChange& change) {
  DirectionChange both;
  read_direction(map, both);
  change.down = both;
  change.up = both;
  if (const auto* value = map.find("down")) read_direction(*value, "down", change.down);
  if (const auto* value = map.find("up")) read_direction(*value, "up", change.up);
}

void check_jitter(const YamlMap& map, const DirectionSpec& spec, const std::string& link) {
  const auto& jitter = spec.jitter;
  if (jitter.shape != sim::Jitter::Shape::uniform || jitter.amount <= spec.delay) return;
  map.self().fail(
      fmt::format("link \"{}\": jitter {} is more than delay {}, so packets would arrive "
                  "before they are sent",
                  link, to_string(jitter.amount), to_string(spec.delay)));
}

DirectionSpec direction_of(const YamlMap& map, const DirectionChange& change,
                           const std::string& link, std::string_view key) {
  if (!change.rate) {
    map.self().fail(fmt::format("link \"{}\" has no rate {}: write {}: 20 Mbit/s", link, key, key));
  }
  DirectionSpec spec;
  spec.rate = *change.rate;
  spec.delay = change.delay.value_or(spec.delay);
  spec.jitter = change.jitter.value_or(spec.jitter);
  spec.loss = change.loss.value_or(spec.loss);
  spec.queue = change.queue;
  spec.duplicate = change.duplicate.value_or(spec.duplicate);
  spec.corrupt = change.corrupt.value_or(spec.corrupt);
  spec.reorder = change.reorder.value_or(spec.reorder);
  spec.suspend = change.suspend.value_or(spec.suspend);
  spec.handover = change.handover.value_or(spec.handover);
  check_jitter(map, spec, link);
  return spec;
}

LinkChange read_change(const YamlMap& map) {
  LinkChange change;
  read_both(map, change);
  if (change.down == DirectionChange{} && change.up == DirectionChange{}) {
    map.self().fail("nothing is set: write for example set: {down: 1 Mbit/s}");
  }
  return change;
}

ScheduleSpec::Step read_step(const YamlValue& value) {
  const auto map = value.map(step_shape());
  ScheduleSpec::Step step;
  step.position = value.position();
  step.at = map.require("at", "5 s").duration();
  step.change = read_change(map);
  if (const auto* over = map.find("over")) step.change.over = read_period(*over);
  return step;
}

// A list of steps, or {repeat:, steps:}.
ScheduleSpec read_schedule(const YamlValue& value) {
  ScheduleSpec schedule;
  const bool is_map = value.is_map();
  const auto steps =
      is_map ? value.map(schedule_shape()).require("steps", "[{at: 5s, down: 1 Mbit/s}]") : value;
  for (const auto& each : steps.list("a list of steps such as {at: 5s, down: 1 Mbit/s}")) {
    schedule.steps.push_back(read_step(each));
    if (schedule.steps.size() > kStepsMax) each.fail(fmt::format("more than {} steps", kStepsMax));
  }
  if (!is_map) return schedule;
  const auto map = value.map(schedule_shape());
  if (const auto* repeat = map.find("repeat")) {
    schedule.repeat = read_period(*repeat);
    for (const auto& step : schedule.steps) {
      if (step.at < schedule.repeat) continue;
      repeat->fail_at(step.position, fmt::format("a step at {}, and the schedule repeats after {}",
                                                 to_string(step.at), to_string(schedule.repeat)));
    }
  }
  return schedule;
}

// IPv6 has 1280 bytes at least (RFC 8200 5), and so has Linux wherever an interface has IPv6.
std::uint32_t read_mtu(const YamlValue& value) {
  constexpr std::uint64_t kLeast = 1280;
  constexpr std::uint64_t kMost = 65535;
  const auto bytes = value.bytes().count;
  if (bytes < kLeast || bytes > kMost) value.fail("an MTU is 1280 B to 65535 B");
  return static_cast<std::uint32_t>(bytes);
}

void read_mtus(const YamlMap& map, LinkSpec& link) {
  if (const auto* mtu = map.find("mtu")) link.mtu = read_mtu(*mtu);
  if (const auto* path = map.find("path_mtu")) link.path_mtu = read_mtu(*path);
  if (const auto* hole = map.find("pmtu_black_hole")) {
    link.pmtu_black_hole = hole->yes_or_no();
    if (link.pmtu_black_hole && link.path_mtu == 0) {
      hole->fail("a black hole for what is larger than what? Write path_mtu: 1400 B beside it");
    }
  }
}

}  // namespace

LinkSpec read_link(const std::string& name, const Position& position, const YamlValue& value) {
  const auto map = value.map(link_shape());
  LinkSpec link;
  link.name = name;
  link.position = position;
  LinkChange change;
  read_both(map, change);
  link.down = direction_of(map, change.down, name, "down");
  link.up = direction_of(map, change.up, name, "up");
  if (const auto* half = map.find("half_duplex")) link.half_duplex = half->yes_or_no();
  read_mtus(map, link);
  if (const auto* schedule = map.find("schedule")) link.schedule = read_schedule(*schedule);
  if (const auto* nat = map.find("nat")) link.nat = read_nat(*nat);
  if (const auto* portal = map.find("portal")) link.portal = read_portal(*portal);
  if (const auto* dns = map.find("dns")) link.dns = read_dns_behaviour(*dns);
  if (const auto* address = map.find("address")) {
    for (const auto& each : address->one_or_more("an address"))
      link.addresses.push_back(each.prefix());
  }
  return link;
}

LinkChange read_link_change(const YamlValue& value) {
  const auto map = value.map(link_change_shape());
  return read_change(map);
}

}  // namespace dispatch::scenario

#include "sim/scenario/load_parts.hpp"

#include <fmt/format.h>

namespace dispatch::scenario {
namespace {

constexpr std::string_view kLinkKeys[] = {"rate",   "down", "up",    "delay",
                                          "jitter", "loss", "queue", "address"};
constexpr std::string_view kChangeKeys[] = {"rate",   "down", "up",   "delay",
                                            "jitter", "loss", "queue"};
constexpr std::string_view kDirectionKeys[] = {"rate", "delay", "jitter", "loss", "queue"};
constexpr std::string_view kDirectionLater[] = {"trace", "bursts", "schedule"};

Rate read_rate(const YamlValue& value) {
  const auto rate = value.rate();
  if (rate.bits_per_second == 0) value.fail("a rate of 0: use a blackhole event to stop a link");
  return rate;
}

// What loss and queue will be able to be.
void refuse_model(const YamlValue& value, std::string_view key) {
  if (value.is_map()) {
    value.fail(fmt::format("a model of {} is not supported yet: write {}", key,
                           key == "loss" ? "a percentage such as 0.2 %" : "a size such as 250 kB"));
  }
}

// The keys that both directions and each have; `map` may hold others.
void read_direction(const YamlMap& map, DirectionChange& change) {
  if (const auto* value = map.find("rate")) change.rate = read_rate(*value);
  if (const auto* value = map.find("delay")) change.delay = value->duration();
  if (const auto* value = map.find("jitter")) change.jitter = value->duration();
  if (const auto* value = map.find("loss")) {
    refuse_model(*value, "loss");
    change.loss = value->ratio();
  }
  if (const auto* value = map.find("queue")) {
    refuse_model(*value, "queue");
    change.queue = value->bytes();
  }
}

// `down: 50 Mbit/s`, or a map of what is different in this direction.
void read_direction(const YamlValue& value, std::string_view key, DirectionChange& change) {
  if (!value.is_map()) {
    change.rate = read_rate(value);
    return;
  }
  read_direction(value.map(key == "down" ? "the down direction" : "the up direction",
                           kDirectionKeys, kDirectionLater),
                 change);
}

void read_both(const YamlMap& map, DirectionChange& down, DirectionChange& up) {
  DirectionChange both;
  read_direction(map, both);
  down = both;
  up = both;
  if (const auto* value = map.find("down")) read_direction(*value, "down", down);
  if (const auto* value = map.find("up")) read_direction(*value, "up", up);
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
  if (spec.jitter > spec.delay) {
    map.self().fail(
        fmt::format("link \"{}\": jitter {} is more than delay {}, so packets would arrive "
                    "before they are sent",
                    link, to_string(spec.jitter), to_string(spec.delay)));
  }
  return spec;
}

}  // namespace

LinkSpec read_link(const std::string& name, Position position, const YamlValue& value) {
  const auto map = value.map("a link", kLinkKeys);
  LinkSpec link;
  link.name = name;
  link.position = position;
  DirectionChange down;
  DirectionChange up;
  read_both(map, down, up);
  link.down = direction_of(map, down, name, "down");
  link.up = direction_of(map, up, name, "up");
  if (const auto* address = map.find("address")) {
    for (const auto& each : address->one_or_more("an address"))
      link.addresses.push_back(each.prefix());
  }
  return link;
}

void read_link_change(const YamlValue& value, EventSpec& event) {
  const auto map = value.map("what a link is set to", kChangeKeys);
  if (map.entries().empty()) value.fail("nothing is set: write for example set: {down: 1 Mbit/s}");
  read_both(map, event.down_change, event.up_change);
}

}  // namespace dispatch::scenario

#include "engine/units/suggestion.hpp"
#include "sim/scenario/load_link_parts.hpp"
#include "sim/scenario/shape_link_models.hpp"

#include <fmt/format.h>

#include <limits>
#include <optional>

namespace dispatch::scenario {
namespace {

constexpr std::uint64_t kPacketsMax = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t kFlowsMax = 65536;
constexpr std::uint64_t kQuantumMin = 256;  // Linux refuses less as well

// "100 packets"; none where it is no number of packets.
std::optional<std::uint32_t> packets_of(const YamlValue& value) {
  const auto text = value.text("a size such as 250 kB, or 100 packets");
  const auto noun = text.find("packet");
  if (noun == std::string::npos) return std::nullopt;
  const auto rest = std::string_view(text).substr(noun);
  std::uint64_t count = kPacketsMax + 1;
  try {
    if (rest == "packet" || rest == "packets") count = parse_count(text.substr(0, noun));
  } catch (const UnitError&) {
  }
  if (count > kPacketsMax) {
    value.fail(
        fmt::format("\"{}\" is no number of packets: write 100 packets", text.substr(0, 40)));
  }
  return static_cast<std::uint32_t>(count);
}

sim::QueueLimit read_limit(const YamlValue& value) {
  if (const auto packets = packets_of(value)) return sim::QueueLimit::of_packets(*packets);
  return sim::QueueLimit::of(sim::ByteSize::bytes(value.bytes().count));
}

template <typename Options>
void read_codel_times(const YamlMap& map, Options& options) {
  if (const auto* target = map.find("target")) options.target = target->duration();
  if (const auto* interval = map.find("interval")) options.interval = interval->duration();
  if (const auto* limit = map.find("limit")) options.limit = read_limit(*limit);
  if (const auto* ecn = map.find("ecn")) options.ecn = ecn->yes_or_no();
  if (options.interval <= options.target) {
    map.self().fail(fmt::format("the interval ({}) must be longer than the target ({})",
                                to_string(options.interval), to_string(options.target)));
  }
}

sim::QueueModel read_codel(const YamlValue& value) {
  sim::Codel codel;
  read_codel_times(value.map_or_nothing(codel_shape()), codel);
  return codel;
}

sim::QueueModel read_fq_codel(const YamlValue& value) {
  sim::FqCodel options;
  const auto map = value.map_or_nothing(fq_codel_shape());
  read_codel_times(map, options);
  if (const auto* flows = map.find("flows")) {
    options.flows = static_cast<std::uint32_t>(flows->count(1, kFlowsMax));
  }
  if (const auto* quantum = map.find("quantum")) {
    const auto bytes = quantum->bytes().count;
    if (bytes < kQuantumMin || bytes > kPacketsMax) quantum->fail("a quantum is 256 B to 4 GB");
    options.quantum = static_cast<std::uint32_t>(bytes);
  }
  return options;
}

sim::QueueModel read_red(const YamlValue& value) {
  const auto map = value.map(red_shape());
  const auto size = [&](std::string_view key, std::string_view example) {
    return sim::ByteSize::bytes(map.require(key, example).bytes().count);
  };
  sim::Red red;
  red.min = size("min", "30 kB");
  red.max = size("max", "90 kB");
  red.limit = size("limit", "250 kB");
  if (red.min >= red.max || red.max > red.limit) {
    value.fail("red needs min below max, and max not above limit");
  }
  if (const auto* probability = map.find("probability")) {
    red.probability = read_probability(*probability);
  }
  if (const auto* ecn = map.find("ecn")) red.ecn = ecn->yes_or_no();
  return red;
}

}  // namespace

sim::QueueModel read_queue(const YamlValue& value) {
  if (!value.is_map()) {
    const auto text = value.text("a size such as 250 kB, or 100 packets");
    if (text == "codel") return sim::Codel{};
    if (text == "fq_codel") return sim::FqCodel{};
    if (text == "red")
      value.fail("red needs figures: {red: {min: 30 kB, max: 90 kB, limit: 250 kB}}");
    return read_limit(value);
  }
  const auto map = value.map(queue_shape());
  const auto kind = map.one_of();
  const auto& model = *map.find(kind);
  if (kind == "codel") return read_codel(model);
  return kind == "fq_codel" ? read_fq_codel(model) : read_red(model);
}

}  // namespace dispatch::scenario

#include "sim/scenario/data_file.hpp"
#include "sim/scenario/load_link_parts.hpp"
#include "sim/scenario/shape_link_models.hpp"

#include <fmt/format.h>

#include <charconv>
#include <limits>

namespace dispatch::scenario {
namespace {

constexpr std::uint64_t kBurstLeast = 1500;  // a packet of the usual size must fit

sim::DataRate read_rate(const YamlValue& value) {
  const auto rate = value.rate();
  if (rate.bits_per_second == 0) value.fail("a rate of 0: use a blackhole event to stop a link");
  return sim::DataRate::bits_per_second(rate.bits_per_second);
}

// What is wrong with a line of a trace, if anything.
std::string add_opportunity(std::string_view line, std::vector<std::uint32_t>& times) {
  std::uint32_t time = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), time);
  if (error != std::errc() || end != line.data() + line.size()) {
    return "not a whole number of milliseconds";
  }
  if (!times.empty() && time < times.back()) return "earlier than the line before";
  times.push_back(time);
  return {};
}

}  // namespace

sim::RateModel read_trace(const YamlValue& value) {
  auto trace = std::make_shared<sim::DeliveryTrace>();
  auto& times = trace->opportunities_ms;
  trace->file = read_data_file(value, [&](std::string_view line) {
                  return add_opportunity(line, times);
                }).string();
  if (times.empty() || times.back() == 0) {
    value.fail(fmt::format("\"{}\" has no time above 0: a trace needs one line for each 1500 bytes",
                           value.text("a file")));
  }
  return sim::TracePtr(std::move(trace));
}

sim::RateModel read_token_bucket(const YamlValue& value) {
  const auto map = value.map(token_bucket_shape());
  sim::TokenBucket bucket;
  bucket.rate = read_rate(map.require("rate", "20 Mbit/s"));
  const auto& burst = map.require("burst", "100 kB");
  bucket.burst = sim::ByteSize::bytes(burst.bytes().count);
  if (bucket.burst.bytes() < kBurstLeast || bucket.burst > sim::TokenBucket::kBurstMax) {
    burst.fail("a burst is 1500 B to 1 GB: a packet must fit into the bucket");
  }
  if (const auto* peak = map.find("peak")) {
    bucket.peak = read_rate(*peak);
    if (bucket.peak < bucket.rate) peak->fail("the peak is less than the rate");
  }
  return bucket;
}

sim::RateModel read_rate_model(const YamlValue& value) {
  if (value.is_map()) {
    const auto map = value.map(rate_model_shape());
    const auto kind = map.one_of();
    return kind == "trace" ? read_trace(*map.find(kind)) : read_token_bucket(*map.find(kind));
  }
  if (value.is_scalar() && value.text("a rate") == "unlimited") return sim::DataRate::unlimited();
  return read_rate(value);
}

}  // namespace dispatch::scenario

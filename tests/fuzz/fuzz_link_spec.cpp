// Any text as a link on the command line.
//
// Beyond not crashing: it is refused in one line, or it has a target and a weight, which written
// down again are the same. A proxy's URL is told without its credentials.

#include "engine/link/link_spec.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace dispatch {
namespace {

using fuzz::require;

std::string start_of(const link::CapPeriod& period) {
  constexpr std::array kDays{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
  switch (period.kind) {
    case link::CapPeriod::Kind::day:
      return fmt::format("{:02}:{:02}", period.start / 60, period.start % 60);
    case link::CapPeriod::Kind::week:
      return kDays[period.start];
    case link::CapPeriod::Kind::month:
      return fmt::format("{}", period.start);
    default:
      return {};
  }
}

std::string options_of(const link::LinkLimits& limits) {
  std::string text;
  const auto& [down, up] = limits.rates;
  if (down.is_set()) text += fmt::format(",down={}bit/s", down.bits_per_second);
  if (up.is_set()) text += fmt::format(",up={}bit/s", up.bits_per_second);
  const auto burst = std::max(down.burst, up.burst);
  if (burst != 0) text += fmt::format(",burst={}B", burst);
  if (!limits.cap) return text;
  const auto period = link::to_string(limits.cap->period);
  const auto start = start_of(limits.cap->period);
  text += fmt::format(",cap={}B{}{}", limits.cap->bytes, period.empty() ? "" : "/", period);
  if (!start.empty()) text += ",cap-start=" + start;
  return text + fmt::format(",at-cap={}", link::to_string(limits.cap->at_cap));
}

std::string options_of(const link::LinkSpec& spec) {
  std::string text;
  if (spec.connections_max != 0) text += fmt::format(",max={}", spec.connections_max);
  if (spec.tier != 1) text += fmt::format(",tier={}", spec.tier);
  if (spec.full.bits_per_second != 0) {
    text += fmt::format(",full={}bit/s", spec.full.bits_per_second);
  }
  if (spec.later) text += ",later";
  text += options_of(spec.limits);
  if (!spec.via.empty()) text += ",via=" + spec.via;
  if (!spec.password_file.empty()) text += ",password-file=" + spec.password_file;
  if (!spec.password_variable.empty()) text += ",password-env=" + spec.password_variable;
  if (!spec.ca_file.empty()) text += ",ca=" + spec.ca_file;
  if (spec.insecure) text += ",insecure";
  if (spec.upstream && spec.upstream->tunnels_all) text += ",tunnel";
  return text;
}

std::string encoded(std::string_view text) {
  std::string result;
  for (const unsigned char each : text) result += fmt::format("%{:02x}", each);
  return result;
}

void check(const link::LinkSpec& spec) {
  require(!spec.target.empty(), "a link has a target");
  require(spec.weight >= 1 && spec.weight <= link::kWeightMax, "a weight is in its bounds");
  auto target = fmt::format("[{}]", spec.target);
  if (spec.upstream) {
    require(spec.upstream->port != 0, "a proxy has a port");
    require(link::to_string(*spec.upstream) == spec.target, "a proxy is told by its place");
    auto plain = *spec.upstream;
    plain.credentials.reset();
    plain.tunnels_all = false;  // an option, behind it
    require(link::parse_upstream(spec.target) == plain, "what is told is without credentials");
    target = spec.target;
    if (const auto& credentials = spec.upstream->credentials) {
      const auto pair = encoded(credentials->user) + ":" + encoded(credentials->password);
      target.insert(target.find("://") + 3, pair + "@");
    }
  }
  const auto name = spec.name.empty() ? std::string() : spec.name + "=";
  for (const char separator : {'/', '@'}) {
    const auto text =
        fmt::format("{}{}{}{}{}", name, target, separator, spec.weight, options_of(spec));
    require(link::parse_link_spec(text) == spec, "the same link");
  }
}

}  // namespace
}  // namespace dispatch

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dispatch;
  const auto text = fuzz::text_of(data, size);
  try {
    check(link::parse_link_spec(text));
  } catch (const net::ConfigError& error) {
    const std::string_view what = error.what();
    const bool one_line = text.find('\n') != text.npos || what.find('\n') == what.npos;
    fuzz::require(!what.empty() && one_line, "an error is told in one line");
  }
  return fuzz::kDone;
}

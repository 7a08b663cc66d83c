// Any text as a link on the command line.
//
// Beyond not crashing: it is refused in one line, or it has a target and a weight, which written
// down again are the same. A proxy's URL is told without its credentials.

#include "engine/link/link_spec.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <fmt/format.h>

namespace dispatch {
namespace {

using fuzz::require;

std::string options_of(const link::LinkSpec& spec) {
  std::string text;
  if (spec.connections_max != 0) text += fmt::format(",max={}", spec.connections_max);
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

// Any text as a link on the command line.
//
// Beyond not crashing: it is refused in one line, or it has a target and a weight, which written
// down again are the same.

#include "engine/link/link_spec.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <fmt/format.h>

namespace dispatch {
namespace {

using fuzz::require;

void check(const link::LinkSpec& spec) {
  require(!spec.target.empty(), "a link has a target");
  require(spec.weight >= 1 && spec.weight <= link::kWeightMax, "a weight is in its bounds");
  for (const char separator : {'/', '@'}) {
    const auto text = fmt::format("[{}]{}{}", spec.target, separator, spec.weight);
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

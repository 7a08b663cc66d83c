// Any text as a scenario file.
//
// Beyond not crashing: an error says where it is (in an included file, that file); what was
// understood, written down, is the same scenario again.

#include "sim/scenario/dump.hpp"
#include "sim/scenario/load.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <optional>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dispatch;
  std::optional<scenario::Scenario> loaded;
  const auto given = fuzz::text_of(data, size);
  const bool includes = given.find("include") != std::string_view::npos;
  try {
    loaded = scenario::load_text(given, "fuzz.yaml");
  } catch (const scenario::ScenarioError& error) {
    const bool has_place = std::string_view(error.what()).starts_with("fuzz.yaml");
    fuzz::require(has_place || includes, "an error says where");
  }
  if (!loaded) return fuzz::kDone;
  const auto text = scenario::dump(*loaded);
  const auto again = scenario::dump(scenario::load_text(text, "fuzz.yaml"));
  fuzz::require(text == again, "the same scenario");
  return fuzz::kDone;
}

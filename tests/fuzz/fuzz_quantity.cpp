// Any text as each kind of quantity with a unit.
//
// Beyond not crashing: what was understood, written down, is the same quantity again; what was not
// is told.

#include "engine/units/quantity.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace dispatch::units {
namespace {

template <typename Value>
void check(Value (*parse)(std::string_view), std::string_view text) {
  try {
    const auto value = parse(text);
    if constexpr (std::is_same_v<Value, std::uint64_t>) {
      fuzz::require(parse(std::to_string(value)) == value, "the same number");
    } else {
      fuzz::require(parse(to_string(value)) == value, "the same quantity");
    }
    if constexpr (requires { rounded(value); }) {
      fuzz::require(!rounded(value).empty(), "it can be told to people");
    }
  } catch (const UnitError& error) {
    fuzz::require(!std::string_view(error.what()).empty(), "an error says what is wrong");
  }
}

}  // namespace
}  // namespace dispatch::units

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dispatch;
  using namespace dispatch::units;
  const auto text = fuzz::text_of(data, size);
  check(parse_rate, text);
  check(parse_bytes, text);
  check(parse_duration, text);
  check(parse_ratio, text);
  check(parse_frequency, text);
  check(parse_count, text);
  check(parse_quantity, text);
  return fuzz::kDone;
}

// Any bytes as the file of what links have used of their data caps: a disk may do anything to it.
//
// Beyond not crashing: what is read, written down again, is the same text.

#include "engine/link/usage_text.hpp"
#include "tests/fuzz/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dispatch;
  const auto text = fuzz::text_of(data, size);
  if (const auto usage = link::parse_usage(text)) {
    const auto again = link::parse_usage(link::usage_text(*usage));
    fuzz::require(again == usage, "the same usage");
  }
  return fuzz::kDone;
}

// Any bytes as what a client says first in a tunnel.
//
// What it is shows however it arrives: what may become a message that can be said twice is never
// less than that before, and what is something else stays that. Nothing behind such a message is
// part of it.

#include "engine/proxy/repeatable.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dispatch;
  using proxy::Progress;
  const auto input = fuzz::bytes_of(data, size);
  auto before = Progress::incomplete;
  for (std::size_t there = 0; there <= input.size(); ++there) {
    // In memory of its own, so that a read past its end shows.
    const std::vector<std::byte> front(input.begin(),
                                       input.begin() + static_cast<std::ptrdiff_t>(there));
    const auto now = proxy::judge_first_flight(front);
    fuzz::require(before == Progress::incomplete || now == Progress::invalid,
                  "what is whole, or something else, does not become a message");
    const bool may = proxy::may_be_said_twice(front);
    fuzz::require(may == (now == Progress::complete) || now == Progress::incomplete,
                  "a whole message may be said twice, and nothing else that is whole");
    before = now;
  }
  return fuzz::kDone;
}

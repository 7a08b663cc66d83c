// Any bytes as a framed datagram, and as the last one of a stream.
//
// Beyond not crashing: what is understood becomes the same bytes again, and what a log counts adds
// up, whatever the numbers.

#include "engine/stream/frame.hpp"
#include "engine/stream/sequence_log.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>
#include <cstring>

namespace dispatch::stream {
namespace {

using fuzz::require;

void check_frame(std::span<const std::byte> bytes) {
  const auto frame = decode_frame(bytes);
  if (!frame) return;
  const auto header = encode_frame_header(*frame);
  require(bytes.size() == header.size() + frame->payload.size(), "all of it is understood");
  // What is reserved is covered by the sum, and may be anything.
  require(std::equal(header.begin(), header.begin() + 26, bytes.begin()), "the same header");
}

// Each eight bytes are a number, small ones more often than not.
void check_log(std::span<const std::byte> bytes) {
  SequenceLog log;
  std::uint64_t taken = 0;
  std::uint64_t fresh = 0;
  for (; bytes.size() >= 8; bytes = bytes.subspan(8)) {
    std::uint64_t number = 0;
    std::memcpy(&number, bytes.data(), sizeof number);
    if ((number & 3) != 0) number = number >> 8 & 0x1ffff;
    if ((number & 0xff) == 0xfe) {
      log.end(number);
      continue;
    }
    ++taken;
    const bool is_new = log.take(number);
    fresh += is_new ? 1 : 0;
    require(!log.take(number), "the same one is not new again");
    ++taken;
  }
  const auto figures = log.figures();
  require(figures.received == fresh, "what is new is received");
  require(figures.received + figures.duplicates == taken, "each is one or the other");
  require(figures.reordered <= figures.received, "what is out of order is received");
}

}  // namespace
}  // namespace dispatch::stream

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = dispatch::fuzz::bytes_of(data, size);
  dispatch::stream::check_frame(bytes);
  dispatch::stream::check_log(bytes);
  return dispatch::fuzz::kDone;
}

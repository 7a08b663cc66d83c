// Any bytes as a chunked body, cut anywhere: the first byte says how long the pieces are.
//
// Beyond not crashing: the body means the same however it was cut; its content, chunked anew, comes
// out again; an end is where a chunk of no size is.

#include "engine/proxy/http_chunked_decoder.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace dispatch::proxy::http {
namespace {

using fuzz::require;

struct Body {
  Progress progress = Progress::incomplete;
  std::size_t size = 0;  // of the coding, up to its end
  std::string content;
  std::string trailers;

  friend bool operator==(const Body&, const Body&) = default;
};

// Of `input`, `step` more bytes are there each time.
Body decode(std::string_view input, std::size_t step) {
  Body body;
  ChunkedDecoder decoder;
  for (auto there = std::min(step, input.size()); body.progress == Progress::incomplete;) {
    const std::string part(input.substr(body.size, there - body.size));
    const auto result = decoder.decode(std::as_bytes(std::span(part)));
    require(result.size <= part.size() && result.content.size() <= result.size, "in bounds");
    body.content.append(reinterpret_cast<const char*>(result.content.data()),
                        result.content.size());
    body.size += result.size;
    body.progress = result.progress;
    if (result.size != 0) continue;
    if (there == input.size()) break;
    there = std::min(there + step, input.size());
  }
  if (body.progress == Progress::complete) body.trailers = to_text(decoder.trailers());
  return body;
}

void check(std::string_view input, std::size_t step) {
  const auto whole = decode(input, input.size());
  const auto pieces = decode(input, step);
  require(whole.progress == pieces.progress, "a body ends the same in pieces");
  // How much of a broken one was passed on before depends on how much was there.
  if (whole.progress == Progress::invalid) return;
  require(whole == pieces, "a body means the same in pieces");
  if (whole.progress != Progress::complete) return;
  require(input.substr(0, whole.size).find("0") != input.npos, "an end has a chunk of no size");
  const auto& content = whole.content;
  const auto chunk = content.empty() ? "" : fmt::format("{:x}\r\n{}\r\n", content.size(), content);
  const auto text = fmt::format("{}0\r\n{}\r\n", chunk, whole.trailers);
  const auto again = decode(text, text.size());
  require(again.progress == Progress::complete && again.size == text.size(), "it is a body");
  require(again.content == content && again.trailers == whole.trailers, "the same body");
}

}  // namespace
}  // namespace dispatch::proxy::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dispatch;
  if (size == 0) return fuzz::kDone;
  proxy::http::check(fuzz::text_of(data + 1, size - 1), std::size_t{1} + *data % 16);
  return fuzz::kDone;
}

// Any bytes as the head of a request and of a response.
//
// Beyond not crashing: what is let in must leave no doubt. A head is taken or refused in one piece
// as byte by byte; the head that is passed on is let in again, with the same framing, and without
// anything that is between two neighbours only; it is the same at a second proxy, but for Via.

#include "engine/proxy/http_framing.hpp"
#include "engine/proxy/http_head_scanner.hpp"
#include "engine/proxy/http_rewrite.hpp"
#include "engine/proxy/http_target.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace dispatch::proxy::http {
namespace {

using fuzz::require;

// Whole as in pieces.
Progress scan(std::string_view input, std::size_t& size) {
  HeadScanner whole;
  const auto progress = whole.scan(input);
  HeadScanner pieces;
  auto step = Progress::incomplete;
  for (std::size_t there = 0; there <= input.size() && step == Progress::incomplete; ++there) {
    step = pieces.scan(input.substr(0, there));
  }
  require(step == progress, "a head means the same however it arrives");
  size = progress == Progress::complete ? whole.size() : 0;
  require(step != Progress::complete || pieces.size() == size, "a head has one end");
  if (progress == Progress::complete) {
    const auto head = input.substr(0, size);
    require(head.find("\n ") == head.npos && head.find("\n\t") == head.npos, "no folded line");
    for (std::size_t at = 0; at != head.size(); ++at) {
      if (head[at] == '\n') require(at != 0 && head[at - 1] == '\r', "no bare LF");
      if (head[at] == '\r') require(head[at + 1] == '\n', "no bare CR");
    }
  }
  return progress;
}

void check_passed_on(const RequestHead& head, const Framing& framing) {
  const auto to = parse_absolute_form(head.method, head.target);
  if (!to) return;
  const auto text = to_text(forwarded_request(head, *to, framing));
  std::size_t size = 0;
  require(scan(text, size) == Progress::complete && size == text.size(), "one head goes on");
  const auto again = parse_request_head(text);
  require(again.has_value(), "what goes on is a head");
  const auto framed = framing_of(*again);
  require(framed && *framed == framing, "the framing is told on");
  require(check_host(*again).has_value(), "Host is told on");
  const auto& fields = again->fields;
  require(fields.count("Content-Length") + fields.count("Transfer-Encoding") <= 1, "once");
  require(fields.find("Proxy-Authorization") == nullptr, "credentials stay here");
  require(fields.find("Proxy-Connection") == nullptr, "one connection's fields stay here");
  require(fields.find("Keep-Alive") == nullptr, "one connection's fields stay here");
}

void check_response(const ResponseHead& head) {
  for (const auto* method : {"GET", "HEAD"}) {
    const auto framing = framing_of(head, method);
    if (!framing) continue;
    const auto text = to_text(forwarded_response(head, *framing, {}));
    std::size_t size = 0;
    require(scan(text, size) == Progress::complete && size == text.size(), "one head goes back");
    const auto again = parse_response_head(text);
    require(again.has_value(), "what goes back is a head");
    const auto framed = framing_of(*again, method);
    require(framed && *framed == *framing, "the framing is told back");
  }
}

}  // namespace
}  // namespace dispatch::proxy::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t count) {
  using namespace dispatch::proxy;
  using namespace dispatch::proxy::http;
  const auto input = dispatch::fuzz::text_of(data, count);
  std::size_t size = 0;
  if (scan(input, size) != Progress::complete) return dispatch::fuzz::kDone;
  const auto text = input.substr(0, size);
  if (const auto head = parse_request_head(text)) {
    const auto framing = framing_of(*head);
    if (framing && check_host(*head)) check_passed_on(*head, *framing);
  }
  if (const auto head = parse_response_head(text)) check_response(*head);
  return dispatch::fuzz::kDone;
}

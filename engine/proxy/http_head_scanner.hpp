// Where a head ends, and the syntax that Beast's parser lets pass but a proxy must not: each of
// these has let two programs on one path disagree on where a message ends (request smuggling).
#pragma once

#include "engine/proxy/http_head.hpp"
#include "engine/proxy/progress.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace dispatch::proxy::http {

inline constexpr std::size_t kStartLineSizeMax = 16 * 1024;  // beyond: 414 (RFC 9110 15.5.15)
inline constexpr std::size_t kHeadSizeMax = 64 * 1024;       // not within: 431 (RFC 6585 5)

// One head, arriving in pieces; looks at each byte once. Refuses, with 400: a CR or LF by itself
// (RFC 9112 2.2), other control characters, a line that begins with white space (obs-fold,
// RFC 9112 5.2), a field without a name or with anything but a token before its colon (RFC 9112
// 5.1). An empty line before the start line is the caller's to skip.
class HeadScanner {
 public:
  // Trailers have the syntax of a head's fields.
  enum class Part : std::uint8_t { head, fields };

  explicit HeadScanner(Part part = Part::head) : in_start_line_(part == Part::head) {}

  // `bytes`: all that has arrived so far; what it held at the last call is still at its front.
  Progress scan(std::string_view bytes);

  // The whole head, with its empty line (complete).
  std::size_t size() const { return at_; }
  const Fault& fault() const { return fault_; }  // (invalid)

 private:
  Progress invalid(unsigned status, std::string_view why);
  Progress check_line(std::string_view line);

  std::size_t at_ = 0;          // seen up to here
  std::size_t line_begin_ = 0;  // of the line that at_ is in
  bool in_start_line_;
  Fault fault_;
};

}  // namespace dispatch::proxy::http

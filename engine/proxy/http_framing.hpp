// Where the body of a message ends (RFC 9112 6.3), and what makes that doubtful.
#pragma once

#include "engine/proxy/http_head.hpp"

#include <cstdint>

namespace dispatch::proxy::http {

enum class BodyKind : std::uint8_t { none, length, chunked, until_close };

struct Framing {
  BodyKind kind = BodyKind::none;
  std::uint64_t length = 0;  // octets (length)

  bool has_content() const {
    return kind != BodyKind::none && !(kind == BodyKind::length && length == 0);
  }

  friend bool operator==(const Framing&, const Framing&) = default;
};

// Faults: 400 where Content-Length and Transfer-Encoding are both there, where several
// Content-Length differ or one is no number, where chunked is not the last coding or Transfer-
// Encoding comes with HTTP/1.0; 501 for codings beside chunked, since it is taken off here and they
// could not be told on.
Checked<Framing> framing_of(const RequestHead& head);

// `method` is that of the request. The same faults.
Checked<Framing> framing_of(const ResponseHead& head, std::string_view method);

}  // namespace dispatch::proxy::http

#include "engine/proxy/http_framing.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace dispatch::proxy::http {
namespace {

std::optional<std::uint64_t> parse_length(std::string_view text) {
  std::uint64_t length = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, length);
  if (error != std::errc{} || rest != end) return std::nullopt;
  return length;
}

// RFC 9112 6.3, 5: a list of equal values counts as one.
Checked<Framing> by_length(const Fields& fields) {
  std::optional<std::uint64_t> length;
  for (const auto member : fields.members("Content-Length")) {
    const auto value = parse_length(member);
    if (!value) return Fault{400, "a Content-Length that is no number"};
    if (length && *length != *value) return Fault{400, "several Content-Length that differ"};
    length = value;
  }
  if (!length) return Fault{400, "an empty Content-Length"};
  return Framing{BodyKind::length, *length};
}

Checked<Framing> by_transfer_encoding(const Fields& fields, unsigned minor_version) {
  if (fields.find("Content-Length") != nullptr) {
    return Fault{400, "both Content-Length and Transfer-Encoding"};
  }
  if (minor_version == 0) return Fault{400, "Transfer-Encoding in HTTP/1.0"};
  const auto codings = fields.members("Transfer-Encoding");
  const auto chunked = [](std::string_view coding) {
    return equal_ignoring_case(coding, "chunked");
  };
  if (codings.empty() || !chunked(codings.back())) {
    return Fault{400, "a Transfer-Encoding that does not end with chunked"};
  }
  if (std::count_if(codings.begin(), codings.end(), chunked) != 1) {
    return Fault{400, "Transfer-Encoding: chunked more than once"};
  }
  if (codings.size() != 1) return Fault{501, "a transfer coding other than chunked"};
  return Framing{BodyKind::chunked, 0};
}

}  // namespace

Checked<Framing> framing_of(const RequestHead& head) {
  if (head.fields.find("Transfer-Encoding") != nullptr) {
    return by_transfer_encoding(head.fields, head.minor_version);
  }
  if (head.fields.find("Content-Length") != nullptr) return by_length(head.fields);
  return Framing{};
}

Checked<Framing> framing_of(const ResponseHead& head, std::string_view method) {
  const auto& fields = head.fields;
  if (method == "HEAD" || head.status / 100 == 1 || head.status == 204 || head.status == 304) {
    return Framing{};
  }
  if (fields.find("Transfer-Encoding") != nullptr) {
    return by_transfer_encoding(fields, head.minor_version);
  }
  if (fields.find("Content-Length") != nullptr) return by_length(fields);
  return Framing{BodyKind::until_close, 0};
}

}  // namespace dispatch::proxy::http

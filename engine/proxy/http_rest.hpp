// Answers that are cut in the middle, and the rest of them (RFC 9110 14).
#pragma once

#include "engine/proxy/http_framing.hpp"
#include "engine/proxy/http_head.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace dispatch::proxy::http {

// What has to be known of an answer to ask for the rest of it.
struct CutAnswer {
  std::string entity_tag;    // strong: what has it is the same, byte for byte (RFC 9110 8.8.3)
  std::uint64_t length = 0;  // of all of it, octets
  std::uint64_t passed = 0;  // of these, how many the client has
};

// Of an answer that has begun: none where its rest could not be asked for. It can where it is a
// whole representation (200) of known length and with a strong entity tag, of a server that takes
// ranges of bytes, and was asked for with a plain GET.
std::optional<CutAnswer> cut_answer(const RequestHead& request, const ResponseHead& response,
                                    const Framing& framing);

// The request for what is missing: Range, on the condition that it is still the same (If-Range), in
// place of the client's own conditions, which have been met.
RequestHead request_for_rest(const RequestHead& request, const CutAnswer& answer);

// Whether the response is exactly that rest (206).
bool is_rest(const ResponseHead& response, const Framing& framing, const CutAnswer& answer);

}  // namespace dispatch::proxy::http

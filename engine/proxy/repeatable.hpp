// Whether what a client has said first may be said to its target once more.
#pragma once

#include "engine/proxy/progress.hpp"

#include <cstddef>
#include <span>

namespace dispatch::proxy {

// More than a ClientHello with the keys of post-quantum cryptography; most heads of requests, too.
inline constexpr std::size_t kFirstFlightMax = 16 * 1024;

// `said`: all of a tunnel's bytes towards its target so far. Complete: a message that its target
// answers before the client says more, and that does no harm where it arrives twice:
//
//   - a TLS ClientHello (RFC 8446 4.1.2) without early data: nothing has been agreed upon yet;
//   - the head of an HTTP request that is idempotent (RFC 9110 9.2.2), has no content, and does not
//     ask for another protocol.
//
// Incomplete: it may become one. Invalid: it is something else, or more than that.
Progress judge_first_flight(std::span<const std::byte> said);

// Whether that much of it may: all of such a message, or so little that nobody acts upon it (no
// part of a ClientHello, nor of a line).
bool may_be_said_twice(std::span<const std::byte> said);

}  // namespace dispatch::proxy

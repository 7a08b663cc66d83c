// Asking a silent peer whether it is still there (RFC 9293 3.8.4).
#pragma once

#include "engine/net/time.hpp"

namespace dispatch::net {

// A peer that has vanished without a word (no power, a translator that forgot the connection) is
// noticed only by who asks. While bytes that it has not acknowledged are on their way to it,
// nothing is asked: their repetition is question enough.
struct KeepAlive {
  Duration idle;      // without a sign of the peer, before it is asked
  Duration interval;  // from question to question
  int probes;         // so many without an answer, and the connection has timed out

  // The connection ends when the peer has been silent for twice that time.
  static constexpr KeepAlive after(Duration silence) { return {silence, silence / 4, 4}; }

  friend bool operator==(const KeepAlive&, const KeepAlive&) = default;
};

// Linux takes whole seconds up to this (MAX_TCP_KEEPIDLE).
inline constexpr Duration kKeepAliveMax = std::chrono::seconds(32767);

}  // namespace dispatch::net

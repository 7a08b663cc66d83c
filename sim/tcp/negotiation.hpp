// The options of SYN and SYN-ACK, and what both sides have agreed on.
#pragma once

#include "sim/tcp/options.hpp"
#include "sim/tcp/segment.hpp"

namespace dispatch::sim::tcp {

struct Agreement {
  std::uint16_t peer_mss = 536;    // RFC 9293 3.7.1: where the peer does not say
  std::uint8_t send_scale = 0;     // of windows that the peer sends, RFC 7323 2
  std::uint8_t receive_scale = 0;  // of ours
  bool timestamps = false;
  bool sack = false;
};

// Puts our options into a SYN, or those that the peer's SYN (already agreed on) allows into a
// SYN-ACK. Timestamps are put in by the caller, who knows the time.
void offer_options(const Options& options, Segment& syn);
void answer_options(const Options& options, const Agreement& agreement, bool scaling, Segment& syn);

// `syn` is the peer's SYN or SYN-ACK. What we would not offer is not agreed on.
Agreement agree(const Options& options, const Segment& syn);

// Payload bytes of a full segment: the smaller MSS, less the options that every segment carries.
std::uint16_t segment_payload(const Options& options, const Agreement& agreement);

}  // namespace dispatch::sim::tcp

// Both directions between a client and its target, until both have ended.
#pragma once

#include "engine/net/byte_counter.hpp"
#include "engine/net/stream.hpp"

namespace dispatch::proxy {

struct RelayReport {
  net::RelayEnd to_target;  // the direction from the client to its target
  net::RelayEnd to_client;
};

// The end of stream of one side is passed on as a half-close, and the other direction goes on. When
// a direction fails, or the relay is cancelled, both streams are aborted, so that each side learns
// that it did not get everything. Both directions have ended when this returns.
net::Task<RelayReport> relay(net::Stream& client, net::Stream& target, net::ByteCounter& sent,
                             net::ByteCounter& received);

}  // namespace dispatch::proxy

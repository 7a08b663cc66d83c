// The beginning of a tunnel, until its target has answered.
#pragma once

#include "engine/proxy/client.hpp"

namespace dispatch::proxy {

// Passes on what the client says first, and what the target answers to it. Where the link dies or
// the connection fails before the target has said a byte, and what has been said may be said again
// (may_be_said_twice), another link takes the tunnel over: once each, and the client does not
// notice. Where the one is reset and the other answers, that is a sign
// (link::Sign::reset_early).
//
// Ends soon: with the first byte of the target, when what the client says is something else, when
// somebody ends or fails, or after some seconds without a word. A tunnel whose link nobody can help
// (Dialed::was_dispatched, or there is no other one) is not touched.
//
// True: the relay goes on from here; of `tunnel`, `early` is what is still to be said to the
// target. False: it has failed, and both sides have been told.
net::Task<bool> pass_first_flight(Client& client, Tunnel& tunnel);

}  // namespace dispatch::proxy

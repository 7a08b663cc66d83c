// Where an endpoint is: names and interfaces become addresses.
#pragma once

#include "engine/net/runtime.hpp"
#include "engine/stream/endpoint_spec.hpp"

#include <vector>

namespace dispatch::stream {

// Of udp, tcp and tls: at least one, in the order in which they should be tried. Throws StreamError
// (the name has no address) and net::ConfigError (no such interface).
net::Task<std::vector<net::Endpoint>> locate(net::Runtime& runtime, EndpointSpec spec);

// The same, where a name without an address is an error among others.
net::Task<net::Result<std::vector<net::Endpoint>>> try_locate(net::Runtime& runtime,
                                                              EndpointSpec spec);

// Where its own socket is bound: the unspecified address where the endpoint is a group's. Throws
// net::ConfigError where it is a name.
net::Endpoint local_endpoint(net::Runtime& runtime, const EndpointSpec& spec);

// What fits a datagram that leaves from `local`, by the MTU of its interface; no more than a jumbo
// frame holds.
std::size_t datagram_bytes(net::Runtime& runtime, const net::Address& local);

}  // namespace dispatch::stream

// Sockets and files of inputs and outputs.
#pragma once

#include "engine/link/link.hpp"
#include "engine/net/files.hpp"
#include "engine/net/runtime.hpp"
#include "engine/stream/endpoint_spec.hpp"
#include "engine/stream/file_series.hpp"
#include "engine/stream/udp_output.hpp"

#include <cstddef>
#include <vector>

namespace dispatch::stream {

// Each throws StreamError, or net::ConfigError where the command line is wrong, with one line that
// begins with the endpoint.

// Bound, and joined to its group where the endpoint is one.
net::DatagramPtr open_udp_input(net::Runtime& runtime, const EndpointSpec& spec,
                                std::size_t receive_buffer);

// Opens sockets to the first of the addresses that can be reached, by the link, if any, as it is
// then; connected, so that the network's answers are heard. The runtime and the link outlive it.
UdpOutput::Open udp_opener(net::Runtime& runtime, EndpointSpec spec, std::vector<net::Endpoint> to,
                           const link::Link* link);
// What it opens first. Null: the link has no way out now.
net::DatagramPtr open_udp_output(const UdpOutput::Open& open, const EndpointSpec& spec);

net::FilePtr open_file_input(net::Files& files, const EndpointSpec& spec);
// The first of the series of `spec`.
net::FilePtr open_file_output(FileSeries& series, const EndpointSpec& spec);

}  // namespace dispatch::stream

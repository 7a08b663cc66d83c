// Sockets and files of inputs and outputs.
#pragma once

#include "engine/net/files.hpp"
#include "engine/net/runtime.hpp"
#include "engine/stream/endpoint_spec.hpp"
#include "engine/stream/file_series.hpp"

#include <cstddef>

namespace dispatch::stream {

// Each throws StreamError, or net::ConfigError where the command line is wrong, with one line that
// begins with the endpoint.

// Bound, and joined to its group where the endpoint is one.
net::DatagramPtr open_udp_input(net::Runtime& runtime, const EndpointSpec& spec,
                                std::size_t receive_buffer);

// Connected, so that the network's answers are heard.
net::Task<net::DatagramPtr> open_udp_output(net::Runtime& runtime, EndpointSpec spec);

net::FilePtr open_file_input(net::Files& files, const EndpointSpec& spec);
// The first of the series of `spec`.
net::FilePtr open_file_output(FileSeries& series, const EndpointSpec& spec);

}  // namespace dispatch::stream

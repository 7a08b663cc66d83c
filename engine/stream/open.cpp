#include "engine/stream/open.hpp"

#include "engine/stream/locate.hpp"
#include "engine/stream/stream_error.hpp"

#include <boost/system/errc.hpp>
#include <fmt/format.h>

#include <cerrno>
#include <utility>

namespace dispatch::stream {
namespace {

namespace errc = boost::system::errc;

// What is wrong with the command line, or with the world.
[[noreturn]] void throw_error(const EndpointSpec& spec, std::string_view what,
                              const net::Error& error) {
  const auto line = fmt::format("{}: {}: {}", to_string(spec), what, error.message());
  if (error == errc::address_not_available || error == errc::no_such_device ||
      error == errc::invalid_argument || error == errc::no_such_file_or_directory ||
      error == errc::is_a_directory) {
    throw net::ConfigError(line);
  }
  throw StreamError(line);
}

net::DatagramOptions options_of(const EndpointSpec& spec) {
  net::DatagramOptions options;
  options.egress.device = spec.device;
  options.hop_limit = spec.hop_limit;
  options.multicast_loop = spec.loop;
  return options;
}

net::DatagramOptions output_options(const EndpointSpec& spec, const net::Endpoint& to) {
  auto options = options_of(spec);
  options.connect = to;
  options.egress.source = spec.source;
  options.multicast_interface = spec.interface;
  options.broadcast = !to.address.is_v6();  // who names such an address means it
  return options;
}

}  // namespace

net::DatagramPtr open_udp_input(net::Runtime& runtime, const EndpointSpec& spec,
                                std::size_t receive_buffer) {
  auto options = options_of(spec);
  options.local = local_endpoint(runtime, spec);
  options.coalesced = true;
  options.kernel_buffer = receive_buffer;
  if (const auto group = *net::parse_address(spec.host); group.is_multicast()) {
    options.groups = {{group, spec.interface.empty() ? spec.scope : spec.interface, spec.source}};
    options.shared_port = true;
    // Linux gives an IPv6 member what came to the group on other interfaces, too, where somebody
    // else has joined it there.
    if (group.is_v6() && options.egress.device.empty()) {
      options.egress.device = options.groups.front().interface;
    }
  } else if (!spec.interface.empty() || spec.source) {
    throw net::ConfigError(fmt::format(
        "{}: iface and source are for what listens to a group; this is none", to_string(spec)));
  }
  auto socket = runtime.network().open_datagram(options);
  if (!socket) throw_error(spec, "cannot listen", socket.error());
  return std::move(*socket);
}

UdpOutput::Open udp_opener(net::Runtime& runtime, EndpointSpec spec, std::vector<net::Endpoint> to,
                           const link::Link* link) {
  return [&runtime, spec = std::move(spec), to = std::move(to),
          link]() -> net::Result<net::DatagramPtr> {
    net::Error first;
    for (const auto& each : to) {
      auto options = output_options(spec, each);
      if (link != nullptr) {
        const auto egress = link->egress(net::family_of(each.address));
        if (!egress) continue;
        options.egress = *egress;
      }
      auto socket = runtime.network().open_datagram(options);
      if (socket) return socket;
      if (!first) first = socket.error();
    }
    return first ? first : net::errno_error(ENETDOWN);
  };
}

net::DatagramPtr open_udp_output(const UdpOutput::Open& open, const EndpointSpec& spec) {
  auto socket = open();
  if (socket) return std::move(*socket);
  if (!spec.link.empty() && socket.error() == errc::network_down) return nullptr;
  throw_error(spec, "cannot send there", socket.error());
}

net::FilePtr open_file_input(net::Files& files, const EndpointSpec& spec) {
  auto file =
      spec.scheme == Scheme::standard ? files.standard_input() : files.open_to_read(spec.path);
  if (!file) throw_error(spec, "cannot be read", file.error());
  return std::move(*file);
}

net::FilePtr open_file_output(FileSeries& series, const EndpointSpec& spec) {
  auto file = series.open_next();
  if (!file) throw_error(spec, "cannot be written", file.error());
  return std::move(*file);
}

}  // namespace dispatch::stream

// Asking a link whether it works.
#pragma once

#include "engine/link/link.hpp"
#include "engine/net/config_error.hpp"
#include "engine/net/runtime.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace dispatch::link {

enum class ProbeKind : std::uint8_t {
  tcp,   // a connection comes about
  http,  // a server answers with the status that is expected; a captive portal answers with another
  dns,   // the name has an address, as the link's name servers know
};

struct ProbeSpec {
  ProbeKind kind = ProbeKind::tcp;
  std::variant<net::Address, std::string> host;  // of dns: the name
  std::uint16_t port = 0;
  std::string path{};
  int status = 204;
  std::string text{};  // as it was written

  friend bool operator==(const ProbeSpec&, const ProbeSpec&) = default;
};

// http://HOST[:PORT][/PATH][,status=N], tcp://HOST:PORT or dns://NAME. Throws net::ConfigError.
ProbeSpec parse_probe_spec(std::string_view text);
ProbeSpec probe_of(const net::Endpoint& peer);  // tcp

struct ProbeResult {
  bool passed = false;
  std::string reason{};  // why not, for people
  net::Duration took{};  // of the connection, if there is one
  std::optional<net::Endpoint> peer{};
};

// Asks through `link`, whose own name servers are asked for the host; of a link through a proxy,
// through the one that leads there. Where `at` is given the host is not looked up: it is there.
// Fails at `deadline`, and where it is cancelled.
net::Task<ProbeResult> probe(net::Runtime& runtime, const Link& link, ProbeSpec spec,
                             net::TimePoint deadline, std::optional<net::Address> at = {});

}  // namespace dispatch::link

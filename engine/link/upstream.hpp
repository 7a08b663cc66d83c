// A proxy that a link leads through.
#pragma once

#include "engine/net/address.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace dispatch::tls {
class Context;
}

namespace dispatch::link {

enum class UpstreamProtocol : std::uint8_t {
  socks5,   // RFC 1928
  socks4,   // IPv4 targets; names are looked up here
  socks4a,  // IPv4 targets and names
  http,     // CONNECT (RFC 9110 9.3.6), and requests for http URIs
  https,    // the same, inside TLS
};

// As in the URL: "socks5".
std::string_view to_string(UpstreamProtocol protocol);

struct Credentials {
  std::string user;
  std::string password;

  friend bool operator==(const Credentials&, const Credentials&) = default;
};

struct Upstream {
  UpstreamProtocol protocol = UpstreamProtocol::socks5;
  std::variant<net::Address, std::string> host;  // a string is a name to be looked up
  std::uint16_t port = 0;
  std::optional<Credentials> credentials;  // never told to anyone but the proxy
  // Whose certificates are believed, of https; null until who makes the links has said it.
  std::shared_ptr<const tls::Context> tls{};

  // Of HTTP: plain requests go to it inside tunnels, too.
  bool tunnels_all = false;

  bool is_http() const {
    return protocol == UpstreamProtocol::http || protocol == UpstreamProtocol::https;
  }
  // Whether it passes requests for http URIs on (RFC 9112 3.2.2).
  bool takes_requests() const { return is_http() && !tunnels_all; }
  // Whether targets of that family, given as addresses, can be asked for.
  bool serves(net::Family family) const {
    return family == net::Family::v4 || protocol == UpstreamProtocol::socks5 || is_http();
  }
  // Whether it looks names up itself: they leave as they came.
  bool takes_names() const { return protocol != UpstreamProtocol::socks4; }

  friend bool operator==(const Upstream&, const Upstream&) = default;
};

// "socks5://proxy.example:1080", without credentials: what people are told.
std::string to_string(const Upstream& upstream);

// PROTOCOL://[USER[:PASSWORD]@]HOST:PORT, the credentials percent-encoded (RFC 3986 2.1). Throws
// net::ConfigError, without the password.
Upstream parse_upstream(std::string_view url);

// The text without the password that an URL in it may have, for messages.
std::string without_password(std::string_view text);

}  // namespace dispatch::link

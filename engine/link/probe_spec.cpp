#include "engine/link/probe.hpp"
#include "engine/net/well_known_port.hpp"

#include <fmt/format.h>

#include <charconv>

namespace dispatch::link {
namespace {

constexpr int kStatusMin = 100;
constexpr int kStatusMax = 599;

[[noreturn]] void reject(std::string_view text, std::string_view why) {
  throw net::ConfigError(
      fmt::format("'{}': {}: write http://HOST/PATH, tcp://HOST:PORT or dns://NAME", text, why));
}

template <typename Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_host(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text) {
    if (c <= ' ' || c > '~' || c == '@' || c == '?' || c == '#') return false;
  }
  return true;
}

void read_host(ProbeSpec& spec, std::string_view host, std::string_view text) {
  if (const auto address = net::parse_address(host)) {
    spec.host = *address;
  } else if (is_host(host) && host.find_first_of("[]:") == std::string_view::npos) {
    spec.host = std::string(host);
  } else {
    reject(text, "no host that can be asked");
  }
}

void read_host_and_port(ProbeSpec& spec, std::string_view authority, std::string_view text) {
  const auto colon = authority.rfind(':');
  const bool has_port = colon != std::string_view::npos && !authority.ends_with(']');
  if (has_port) {
    const auto port = number<std::uint16_t>(authority.substr(colon + 1));
    if (!port || *port == 0) reject(text, "the port is not from 1 to 65535");
    spec.port = *port;
    authority = authority.substr(0, colon);
  } else if (spec.port == 0) {
    reject(text, "no port");
  }
  read_host(spec, authority, text);
}

void read_http(ProbeSpec& spec, std::string_view rest, std::string_view text) {
  constexpr std::string_view kStatus = ",status=";
  if (const auto at = rest.rfind(kStatus); at != std::string_view::npos) {
    const auto status = number<int>(rest.substr(at + kStatus.size()));
    if (!status || *status < kStatusMin || *status > kStatusMax) {
      reject(text, "the status is not from 100 to 599");
    }
    spec.status = *status;
    rest = rest.substr(0, at);
  }
  const auto slash = rest.find('/');
  spec.path = slash == std::string_view::npos ? "/" : std::string(rest.substr(slash));
  for (const char c : spec.path) {
    if (c <= ' ' || c > '~') reject(text, "a path that no request can have");
  }
  spec.port = net::kHttpPort;
  read_host_and_port(spec, rest.substr(0, slash), text);
}

}  // namespace

ProbeSpec parse_probe_spec(std::string_view text) {
  ProbeSpec spec;
  spec.text = text;
  const auto after = [&](std::string_view scheme) {
    return text.starts_with(scheme) ? std::optional(text.substr(scheme.size())) : std::nullopt;
  };
  if (const auto rest = after("http://")) {
    spec.kind = ProbeKind::http;
    read_http(spec, *rest, text);
  } else if (const auto target = after("tcp://")) {
    read_host_and_port(spec, *target, text);
  } else if (const auto name = after("dns://")) {
    spec.kind = ProbeKind::dns;
    read_host(spec, *name, text);
    if (std::holds_alternative<net::Address>(spec.host))
      reject(text, "an address needs no look-up");
  } else if (text.starts_with("https://")) {
    reject(text, "https is not spoken to itself, and a portal could not answer for it");
  } else {
    reject(text, "no probe");
  }
  return spec;
}

ProbeSpec probe_of(const net::Endpoint& peer) {
  ProbeSpec spec;
  spec.host = peer.address;
  spec.port = peer.port;
  spec.text = "tcp://" + net::to_string(peer);
  return spec;
}

}  // namespace dispatch::link

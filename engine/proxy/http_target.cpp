#include "engine/proxy/http_target.hpp"

#include "engine/net/well_known_port.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace dispatch::proxy::http {
namespace {

// reg-name of RFC 3986 3.2.2, with the underscore that names of hosts have in practice.
bool is_name_character(char c) {
  return is_token_character(c) ? c != '#' && c != '^' && c != '`' && c != '|'
                               : std::string_view("(),;=").find(c) != std::string_view::npos;
}

std::optional<std::variant<net::Address, std::string>> parse_uri_host(std::string_view text) {
  if (text.starts_with('[')) {
    if (!text.ends_with(']')) return std::nullopt;
    auto host = parse_host(text.substr(1, text.size() - 2));
    const auto* literal = host ? std::get_if<net::Address>(&*host) : nullptr;
    if (literal == nullptr || !literal->is_v6()) return std::nullopt;
    return host;
  }
  if (!std::all_of(text.begin(), text.end(), is_name_character)) return std::nullopt;
  return parse_host(text);
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc{} || rest != end || port == 0) return std::nullopt;
  return port;
}

struct HostPort {
  std::string_view host;
  std::optional<std::string_view> port;  // may be empty: "example:"
};

HostPort split(std::string_view authority) {
  const auto from = authority.starts_with('[') ? authority.find(']') : 0;
  const auto colon = from == std::string_view::npos ? from : authority.find(':', from);
  if (colon == std::string_view::npos) return {authority, std::nullopt};
  return {authority.substr(0, colon), authority.substr(colon + 1)};
}

// Where there is no port, or an empty one, `default_port` counts.
std::optional<Target> parse_authority(std::string_view authority,
                                      std::optional<std::uint16_t> default_port) {
  const auto [host, port] = split(authority);
  const auto number = port && !port->empty() ? parse_port(*port) : default_port;
  auto parsed = parse_uri_host(host);
  if (!parsed || !number) return std::nullopt;
  return Target{std::move(*parsed), *number};
}

}  // namespace

Checked<AbsoluteTarget> parse_absolute_form(std::string_view method, std::string_view text) {
  const auto separator = text.find("://");
  if (separator == std::string_view::npos) return Fault{400, "neither a path nor a URI"};
  const auto scheme = text.substr(0, separator);
  if (equal_ignoring_case(scheme, "https")) {
    return Fault{400, "a https URI: ask for a tunnel with CONNECT instead"};
  }
  if (!equal_ignoring_case(scheme, "http")) {
    return Fault{501, "a URI of a scheme other than http"};
  }
  auto rest = text.substr(separator + 3);
  if (rest.find('#') != std::string_view::npos) return Fault{400, "a URI with a fragment"};
  const auto authority = rest.substr(0, std::min(rest.find_first_of("/?"), rest.size()));
  rest.remove_prefix(authority.size());
  if (authority.find('@') != std::string_view::npos) {
    return Fault{400, "a URI with a user's name or password"};
  }
  auto target = parse_authority(authority, net::kHttpPort);
  if (!target) return Fault{400, "a URI without a host, or with one that cannot be"};
  // RFC 9112 3.2.4: OPTIONS of a URI without a path asks of the server as a whole.
  std::string origin_form;
  if (rest.empty() && method == "OPTIONS") {
    origin_form = "*";
  } else if (rest.starts_with('/')) {
    origin_form = rest;
  } else {
    origin_form = fmt::format("/{}", rest);
  }
  return AbsoluteTarget{std::move(*target), std::string(authority), std::move(origin_form)};
}

Checked<Target> parse_authority_form(std::string_view text) {
  auto target = parse_authority(text, std::nullopt);
  if (!target) return Fault{400, "CONNECT takes a host and a port"};
  return std::move(*target);
}

Checked<void> check_host(const RequestHead& head) {
  const auto count = head.fields.count("Host");
  if (count > 1) return Fault{400, "more than one Host"};
  if (count == 0) {
    if (head.minor_version == 0 || head.method == "CONNECT") return {};
    return Fault{400, "no Host"};
  }
  const auto& host = *head.fields.find("Host");
  if (!host.empty() && !parse_authority(host, net::kHttpPort)) {
    return Fault{400, "a Host that is no host"};
  }
  return {};
}

}  // namespace dispatch::proxy::http

#include "engine/link/upstream.hpp"

#include "engine/net/config_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace dispatch::link {
namespace {

using net::ConfigError;

constexpr std::array kProtocols{UpstreamProtocol::socks5, UpstreamProtocol::socks4,
                                UpstreamProtocol::socks4a, UpstreamProtocol::http,
                                UpstreamProtocol::https};
constexpr std::string_view kSeparator = "://";
constexpr std::size_t kCredentialMax = 255;  // RFC 1929

[[noreturn]] void fail(std::string_view url, std::string_view what) {
  throw ConfigError(fmt::format("'{}': {}", without_password(url), what));
}

UpstreamProtocol parse_protocol(std::string_view url, std::string_view name) {
  for (const auto each : kProtocols) {
    if (to_string(each) == name) return each;
  }
  if (name == "socks5h") return UpstreamProtocol::socks5;  // curl's word: names always go there
  fail(url,
       fmt::format("'{}' is not a kind of proxy: socks5, socks4, socks4a, http or https", name));
}

std::string decoded(std::string_view url, std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at != text.size(); ++at) {
    if (text[at] != '%') {
      plain += text[at];
      continue;
    }
    unsigned value = 0;
    const auto* digits = text.data() + at + 1;
    const auto* end = digits + std::min<std::size_t>(2, text.size() - at - 1);
    const auto parsed = std::from_chars(digits, end, value, 16);
    if (parsed.ec != std::errc{} || parsed.ptr != digits + 2) {
      fail(url, "a '%' in the credentials is not followed by two hexadecimal digits");
    }
    plain += static_cast<char>(value);
    at += 2;
  }
  return plain;
}

Credentials parse_credentials(const Upstream& upstream, std::string_view url,
                              std::string_view text) {
  const auto colon = text.find(':');
  Credentials credentials{decoded(url, text.substr(0, colon)), {}};
  if (colon != std::string_view::npos) credentials.password = decoded(url, text.substr(colon + 1));
  const bool socks4 = upstream.protocol == UpstreamProtocol::socks4 ||
                      upstream.protocol == UpstreamProtocol::socks4a;
  if (credentials.user.empty()) fail(url, "the user's name before the '@' is missing");
  if (credentials.user.size() > kCredentialMax || credentials.password.size() > kCredentialMax) {
    fail(url, "a name or password of more than 255 bytes");
  }
  if (socks4 && !credentials.password.empty()) fail(url, "SOCKS4 knows no passwords");
  if (socks4 && credentials.user.find('\0') != std::string::npos) {
    fail(url, "a name with a zero byte");
  }
  if (upstream.is_http() && credentials.user.find(':') != std::string::npos) {
    fail(url, "a name with a colon, which HTTP cannot tell from the password (RFC 7617 2)");
  }
  return credentials;
}

bool is_name(std::string_view host) {
  constexpr std::size_t kNameMax = 253;
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  return !host.empty() && host.size() <= kNameMax && std::all_of(host.begin(), host.end(), fits);
}

}  // namespace

std::string_view to_string(UpstreamProtocol protocol) {
  switch (protocol) {
    case UpstreamProtocol::socks5:
      return "socks5";
    case UpstreamProtocol::socks4:
      return "socks4";
    case UpstreamProtocol::socks4a:
      return "socks4a";
    case UpstreamProtocol::http:
      return "http";
    case UpstreamProtocol::https:
      return "https";
  }
  return "proxy";
}

std::string to_string(const Upstream& upstream) {
  const auto* address = std::get_if<net::Address>(&upstream.host);
  const auto place = address != nullptr ? net::to_string(net::Endpoint{*address, upstream.port})
                                        : fmt::format("{}:{}", std::get<std::string>(upstream.host),
                                                      upstream.port);
  return fmt::format("{}{}{}", to_string(upstream.protocol), kSeparator, place);
}

Upstream parse_upstream(std::string_view url) {
  const auto separator = url.find(kSeparator);
  if (separator == std::string_view::npos) fail(url, "is not an URL");
  Upstream upstream;
  upstream.protocol = parse_protocol(url, url.substr(0, separator));
  auto authority = url.substr(separator + kSeparator.size());
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    upstream.credentials = parse_credentials(upstream, url, authority.substr(0, at));
    authority.remove_prefix(at + 1);
  }
  const auto bracket = authority.starts_with('[') ? authority.find(']') : 0;
  const auto colon = bracket == std::string_view::npos ? bracket : authority.find(':', bracket);
  if (colon == std::string_view::npos) {
    fail(url, fmt::format("the proxy's port is missing: {}{}HOST:PORT",
                          to_string(upstream.protocol), kSeparator));
  }
  const auto host = authority.substr(0, colon);
  const auto port = authority.substr(colon + 1);
  const auto parsed = std::from_chars(port.data(), port.data() + port.size(), upstream.port);
  if (parsed.ec != std::errc{} || parsed.ptr != port.data() + port.size() || upstream.port == 0) {
    const bool bare_v6 = port.find(':') != std::string_view::npos;
    fail(url, bare_v6 ? "an IPv6 address needs brackets: [2001:db8::1]:1080"
                      : fmt::format("'{}' is not a port", port));
  }
  if (const auto address = net::parse_address(host)) {
    upstream.host = *address;
  } else if (is_name(host)) {
    upstream.host = std::string(host);
  } else {
    fail(url, fmt::format("'{}' is not a host", host));
  }
  return upstream;
}

std::string without_password(std::string_view text) {
  const auto separator = text.find(kSeparator);
  const auto from = separator == std::string_view::npos ? 0 : separator + kSeparator.size();
  const auto at = text.rfind('@');
  const auto colon = text.find(':', from);
  if (at == std::string_view::npos || colon == std::string_view::npos || colon > at) {
    return std::string(text);
  }
  // "host:1080@3", where what follows the '@' is a weight, hides nothing.
  const auto last = text.substr(at + 1);
  const auto before = text.substr(from, at - from);
  if (!last.empty() && last.find_first_not_of("0123456789") == std::string_view::npos &&
      before.find('@') == std::string_view::npos) {
    return std::string(text);
  }
  return fmt::format("{}:***{}", text.substr(0, colon), text.substr(at));
}

}  // namespace dispatch::link

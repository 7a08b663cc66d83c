#include "engine/fleet/target_url.hpp"

#include "engine/net/well_known_port.hpp"
#include "engine/proxy/http_head.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace dispatch::fleet {
namespace {

using Parsed = boost::system::result<TargetUrl, std::string>;

constexpr std::size_t kUrlSizeMax = 16 * 1024 - 64;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
        hex_value(text[i + 2]) >= 0) {
      out.push_back(static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2])));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

void append_encoded(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (is_unreserved(c)) {
      out.push_back(c);
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
}

// Everything that the request line cannot carry as it is: people write blanks and umlauts.
std::string encoded_for_request_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto value = static_cast<unsigned char>(c);
    if (value <= 0x20 || value >= 0x7f || c == '"' || c == '<' || c == '>' || c == '\\' ||
        c == '^' || c == '`' || c == '{' || c == '|' || c == '}') {
      out += fmt::format("%{:02X}", value);
    } else {
      out.push_back(c);
    }
  }
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::uint16_t default_port(bool tls) {
  return tls ? net::kHttpsPort : net::kHttpPort;
}

// RFC 3986 5.2.4, for paths that begin with a slash.
std::string without_dot_segments(std::string_view path) {
  std::vector<std::string_view> kept;
  bool ends_in_folder = false;
  for (std::size_t i = 1; i <= path.size();) {
    const auto end = std::min(path.find('/', i), path.size());
    const auto segment = path.substr(i, end - i);
    ends_in_folder = segment == "." || segment == "..";
    if (segment == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (segment != ".") {
      kept.push_back(segment);
    }
    i = end + 1;
  }
  std::string out;
  for (const auto& segment : kept) out.append("/").append(segment);
  if (ends_in_folder || out.empty()) out += '/';
  return out;
}

boost::system::result<void, std::string> set_authority(TargetUrl& url, std::string_view text) {
  if (const auto at = text.rfind('@'); at != std::string_view::npos) {
    url.user_info = percent_decoded(text.substr(0, at));
    text.remove_prefix(at + 1);
  }
  std::string_view host = text;
  std::string_view port;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return std::string("the host has no closing bracket");
    host = text.substr(1, close - 1);
    const auto rest = text.substr(close + 1);
    if (!rest.empty() && rest.front() != ':') return std::string("the host is no host");
    if (!rest.empty()) port = rest.substr(1);
    const auto address = net::parse_address(host);
    if (!address || !address->is_v6()) return std::string("what is in brackets is no IPv6 address");
  } else if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
  }
  auto parsed = proxy::parse_host(lower(host));
  if (!parsed || host.find_first_of("/\\?#<>\"{}|^`%[],;") != std::string_view::npos) {
    return fmt::format("'{}' is no host", host);
  }
  url.target.host = std::move(*parsed);
  url.target.port = default_port(url.tls);
  if (port.empty()) return {};
  const auto* end = port.data() + port.size();
  const auto number = std::from_chars(port.data(), end, url.target.port);
  if (number.ec != std::errc{} || number.ptr != end || url.target.port == 0) {
    return fmt::format("'{}' is no port", port);
  }
  return {};
}

}  // namespace

std::string TargetUrl::host() const {
  if (const auto* name = std::get_if<std::string>(&target.host)) return *name;
  return net::to_string(std::get<net::Address>(target.host));
}

std::string TargetUrl::authority() const {
  const auto* address = std::get_if<net::Address>(&target.host);
  auto out = address != nullptr && address->is_v6() ? "[" + host() + "]" : host();
  if (target.port != default_port(tls)) out += fmt::format(":{}", target.port);
  return out;
}

std::string TargetUrl::text() const {
  return fmt::format("{}://{}{}", tls ? "https" : "http", authority(), origin_form);
}

Parsed parse_target_url(std::string_view text) {
  if (text.size() > kUrlSizeMax) return std::string("the URL is too long");
  const auto separator = text.find("://");
  if (separator == std::string_view::npos) {
    return std::string("a URL such as https://www.example/path is needed");
  }
  const auto scheme = lower(text.substr(0, separator));
  if (scheme != "http" && scheme != "https") {
    return fmt::format("'{}' is not spoken here: http or https", scheme);
  }
  TargetUrl url;
  url.tls = scheme == "https";
  text.remove_prefix(separator + 3);
  text = text.substr(0, text.find('#'));
  const auto end = std::min(text.find_first_of("/?"), text.size());
  if (end == 0) return std::string("the URL has no host");
  if (const auto set = set_authority(url, text.substr(0, end)); !set) return set.error();
  url.origin_form = encoded_for_request_line(text.substr(end));
  if (!url.origin_form.starts_with('/')) url.origin_form.insert(0, "/");
  return url;
}

Parsed resolve_location(const TargetUrl& base, std::string_view location) {
  location = location.substr(0, location.find('#'));
  const auto scheme_end = location.find("://");
  if (scheme_end != std::string_view::npos && scheme_end < location.find_first_of("/?")) {
    return parse_target_url(location);
  }
  if (location.starts_with("//")) {
    return parse_target_url(fmt::format("{}:{}", base.tls ? "https" : "http", location));
  }
  auto url = base;
  const auto base_path = base.origin_form.substr(0, base.origin_form.find('?'));
  const auto query_at = std::min(location.find('?'), location.size());
  const auto path = location.substr(0, query_at);
  const auto query = encoded_for_request_line(location.substr(query_at));
  if (path.empty()) {
    url.origin_form = query.empty() ? base.origin_form : base_path + query;
    return url;
  }
  const auto whole = path.starts_with('/')
                         ? std::string(path)
                         : base_path.substr(0, base_path.rfind('/') + 1).append(path);
  url.origin_form = without_dot_segments(encoded_for_request_line(whole)) + query;
  if (url.origin_form.size() > kUrlSizeMax) return std::string("the URL is too long");
  return url;
}

void add_params(TargetUrl& url, const Pairs& params) {
  char separator = url.origin_form.find('?') == std::string::npos ? '?' : '&';
  for (const auto& [name, value] : params) {
    url.origin_form.push_back(separator);
    separator = '&';
    append_encoded(url.origin_form, name);
    url.origin_form.push_back('=');
    append_encoded(url.origin_form, value);
  }
}

}  // namespace dispatch::fleet

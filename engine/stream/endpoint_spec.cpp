#include "engine/stream/endpoint_spec.hpp"

#include "engine/units/quantity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace dispatch::stream {
namespace {

using net::ConfigError;

constexpr std::array<std::pair<Scheme, std::string_view>, 5> kSchemes{{{Scheme::udp, "udp"},
                                                                       {Scheme::tcp, "tcp"},
                                                                       {Scheme::tls, "tls"},
                                                                       {Scheme::local, "unix"},
                                                                       {Scheme::file, "file"}}};
constexpr std::size_t kDatagramMost = 65'507;

bool has_port(Scheme scheme) {
  return scheme == Scheme::udp || scheme == Scheme::tcp || scheme == Scheme::tls;
}

template <typename Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || text.empty()) return std::nullopt;
  return value;
}

// One endpoint's text, for its errors.
class Parser {
 public:
  Parser(std::string_view text, Scheme bare, bool files)
      : text_(text), bare_(bare), files_(files) {}

  EndpointSpec parse() {
    if (text_.empty()) throw ConfigError("an endpoint is missing: ''");
    if (text_ == "-") {
      spec_.scheme = Scheme::standard;
      return spec_;
    }
    auto rest = take_scheme();
    if (spec_.scheme == Scheme::local || spec_.scheme == Scheme::file) {
      if (rest.empty()) fail("a path is missing");
      spec_.path = rest;
      return spec_;
    }
    const auto question = rest.find('?');
    take_host_and_port(rest.substr(0, question));
    if (question != std::string_view::npos) take_options(rest.substr(question + 1));
    if (!spec_.link.empty() && (spec_.source || !spec_.device.empty())) {
      fail("a link has a source and a device of its own");
    }
    return spec_;
  }

 private:
  [[noreturn]] void fail(std::string_view why) const {
    throw ConfigError(fmt::format("'{}': {}", text_, why));
  }

  std::string_view take_scheme() {
    for (const auto& [scheme, name] : kSchemes) {
      if (!text_.starts_with(name) || text_.substr(name.size(), 1) != ":") continue;
      auto rest = text_.substr(name.size() + 1);
      // unix:/path has one slash, unix:///path three.
      const bool slashes = rest.starts_with("//");
      if (has_port(scheme) && !slashes) continue;  // a host of that name
      spec_.scheme = scheme;
      return slashes ? rest.substr(2) : rest;
    }
    if (const auto end = text_.find("://"); end != std::string_view::npos) {
      fail(fmt::format("'{}' is none of udp, tcp, tls, unix and file", text_.substr(0, end)));
    }
    spec_.scheme = bare_;
    if (files_ && !looks_like_host_and_port()) spec_.scheme = Scheme::file;
    return text_;
  }

  bool looks_like_host_and_port() const {
    const auto place = text_.substr(0, text_.find('?'));
    const auto colon = place.rfind(':');
    return place.find('/') == std::string_view::npos && colon != std::string_view::npos &&
           number<std::uint32_t>(place.substr(colon + 1)).has_value();
  }

  void take_host_and_port(std::string_view place) {
    const bool brackets = place.starts_with('[');
    const auto end = brackets ? place.find("]:") : place.rfind(':');
    if (end == std::string_view::npos) fail("no HOST:PORT (an IPv6 address stands in brackets)");
    auto host = brackets ? place.substr(1, end - 1) : place.substr(0, end);
    const auto port = number<std::uint16_t>(place.substr(end + (brackets ? 2 : 1)));
    if (!port) fail(fmt::format("'{}' is not a port", place.substr(end + (brackets ? 2 : 1))));
    if (host.find(':') != std::string_view::npos && !brackets) {
      fail(fmt::format("an IPv6 address stands in brackets: [{}]:{}", host, *port));
    }
    if (const auto percent = host.find('%'); percent != std::string_view::npos) {
      spec_.scope = host.substr(percent + 1);
      host = host.substr(0, percent);
      if (spec_.scope.empty()) fail("an interface is missing behind '%'");
    }
    if (host.empty()) fail("a host is missing (0.0.0.0 or [::] for any address)");
    const auto address = net::parse_address(host);
    if (brackets && !(address && address->is_v6())) {
      fail(fmt::format("'{}' is not an IPv6 address", host));
    }
    if (!spec_.scope.empty() && !(address && address->is_v6())) {
      fail("only an IPv6 address has an interface behind '%'");
    }
    spec_.host = host;
    spec_.port = *port;
  }

  void take_options(std::string_view options) {
    while (!options.empty()) {
      const auto end = std::min(options.find('&'), options.size());
      const auto option = options.substr(0, end);
      options.remove_prefix(std::min(end + 1, options.size()));
      const auto equals = std::min(option.find('='), option.size());
      const auto value = option.substr(std::min(equals + 1, option.size()));
      take_option(option.substr(0, equals), value, equals != option.size());
    }
  }

  void take_option(std::string_view name, std::string_view value, bool has_value) {
    const bool udp = spec_.scheme == Scheme::udp;
    const bool tls = spec_.scheme == Scheme::tls;
    if (tls && name == "insecure" && !has_value) {
      spec_.insecure = true;
      return;
    }
    if (value.empty()) fail(fmt::format("option '{}' has no value", name));
    if (name == "source") {
      spec_.source = net::parse_address(value);
      if (!spec_.source) fail(fmt::format("source: '{}' is not an address", value));
    } else if (name == "device") {
      spec_.device = value;
    } else if (name == "link") {
      spec_.link = value;
    } else if (udp && name == "iface") {
      spec_.interface = value;
    } else if (udp && name == "ttl") {
      spec_.hop_limit = number<std::uint8_t>(value);
      if (!spec_.hop_limit) fail(fmt::format("ttl: '{}' is not from 0 to 255", value));
    } else if (udp && name == "loop") {
      if (value != "on" && value != "off") fail(fmt::format("loop: '{}' is not on or off", value));
      spec_.loop = value == "on";
    } else if (udp && name == "size") {
      spec_.datagram_bytes = number<std::size_t>(value).value_or(0);
      if (spec_.datagram_bytes == 0 || spec_.datagram_bytes > kDatagramMost) {
        fail(fmt::format("size: '{}' is not from 1 to {}", value, kDatagramMost));
      }
    } else if (tls && (name == "ca" || name == "name" || name == "cert" || name == "key")) {
      (name == "ca"     ? spec_.ca_file
       : name == "name" ? spec_.server_name
       : name == "cert" ? spec_.certificate_file
                        : spec_.key_file) = value;
    } else {
      fail(fmt::format("'{}' is not an option of {} ({})", name, to_string(spec_.scheme),
                       udp   ? "iface, ttl, loop, size, source, device, link"
                       : tls ? "ca, name, insecure, cert, key, source, device, link"
                             : "source, device, link"));
    }
  }

  std::string_view text_;
  Scheme bare_;
  bool files_;
  EndpointSpec spec_;
};

}  // namespace

EndpointSpec parse_endpoint_spec(std::string_view text, Scheme bare, bool files) {
  return Parser(text, bare, files).parse();
}

std::string_view to_string(Scheme scheme) {
  for (const auto& [each, name] : kSchemes) {
    if (each == scheme) return name;
  }
  return "standard";
}

std::string file_name_of(const EndpointSpec& spec) {
  if (!has_port(spec.scheme)) return file_name_of(spec.path);
  const auto scope = spec.scope.empty() ? "" : "%" + spec.scope;
  return file_name_of(fmt::format("{}{}:{}", spec.host, scope, spec.port));
}

std::string file_name_of(std::string text) {
  for (auto& each : text) {
    const bool is_safe = (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') ||
                         (each >= '0' && each <= '9') || each == '.' || each == '-';
    if (!is_safe) each = '_';
  }
  return text;
}

std::string to_string(const EndpointSpec& spec) {
  if (spec.scheme == Scheme::standard) return "-";
  if (!has_port(spec.scheme)) return fmt::format("{}:{}", to_string(spec.scheme), spec.path);
  const auto scope = spec.scope.empty() ? "" : "%" + spec.scope;
  const bool v6 = spec.host.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}{}:{}", to_string(spec.scheme), v6 ? "[" : "", spec.host, scope,
                     v6 ? "]" : "", spec.port);
}

}  // namespace dispatch::stream

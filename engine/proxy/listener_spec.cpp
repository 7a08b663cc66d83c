#include "engine/proxy/listener_spec.hpp"

#include "engine/net/config_error.hpp"

#include <fmt/format.h>

#include <charconv>

namespace dispatch::proxy {

namespace {

constexpr std::string_view kUnix = "unix:";
constexpr std::size_t kPathMax = 107;  // sockaddr_un has 108 bytes, the last of which is 0

[[noreturn]] void fail(std::string_view whole, const std::string& why) {
  throw net::ConfigError(fmt::format("'{}': {}", whole, why));
}

std::uint32_t parse_mode(std::string_view text, std::string_view whole) {
  std::uint32_t mode = 0;
  const auto* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, mode, 8);
  if (parsed.ec != std::errc{} || parsed.ptr != end || mode > 0777) {
    fail(whole, fmt::format("'{}' is not a file's mode, such as 0660", text));
  }
  return mode;
}

void parse_option(std::string_view option, std::string_view whole, ListenerSpec& spec) {
  constexpr std::string_view kMode = "mode=";
  if (option == "tls") {
    spec.entrance.tls_only = true;
  } else if (option == "accept-proxy") {
    spec.entrance.accept_proxy = true;
  } else if (option.starts_with(kMode)) {
    if (spec.path.empty()) fail(whole, "only a unix:PATH has a mode");
    spec.mode = parse_mode(option.substr(kMode.size()), whole);
  } else {
    fail(whole,
         fmt::format("'{}' is not an option of a listener (tls, accept-proxy, mode=MODE)", option));
  }
}

// Takes what stands before the next comma; false: that was the last.
bool next_part(std::string_view& text, std::string_view& part) {
  const auto comma = text.find(',');
  part = text.substr(0, comma);
  text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
  return comma != std::string_view::npos;
}

}  // namespace

std::string to_string(const ListenerSpec& spec) {
  auto text = spec.path.empty() ? net::to_string(spec.endpoint) : fmt::format("unix:{}", spec.path);
  if (spec.mode) text += fmt::format(",mode={:04o}", *spec.mode);
  if (spec.entrance.tls_only) text += ",tls";
  if (spec.entrance.accept_proxy) text += ",accept-proxy";
  return text;
}

ListenerSpec parse_listener_spec(std::string_view text) {
  ListenerSpec spec;
  auto rest = text;
  std::string_view part;
  bool more = next_part(rest, part);
  if (part.starts_with(kUnix)) {
    spec.path = part.substr(kUnix.size());
    if (spec.path.empty()) fail(text, "a path is missing");
    if (spec.path.size() > kPathMax) {
      fail(text, fmt::format("a socket's path has {} bytes at most", kPathMax));
    }
  } else {
    const auto endpoint = net::parse_endpoint(part);
    if (!endpoint) {
      throw net::ConfigError(fmt::format(
          "'{}' is not an address with a port, such as 127.0.0.1:1080 or [::1]:1080, or unix:PATH",
          text));
    }
    spec.endpoint = *endpoint;
  }
  while (more) {
    more = next_part(rest, part);
    parse_option(part, text, spec);
  }
  return spec;
}

bool is_beyond_this_machine(const ListenerSpec& spec) {
  return spec.path.empty() && !spec.endpoint.address.is_loopback();
}

}  // namespace dispatch::proxy

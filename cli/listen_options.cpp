#include "cli/listen_options.hpp"

#include "cli/address_range.hpp"
#include "cli/exit_status.hpp"
#include "cli/option_group.hpp"
#include "cli/start_options.hpp"
#include "cli/whole_number.hpp"
#include "engine/net/config_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace dispatch::cli {
namespace {

constexpr auto kDefaultIp = "127.0.0.1";
constexpr auto kDefaultPort = "1080";
constexpr auto kGroup = "Where clients come in";

proxy::ListenerSpec listener(const std::string& text) {
  try {
    return proxy::parse_listener_spec(text);
  } catch (const net::ConfigError& error) {
    throw UsageError(fmt::format("--listen: {}", error.what()));
  }
}

proxy::proxy_protocol::Version proxy_version(const std::string& text) {
  using proxy::proxy_protocol::Version;
  if (text == "v1") return Version::v1;
  if (text == "v2") return Version::v2;
  throw UsageError(fmt::format("--send-proxy: '{}' is neither v1 nor v2", text));
}

}  // namespace

void ListenOptions::add_to(CLI::App& command) {
  OptionGroup group(command, kGroup);
  group.add("--ip", ip_, "ADDRESS", "Address to listen on").default_str(kDefaultIp);
  group.add("--port", port_, "PORT", "Port to listen on; 0 takes a free one")
      .default_str(kDefaultPort);
  group.add_list(
      "--listen", listeners_, "WHERE[,OPTION...]",
      "ADDRESS:PORT or unix:PATH, in place of --ip and --port; may be given again. Options: tls "
      "(inside TLS only), accept-proxy (each connection begins with a header of the PROXY "
      "protocol), mode=0660 (of a PATH)");
  group.add("--tls-cert", tls_certificate_, "FILE",
            "Certificate to show to clients that begin with TLS, and its chain (PEM)");
  group.add("--tls-key", tls_key_, "FILE",
            "Its private key, where that is not in the same file (PEM)");
  group.add_list("--accept-proxy-from", trusted_proxies_, "RANGE",
                 "Range of addresses that accept-proxy listeners serve, and believe; may be given "
                 "again. None: this machine's");
  group.add("--send-proxy", send_proxy_, "VERSION",
            "Tell targets who the client is, by a header of the PROXY protocol before all else: v1 "
            "or v2");
}

void ListenOptions::check(StartArguments& start) const {
  if (!send_proxy_.empty()) start.server.send_proxy = proxy_version(send_proxy_);
  check_listeners(start);
  if (!trusted_proxies_.empty()) start.server.trusted_proxies.clear();
  for (const auto& text : trusted_proxies_) {
    start.server.trusted_proxies.push_back(address_range("--accept-proxy-from", text));
  }
  check_entrances(start);
}

void ListenOptions::check_listeners(StartArguments& start) const {
  if (!listeners_.empty()) {
    if (ip_ || port_) throw UsageError("--listen stands in place of --ip and --port: give one");
    for (const auto& text : listeners_) {
      auto spec = listener(text);
      const auto same = std::find_if(
          start.listeners.begin(), start.listeners.end(), [&](const proxy::ListenerSpec& other) {
            return other.endpoint == spec.endpoint && other.path == spec.path;
          });
      const bool takes_a_free_port = spec.path.empty() && spec.endpoint.port == 0;
      if (same != start.listeners.end() && !takes_a_free_port) {
        throw UsageError(fmt::format("--listen: {} is given twice", to_string(*same)));
      }
      start.listeners.push_back(std::move(spec));
    }
    return;
  }
  start.listens_by_ip_and_port = true;
  const auto ip = ip_.value_or(kDefaultIp);
  const auto address = net::parse_address(ip);
  if (!address) throw UsageError(fmt::format("--ip: '{}' is not an IPv4 or IPv6 address", ip));
  const auto port = whole_number("--port", port_.value_or(kDefaultPort), 0,
                                 std::numeric_limits<std::uint16_t>::max());
  proxy::ListenerSpec spec;
  spec.endpoint = {*address, static_cast<std::uint16_t>(port)};
  start.listeners.push_back(spec);
}

// Whether each listener has what its options need.
void ListenOptions::check_entrances(const StartArguments& start) const {
  bool accepts_proxies = false;
  for (const auto& spec : start.listeners) {
    accepts_proxies = accepts_proxies || spec.entrance.accept_proxy;
    if (spec.entrance.tls_only && !start.server.tls) {
      throw UsageError(fmt::format(
          "--listen: {} is to serve TLS: give a certificate with --tls-cert", to_string(spec)));
    }
  }
  if (!trusted_proxies_.empty() && !accepts_proxies) {
    throw UsageError(
        "--accept-proxy-from: no listener accepts the PROXY protocol: write --listen "
        "ADDRESS:PORT,accept-proxy");
  }
}

}  // namespace dispatch::cli

// The options of those that connect to coordinators.
#include "cli/duration.hpp"
#include "cli/exit_status.hpp"
#include "cli/fleet/fleet_options.hpp"
#include "cli/text_file.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

namespace dispatch::cli {

void CoordinatorAccessOptions::add_access(CLI::App& command, const char* token_help) {
  add_value(command, "--token-file", token_file_, "FILE", token_help);
  add_value(
      command, "--coordinator-ca", coordinator_ca_, "FILE",
      "An https coordinator's certificate is signed by one of these. Default: as the system has "
      "it");
  add_value(command, "--tls-cert", tls_certificate_, "FILE",
            "Show this certificate to coordinators (mutual TLS)");
  add_value(command, "--tls-key", tls_key_, "FILE", "Its key. Default: in the same file");
  add_value(command, "--reconnect-max", reconnect_max_, "TIME",
            "Between two attempts to reach a coordinator, at most");
  add_value(command, "--connect-timeout", connect_timeout_, "TIME",
            "For a connection to an address");
}

std::shared_ptr<const tls::Context> CoordinatorAccessOptions::coordinator_tls() const {
  std::optional<tls::Pem> roots;
  if (!coordinator_ca_.empty()) roots = {read_text_file(coordinator_ca_), coordinator_ca_};
  if (tls_certificate_.empty()) {
    if (!tls_key_.empty()) {
      throw UsageError("--tls-key: give its certificate, too, with --tls-cert");
    }
    return roots ? tls::Context::client(*roots) : tls::Context::client_of_system();
  }
  const auto& key = tls_key_.empty() ? tls_certificate_ : tls_key_;
  return tls::Context::client_with({read_text_file(tls_certificate_), tls_certificate_},
                                   {read_text_file(key), key}, roots ? &*roots : nullptr);
}

fleet::TargetUrl CoordinatorAccessOptions::coordinator_url(const std::string& text) {
  auto url = fleet::parse_target_url(text);
  if (!url) throw UsageError(fmt::format("--coordinator: '{}': {}", text, url.error()));
  return std::move(*url);
}

void CoordinatorAccessOptions::check_access(net::Duration& reconnect_max,
                                            net::Duration& connect_timeout) const {
  reconnect_max = positive_duration("--reconnect-max", reconnect_max_);
  connect_timeout = positive_duration("--connect-timeout", connect_timeout_);
}

}  // namespace dispatch::cli

// The options of `dispatch start` that say where clients come in.
#pragma once

#include "cli/tls_files.hpp"

#include <CLI/App.hpp>

#include <optional>
#include <string>
#include <vector>

namespace dispatch::cli {

struct StartArguments;

// What the options hold before their meaning is checked.
class ListenOptions {
 public:
  void add_to(CLI::App& command);

  // Fills in the listeners, and what the server needs for them but tls(), which is there. Throws
  // UsageError and net::ConfigError.
  void check(StartArguments& start) const;

  // What TLS clients are shown, from its files as they are now. Throws UsageError and
  // net::ConfigError.
  std::shared_ptr<const tls::Context> tls() const {
    return tls_context(tls_certificate_, tls_key_);
  }

 private:
  void check_listeners(StartArguments& start) const;
  void check_entrances(const StartArguments& start) const;

  std::optional<std::string> ip_;
  std::optional<std::string> port_;
  std::vector<std::string> listeners_;
  std::vector<std::string> trusted_proxies_;
  std::string send_proxy_;
  std::string tls_certificate_;
  std::string tls_key_;
};

}  // namespace dispatch::cli

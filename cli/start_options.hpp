// The options of `dispatch start`.
#pragma once

#include "cli/config_file.hpp"
#include "cli/listen_options.hpp"
#include "engine/link/link_spec.hpp"
#include "engine/link/policy/registry.hpp"
#include "engine/net/log.hpp"
#include "engine/os/resolver_options.hpp"
#include "engine/proxy/listener_spec.hpp"
#include "engine/proxy/server_options.hpp"

#include <CLI/App.hpp>

#include <functional>
#include <string>
#include <vector>

namespace dispatch::cli {

struct StartArguments {
  std::vector<proxy::ListenerSpec> listeners;
  bool listens_by_ip_and_port = false;  // no --listen was given
  std::vector<link::LinkSpec> links;    // empty: every usable interface
  link::PolicyChoice policy;
  proxy::ServerOptions server;
  os::ResolverOptions resolver;
  std::size_t threads = 1;
  net::LogLevel log_level = net::LogLevel::info;  // of the log file
  net::Duration drain{};                          // for open connections, after the first signal
  std::optional<net::Endpoint> web{};             // where the dashboard is; none: there is none
  std::string web_token{};                        // empty: one is made
  std::string usage_file{};                       // empty: the default's, "off": none
  std::string control{};      // the control socket's path; empty: the default's, "off": none
  std::string config_path{};  // of --config; empty: there is none
  GivenOptions given{};       // as they were written
  // All of it anew, from the same command line and from the files as they are now. Throws
  // UsageError and net::ConfigError.
  std::function<StartArguments()> read_again;

  // What servers may be given anew while they run.
  proxy::Renewal renewal() const {
    return {server.tls, server.accounts, server.dial.routes, server.client_rates,
            server.connections_per_target_max};
  }
};

// What the options hold before their meaning is checked.
class StartOptions {
 public:
  void add_to(CLI::App& command);

  // Throws UsageError and net::ConfigError.
  StartArguments checked() const;

  // The file of --config; empty: none was given.
  const std::string& config() const { return config_; }

 private:
  proxy::Renewal read_files() const;
  void add_admission(CLI::App& command);
  void add_limits(CLI::App& command);
  void check_limits(StartArguments& start) const;
  void add_reaching(CLI::App& command);
  void add_health(CLI::App& command);
  void check_health(proxy::ServerOptions& server) const;
  void add_timeouts(CLI::App& command);
  void add_datagrams(CLI::App& command);
  void add_running(CLI::App& command);

  ListenOptions listen_;
  std::vector<std::string> links_;
  std::string users_;
  std::vector<std::string> allowed_;
  std::string policy_ = std::string(link::policies().front().name);
  std::vector<std::string> routes_;
  std::vector<std::string> route_files_;
  std::vector<std::string> dns_;
  std::string dns_cache_ = "1h";
  std::string slow_attempt_ = "auto";
  std::vector<std::string> probes_;
  std::string probe_interval_ = "30s";
  bool no_probes_ = false;
  bool no_health_ = false;
  std::string dead_link_timeout_ = "1500ms";
  std::string connections_max_ = "0";
  std::string connections_per_max_ = "0";
  std::string connections_per_target_max_ = "0";
  std::string client_rate_;
  std::string usage_file_;
  std::string handshake_timeout_ = "30s";
  std::string connect_timeout_ = "30s";
  std::string idle_timeout_ = "0s";
  std::string half_open_timeout_ = "5min";
  std::string tcp_keep_alive_ = "1min";
  std::string keep_alive_timeout_ = "1min";
  std::string bind_timeout_ = "2min";
  std::string udp_timeout_ = "2min";
  bool udp_one_link_ = false;
  bool udp_only_answers_ = false;
  std::string drain_ = "5s";
  std::string threads_ = "1";
  std::string log_level_ = "info";
  std::string config_;
  std::string control_;
  std::string web_;
  std::string web_token_file_;
};

}  // namespace dispatch::cli

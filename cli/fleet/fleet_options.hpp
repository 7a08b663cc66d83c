// The options of `dispatch coordinator`, `dispatch agent` and `dispatch monitor`.
#pragma once

#include "cli/monitor/monitor.hpp"
#include "engine/fleet/agent.hpp"
#include "engine/fleet/coordinator_options.hpp"
#include "engine/net/log.hpp"

#include <CLI/App.hpp>

#include <memory>
#include <string>
#include <vector>

namespace dispatch::cli {

struct CoordinatorArguments {
  fleet::CoordinatorOptions coordinator;
  std::vector<net::Endpoint> listen;
  std::shared_ptr<const tls::Context> tls;  // null: none
  std::string history;                      // a file; "none": in memory; or postgresql://
  std::uint64_t history_records = 0;
  net::LogLevel log_level = net::LogLevel::info;
};

struct AgentArguments {
  fleet::AgentOptions agent;
  bool free_bind = false;  // for prefixes
  net::LogLevel log_level = net::LogLevel::info;
};

// What the commands have in common.
class FleetOptions {
 public:
  const std::string& config() const { return config_; }
  void use_config(std::string path) { config_ = std::move(path); }
  bool parsed() const { return command_->parsed(); }
  CLI::App& command() const { return *command_; }

 protected:
  ~FleetOptions() = default;
  static void add_value(CLI::App& command, const char* name, std::string& value, const char* type,
                        const char* help);
  static void add_list(CLI::App& command, const char* name, std::vector<std::string>& values,
                       const char* type, const char* help);
  void add_targets(CLI::App& command);
  void add_log_level(CLI::App& command);
  void add_config(CLI::App& command);
  // What the command line has not said, the file says; and what neither has, the environment.
  void complete(const std::vector<std::pair<std::string, std::string>>& aliases);
  fleet::TargetPolicy targets() const;
  bool has_targets() const { return !allowed_.empty() || !denied_.empty() || private_; }
  net::LogLevel log_level() const;
  // Of the file, or of the environment's variable; each line is one.
  static std::vector<std::string> tokens(const std::string& option, const std::string& path,
                                         const char* variable);

  CLI::App* command_ = nullptr;
  std::string config_;
  std::string log_level_ = "info";
  bool debug_ = false;
  std::vector<std::string> allowed_;
  std::vector<std::string> denied_;
  bool private_ = false;
  std::string tls_certificate_;
  std::string tls_key_;
};

// What those have in common that connect to coordinators.
class CoordinatorAccessOptions : public FleetOptions {
 protected:
  ~CoordinatorAccessOptions() = default;
  void add_access(CLI::App& command, const char* token_help);
  std::shared_ptr<const tls::Context> coordinator_tls() const;
  static constexpr auto kUsualCoordinator = "http://localhost:8000";
  static fleet::TargetUrl coordinator_url(const std::string& text);
  void check_access(net::Duration& reconnect_max, net::Duration& connect_timeout) const;

  std::string token_file_;
  std::string coordinator_ca_;
  std::string reconnect_max_ = "4s";
  std::string connect_timeout_ = "10s";
};

class CoordinatorCommand : public FleetOptions {
 public:
  void add_to(CLI::App& app);
  // Throws UsageError and net::ConfigError.
  CoordinatorArguments checked();

 private:
  std::vector<net::Endpoint> listeners() const;
  void check_doors(const CoordinatorArguments& arguments) const;

  std::string host_ = "127.0.0.1";
  std::string port_ = "8000";
  std::vector<std::string> bind_;
  std::string name_;
  std::string api_token_file_;
  std::string agent_token_file_;
  bool no_tokens_ = false;
  std::string agent_ca_;
  std::string strategy_ = "round-robin";
  std::string attempts_ = "3";
  std::string per_agent_ = "100";
  std::string per_address_ = "0";
  std::string per_host_ = "0";
  std::string waiting_max_ = "10000";
  std::string agents_max_ = "10000";
  std::string forget_agents_ = "1h";
  std::string address_rest_ = "30s";
  std::string ping_interval_ = "10s";
  std::string history_;
  std::string history_records_ = "100000";
  std::string history_body_ = "16 KiB";
  std::string request_max_ = "64 MiB";
};

class AgentCommand : public CoordinatorAccessOptions {
 public:
  void add_to(CLI::App& app);
  // Throws UsageError and net::ConfigError.
  AgentArguments checked();

 private:
  void check_addresses(fleet::AddressChoice& choice) const;

  std::vector<std::string> coordinators_;
  std::string id_;
  std::vector<std::string> addresses_;
  std::vector<std::string> interfaces_;
  std::vector<std::string> prefixes_;
  bool only_v4_ = false;
  bool only_v6_ = false;
  std::string target_ca_;
  std::string weight_ = "1";
  std::string concurrency_ = "0";
  std::string heartbeat_ = "30s";
  std::string idle_timeout_ = "15s";
};

class MonitorCommand : public CoordinatorAccessOptions {
 public:
  void add_to(CLI::App& app);
  // Throws UsageError and net::ConfigError.
  MonitorArguments checked();

 private:
  std::string coordinator_ = kUsualCoordinator;
};

}  // namespace dispatch::cli

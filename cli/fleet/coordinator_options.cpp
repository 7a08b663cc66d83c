// The options of `dispatch coordinator`.
#include "cli/duration.hpp"
#include "cli/exit_status.hpp"
#include "cli/fleet/environment.hpp"
#include "cli/fleet/fleet_options.hpp"
#include "cli/fleet/host_name.hpp"
#include "cli/log_file.hpp"
#include "cli/text_file.hpp"
#include "cli/tls_files.hpp"
#include "cli/whole_number.hpp"
#include "engine/net/config_error.hpp"
#include "engine/units/quantity.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace dispatch::cli {
namespace {

constexpr std::uint64_t kMost = 1'000'000;

constexpr auto kExamples = R"(Examples:
  dispatch coordinator
  curl -d '{"url": "https://example.com/"}' http://127.0.0.1:8000/api/execute
  dispatch coordinator --host 0.0.0.0 --tls-cert cert.pem --tls-key key.pem
      --api-token-file api.token --agent-token-file agent.token
)";

std::uint64_t bytes(const char* option, const std::string& text) {
  try {
    return units::parse_bytes(text).count;
  } catch (const units::UnitError& error) {
    throw UsageError(fmt::format("{}: {}", option, error.what()));
  }
}

void add_tokens(fleet::Tokens& tokens, const std::string& option,
                const std::vector<std::string>& texts) {
  for (const auto& text : texts) {
    try {
      tokens.add(text);
    } catch (const net::ConfigError& error) {
      throw net::ConfigError(fmt::format("{}: {}", option, error.what()));
    }
  }
}

}  // namespace

void CoordinatorCommand::add_to(CLI::App& app) {
  auto& command = *app.add_subcommand(
      "coordinator", "Have HTTP requests executed from the addresses of many agents");
  add_value(command, "--host", host_, "ADDRESS",
            "Listen at this address; the usual one is for this machine alone");
  add_value(command, "--port", port_, "PORT", "Listen at this port; 0: one that is free");
  add_list(command, "--bind", bind_, "WHERE",
           "Listen at ADDRESS[:PORT] instead; may be given several times");
  add_value(command, "--name", name_, "NAME",
            "In the history, where several coordinators share one. Default: the host's name");
  add_value(command, "--api-token-file", api_token_file_, "FILE",
            "Callers show one of its lines (Authorization: Bearer TOKEN). Else: "
            "$DISPATCHER_API_TOKEN");
  add_value(command, "--agent-token-file", agent_token_file_, "FILE",
            "So do agents. Else: $DISPATCHER_AGENT_TOKEN");
  command.add_flag("--no-tokens", no_tokens_,
                   "Listen for other machines without tokens: whoever reaches it can use it");
  add_value(command, "--tls-cert", tls_certificate_, "FILE",
            "Serve HTTPS with this certificate (PEM), with its chain");
  add_value(command, "--tls-key", tls_key_, "FILE", "Its key. Default: in the same file");
  add_value(command, "--agent-ca", agent_ca_, "FILE",
            "Agents show a certificate that one of these has signed (mutual TLS)");
  add_value(command, "--strategy", strategy_, "NAME",
            "Whose turn it is: round-robin, weighted, least-busy or sticky");
  add_value(command, "--attempts", attempts_, "N",
            "Of a request, on different addresses, where it fails before it was sent (safe "
            "methods: also after)");
  add_value(command, "--max-per-agent", per_agent_, "N",
            "Requests at once for an agent; 0: no limit");
  add_value(command, "--max-per-address", per_address_, "N", "For a source address; 0: no limit");
  add_value(command, "--max-per-host", per_host_, "N", "To a target host; 0: no limit");
  add_value(command, "--max-waiting", waiting_max_, "N", "Requests that wait for these limits");
  add_value(command, "--max-agents", agents_max_, "N",
            "Agents that are known; one that has left makes room for another");
  add_value(command, "--forget-agents", forget_agents_, "TIME",
            "An agent that has left for so long is forgotten, with its counters");
  add_value(command, "--address-rest", address_rest_, "TIME",
            "An address that could not be used rests so long");
  add_value(command, "--ping-interval", ping_interval_, "TIME",
            "An agent that is silent for so long is asked, and given up after twice the time");
  add_value(command, "--history", history_, "FILE",
            "Keep the history in this file (SQLite); none: in memory; postgresql://... for several "
            "coordinators. Default: history.sqlite in the state folder");
  add_value(command, "--history-records", history_records_, "N", "So many records are kept");
  add_value(command, "--history-body", history_body_, "BYTES", "So much of each answer's body");
  add_value(command, "--max-request", request_max_, "BYTES",
            "The largest body that callers may post");
  add_targets(command);
  add_log_level(command);
  add_config(command);
  command.footer(kExamples);
}

std::vector<net::Endpoint> CoordinatorCommand::listeners() const {
  const auto port = static_cast<std::uint16_t>(whole_number("--port", port_, 0, 65535));
  std::vector<net::Endpoint> found;
  for (const auto& text : bind_) {
    const auto localhost = text.starts_with("localhost") ? "127.0.0.1" + text.substr(9) : text;
    if (const auto endpoint = net::parse_endpoint(localhost)) {
      found.push_back(*endpoint);
    } else if (const auto address = net::parse_address(localhost)) {
      found.push_back({*address, port});
    } else {
      throw UsageError(fmt::format(
          "--bind: '{}' is no ADDRESS[:PORT], such as 0.0.0.0:8000 or [::1]:8000", text));
    }
  }
  if (!found.empty()) return found;
  const auto address = net::parse_address(host_ == "localhost" ? "127.0.0.1" : host_);
  if (!address) throw UsageError(fmt::format("--host: '{}' is no address", host_));
  return {{*address, port}};
}

void CoordinatorCommand::check_doors(const CoordinatorArguments& arguments) const {
  if (no_tokens_) return;
  const bool for_others = std::ranges::any_of(
      arguments.listen, [](const auto& each) { return !each.address.is_loopback(); });
  if (!for_others) return;
  const auto& options = arguments.coordinator;
  const bool agents = options.agent_tokens.empty() && !options.agents_show_certificates;
  if (!options.api_tokens.empty() && !agents) return;
  throw UsageError(
      fmt::format("other machines could use it: give {}, or --no-tokens where that is meant",
                  options.api_tokens.empty()
                      ? agents ? "--api-token-file and --agent-token-file" : "--api-token-file"
                      : "--agent-token-file"));
}

CoordinatorArguments CoordinatorCommand::checked() {
  complete({{"COORDINATOR_HOST", "--host"}, {"COORDINATOR_PORT", "--port"}});
  CoordinatorArguments arguments;
  arguments.listen = listeners();
  auto& options = arguments.coordinator;
  options.name = name_.empty() ? host_name() : name_;
  add_tokens(options.api_tokens, "--api-token-file",
             tokens("--api-token-file", api_token_file_, "API_TOKEN"));
  add_tokens(options.agent_tokens, "--agent-token-file",
             tokens("--agent-token-file", agent_token_file_, "AGENT_TOKEN"));
  if (agent_ca_.empty()) {
    arguments.tls = tls_context(tls_certificate_, tls_key_);
  } else {
    if (tls_certificate_.empty()) throw UsageError("--agent-ca: needs --tls-cert");
    const auto& key = tls_key_.empty() ? tls_certificate_ : tls_key_;
    arguments.tls = tls::Context::server_that_asks(
        {read_text_file(tls_certificate_), tls_certificate_}, {read_text_file(key), key},
        {read_text_file(agent_ca_), agent_ca_});
    options.agents_show_certificates = true;
  }
  options.targets = targets();
  const auto strategy = fleet::parse_strategy(strategy_);
  if (!strategy) {
    throw UsageError(fmt::format(
        "--strategy: '{}' is not round-robin, weighted, least-busy or sticky", strategy_));
  }
  options.strategy = *strategy;
  options.attempts = whole_number("--attempts", attempts_, 1, 100);
  options.limits.per_agent = whole_number("--max-per-agent", per_agent_, 0, kMost);
  options.limits.per_address = whole_number("--max-per-address", per_address_, 0, kMost);
  options.per_host = whole_number("--max-per-host", per_host_, 0, kMost);
  options.waiting_max = whole_number("--max-waiting", waiting_max_, 0, kMost);
  options.agents_max = whole_number("--max-agents", agents_max_, 1, kMost);
  options.address_rest = duration("--address-rest", address_rest_);
  options.forget_after = positive_duration("--forget-agents", forget_agents_);
  options.agent_socket.silence = positive_duration("--ping-interval", ping_interval_);
  options.history_body_max = bytes("--history-body", history_body_);
  options.request_bytes_max = bytes("--max-request", request_max_);
  arguments.history = history_.empty() ? state_folder() + "/history.sqlite" : history_;
  arguments.history_records = whole_number("--history-records", history_records_, 1, 100 * kMost);
  arguments.log_level = log_level();
  check_doors(arguments);
  return arguments;
}

}  // namespace dispatch::cli

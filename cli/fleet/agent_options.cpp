// The options of `dispatch agent`.
#include "cli/duration.hpp"
#include "cli/exit_status.hpp"
#include "cli/fleet/environment.hpp"
#include "cli/fleet/fleet_options.hpp"
#include "cli/fleet/host_name.hpp"
#include "cli/text_file.hpp"
#include "cli/whole_number.hpp"
#include "engine/net/config_error.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include <random>

namespace dispatch::cli {
namespace {

constexpr auto kExamples = R"(Examples:
  dispatch agent --coordinator http://192.0.2.7:8000
  dispatch agent --coordinator https://fleet.example:8000 --token-file token
  dispatch agent --coordinator http://192.0.2.7:8000 --interface eth0
  dispatch agent --coordinator http://192.0.2.7:8000 --prefix 2001:db8:1:2::/64
)";

bool is_name(const std::string& id) {
  constexpr std::size_t kMost = 200;
  return !id.empty() && id.size() <= kMost && id.find_first_of("/?#%\r\n\t") == std::string::npos;
}

}  // namespace

void AgentCommand::add_to(CLI::App& app) {
  auto& command = *app.add_subcommand(
      "agent", "Execute a coordinator's HTTP requests from this machine's addresses");
  add_list(command, "--coordinator,--coordinator-url", coordinators_, "URL",
           "Its coordinator; may be given several times: all of them are served. Default: "
           "http://localhost:8000");
  add_value(command, "--agent-id", id_, "NAME",
            "What it is called, and keeps being called. Default: agent- and 8 random digits");
  add_list(command, "--interface", interfaces_, "NAME",
           "Offer the addresses of this interface; may be given several times. Default: the global "
           "addresses of all interfaces; changes are followed");
  add_list(command, "--address", addresses_, "ADDRESS", "Offer this address, too");
  add_list(command, "--prefix", prefixes_, "PREFIX",
           "Offer all of this IPv6 prefix that is routed here: each request leaves from an address "
           "of it by chance (IP_FREEBIND)");
  command.add_flag("-4,--ipv4-only", only_v4_, "Offer IPv4 addresses only");
  command.add_flag("-6,--ipv6-only", only_v6_, "Offer IPv6 addresses only");
  add_access(command, "The first line is shown to coordinators. Else: $DISPATCHER_AGENT_TOKEN");
  add_value(command, "--target-ca", target_ca_, "FILE",
            "Certificates of https targets are signed by one of these. Default: as the system has "
            "it");
  add_value(command, "--weight", weight_, "N", "Of its addresses, 1 to 1000");
  add_value(command, "--concurrency", concurrency_, "N",
            "Requests at once that it takes; 0: as the coordinator has it");
  add_value(command, "--heartbeat", heartbeat_, "TIME",
            "So often it tells its addresses, also where nothing has changed");
  add_value(command, "--idle-timeout", idle_timeout_, "TIME",
            "A target's connection that nobody uses is kept so long");
  add_targets(command);
  add_log_level(command);
  add_config(command);
  command.footer(kExamples);
}

void AgentCommand::check_addresses(fleet::AddressChoice& choice) const {
  for (const auto& text : addresses_) {
    const auto address = net::parse_address(text);
    if (!address) throw UsageError(fmt::format("--address: '{}' is no address", text));
    choice.addresses.push_back(*address);
  }
  for (const auto& text : prefixes_) {
    const auto prefix = net::parse_prefix(text);
    const bool is_whole = prefix && prefix->length == (prefix->address.is_v6() ? 128 : 32);
    if (!prefix || is_whole) {
      throw UsageError(fmt::format("--prefix: '{}' is no prefix, such as 2001:db8::/64", text));
    }
    choice.prefixes.push_back(*prefix);
  }
  choice.interfaces = interfaces_;
  if (only_v4_ && only_v6_) throw UsageError("--ipv4-only: not with --ipv6-only");
  choice.ipv4 = !only_v6_;
  choice.ipv6 = !only_v4_;
}

AgentArguments AgentCommand::checked() {
  complete({{"COORDINATOR_URL", "--coordinator"}});
  AgentArguments arguments;
  auto& options = arguments.agent;
  options.id = id_;
  if (id_.empty()) {
    std::random_device chance;
    options.id = fmt::format("agent-{:08x}", chance());
  } else if (!is_name(id_)) {
    throw UsageError(
        fmt::format("--agent-id: '{}' is no name of up to 200 characters without / ? # %", id_));
  }
  options.hostname = host_name();
  auto urls = coordinators_;
  if (urls.empty()) urls.emplace_back(kUsualCoordinator);
  bool any_tls = false;
  for (const auto& text : urls) {
    options.coordinators.push_back(coordinator_url(text));
    any_tls = any_tls || options.coordinators.back().tls;
  }
  if (any_tls) options.tls = coordinator_tls();
  const auto shown = tokens("--token-file", token_file_, "AGENT_TOKEN");
  if (!shown.empty()) options.token = shown.front();
  check_addresses(options.addresses);
  arguments.free_bind = !options.addresses.prefixes.empty();
  options.weight = whole_number("--weight", weight_, 1, fleet::kWeightMax);
  options.concurrency = whole_number("--concurrency", concurrency_, 0, fleet::kConcurrencyMax);
  options.heartbeat = positive_duration("--heartbeat", heartbeat_);
  check_access(options.reconnect_max, options.connect_timeout);
  options.fetcher.connect_timeout = options.connect_timeout;
  options.fetcher.idle_max = positive_duration("--idle-timeout", idle_timeout_);
  options.fetcher.believed = target_ca_.empty()
                                 ? tls::Context::client_of_system()
                                 : tls::Context::client({read_text_file(target_ca_), target_ca_});
  if (has_targets()) options.targets = targets();
  arguments.log_level = log_level();
  return arguments;
}

}  // namespace dispatch::cli

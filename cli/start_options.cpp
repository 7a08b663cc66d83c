#include "cli/start_options.hpp"

#include "cli/address_range.hpp"
#include "cli/dns_servers.hpp"
#include "cli/duration.hpp"
#include "cli/exit_status.hpp"
#include "cli/link_argument.hpp"
#include "cli/option_group.hpp"
#include "cli/text_file.hpp"
#include "cli/users.hpp"
#include "cli/whole_number.hpp"
#include "engine/units/quantity.hpp"

#include <fmt/format.h>

#include <cstdlib>

namespace dispatch::cli {
namespace {

constexpr auto kFooter =
    R"(Each ADDRESS is an IPv4 or IPv6 address of this machine or the name of an
interface, with a weight of 1 unless one is written behind it: eth0/7 or
eth0@7. The connections are spread in the proportion of the weights, for IPv4
and IPv6 separately. With no ADDRESS every usable interface takes part.

An ADDRESS may also be another proxy: socks5://HOST:PORT, socks4://,
socks4a://, http://, https://, with USER:PASSWORD@ before the HOST. Behind the
weight, ",max=N" limits the connections at a time, ",rate=20Mbit/s" how fast it
may go, and ",cap=50GB/month" how much it may carry; of proxies, ",via=ADDRESS"
says by which link they are reached, and ",password-file=FILE" or
",password-env=VARIABLE" where the password is; of https://, ",ca=FILE" whose
certificates are believed, in place of those that the system believes, and
",insecure" that anyone's are. ",tunnel" sends an HTTP proxy no requests but
CONNECT. NAME= before it gives it a name, for --route.

Examples:
  dispatch start
  dispatch start --port 9000 eth0/7 wlan0/3
  dispatch start --ip ::1 192.0.2.5@2 2001:db8::5@2 wwan0
  dispatch start --listen 127.0.0.1:1080 --listen [::1]:1080
  dispatch start eth0 'office=http://kim@proxy.example:3128,password-env=PASS'
  dispatch start cable lte/1,cap=50GB/month,at-cap=last-resort,rate=20Mbit/s
  dispatch start --ip 0.0.0.0 --allow 192.168.1.0/24 --users users.txt

Ctrl-C or SIGTERM stops: no new connections, then up to 5 s (--drain) for the
open ones; a second signal stops at once.
)";

constexpr std::uint64_t kThreadsMax = 256;
constexpr std::uint64_t kConnectionsMax = 1'000'000;

std::optional<net::KeepAlive> tcp_keep_alive(const std::string& text) {
  constexpr auto kOption = "--tcp-keepalive";
  const bool off = text == "0" || text == "off";
  const auto silence = off ? net::Duration::zero() : duration(kOption, text);
  if (silence == net::Duration::zero()) return std::nullopt;
  if (silence < std::chrono::seconds(1) || silence > net::kKeepAliveMax) {
    throw UsageError(fmt::format(
        "{}: '{}' is not from 1s to 9h, as the system has it, or 0s (never)", kOption, text));
  }
  return net::KeepAlive::after(silence);
}

net::LogLevel log_level(const std::string& text) {
  const auto level = net::parse_log_level(text);
  if (!level) {
    throw UsageError(
        fmt::format("--log-level: '{}' is none of debug, info, warning and error", text));
  }
  return *level;
}

std::optional<net::Endpoint> web_endpoint(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto endpoint = net::parse_endpoint(text);
  if (endpoint) return *endpoint;
  throw UsageError(fmt::format(
      "--web: '{}' is not an address with a port, such as 127.0.0.1:8080 or [::1]:8080", text));
}

std::string web_token(const std::string& path, bool has_web) {
  constexpr std::size_t kLeast = 16;
  if (path.empty()) return {};
  if (!has_web) throw UsageError("--web-token-file: there is no dashboard without --web");
  auto token = read_text_file(path);
  warn_of_other_readers(path, "a token");
  token.resize(std::min(token.size(), token.find_first_of("\r\n")));
  if (token.size() >= kLeast) return token;
  throw net::ConfigError(
      fmt::format("{}: a token has {} characters at least, on its first line", path, kLeast));
}

proxy::RouteRule route_rule(const std::string& text) {
  try {
    return proxy::parse_route_rule(text);
  } catch (const net::ConfigError& error) {
    throw UsageError(fmt::format("--route '{}': {}", text, error.what()));
  }
}

std::string policy_help() {
  std::string help = "How each connection's link is chosen, NAME[,OPTION=VALUE...]. ";
  for (const auto& [name, summary] : link::policies()) {
    help +=
        fmt::format("{}: {}{}", name, summary, name == link::policies().back().name ? "" : ". ");
  }
  return help;
}

}  // namespace

void StartOptions::add_to(CLI::App& command) {
  command.add_option("ADDRESS", links_, "Links to dispatch to, with their weights")->type_name("");
  listen_.add_to(command);
  add_admission(command);
  add_limits(command);
  add_reaching(command);
  add_health(command);
  add_timeouts(command);
  add_datagrams(command);
  add_running(command);
  command.footer(kFooter);
}

void StartOptions::add_admission(CLI::App& command) {
  OptionGroup group(command, "Which clients are served");
  group.add("--users", users_, "FILE",
            "File of users, a line NAME:PASSWORD each; in its place the same lines in "
            "$DISPATCH_USERS. None: no password is asked for");
  group.add_list("--allow", allowed_, "RANGE",
                 "Range of addresses that clients may come from; may be given again. None: any");
  group.add_with_default("--max-connections", connections_max_, "N",
                         "Connections at a time, in all; beyond it clients wait. 0: no limit");
  group.add_with_default("--max-per-client", connections_per_max_, "N",
                         "Connections at a time from one address; beyond it they are reset. 0: no "
                         "limit");
}

void StartOptions::add_limits(CLI::App& command) {
  OptionGroup group(command, "How fast and how much (of a link: see behind its weight)");
  group.add(
      "--client-rate", client_rate_, "RATE",
      "How fast each client may go, in each direction, by its address: 20Mbit/s, or "
      "\"down=20Mbit/s,up=5Mbit/s\"; \",burst=BYTES\" at once after a silence. None: no limit");
  group.add_with_default("--max-per-target", connections_per_target_max_, "N",
                         "Connections at a time to one target, HOST:PORT; beyond it they are "
                         "refused. 0: no limit");
  group.add("--usage-file", usage_file_, "PATH",
            "Where it is kept how much of their data caps links have used; off: nowhere. Default: "
            "$XDG_STATE_HOME/dispatch/usage, which is ~/.local/state/dispatch/usage");
}

void StartOptions::check_limits(StartArguments& start) const {
  try {
    start.server.client_rates = link::parse_rate_limits(client_rate_);
  } catch (const net::ConfigError& error) {
    throw UsageError(fmt::format("--client-rate: {}", error.what()));
  }
  start.server.connections_per_target_max =
      whole_number("--max-per-target", connections_per_target_max_, 0, kConnectionsMax);
  start.usage_file = usage_file_;
}

void StartOptions::add_reaching(CLI::App& command) {
  OptionGroup group(command, "How targets are reached");
  group.add_with_default("--policy", policy_, "POLICY", policy_help().c_str());
  group.add_list("--route", routes_, "RULE",
                 "Rule WHO=WHAT; may be given again, the first that fits counts. WHO: a range, a "
                 ".domain or a name, with :PORTS or without, :PORTS, or *. WHAT: direct, refuse, "
                 "dispatch or a link");
  group.add_list("--routes", route_files_, "FILE",
                 "File of further rules, one a line; # begins a comment. May be given again");
  group.add_list("--dns", dns_, "SERVER,...",
                 "Name servers, ADDRESS or ADDRESS:PORT, with commas between; asked through the "
                 "link that a connection takes. system: those of this machine, the default");
  group.add_with_default("--dns-cache", dns_cache_, "TIME",
                         "Keep what names resolve to for so long at most, and no longer than its "
                         "TTL. 0s: not at all");
  group.add_with_default("--connect-timeout", connect_timeout_, "TIME",
                         "For reaching a target, over all links");
  group.add_with_default("--slow-attempt", slow_attempt_, "TIME",
                         "A link that has not connected after so long is helped by another one. "
                         "auto: after twice what it is known to need, 250ms to 3s");
}

void StartOptions::add_health(CLI::App& command) {
  OptionGroup group(command, "What is done about links that fail");
  group.add_list("--probe", probes_, "URL",
                 "Ask this through each link, again and again: http://HOST/PATH (a captive portal "
                 "answers with another status than 204, or than that of \",status=N\"), "
                 "tcp://HOST:PORT or dns://NAME. May be given again: one that passes is enough. "
                 "None: only a link in doubt is asked, for a target that another one has reached");
  group.add_with_default("--probe-interval", probe_interval_, "TIME",
                         "Between two probes of a link that is up");
  group.add_flag("--no-probes", no_probes_,
                 "Ask no link: one that failed is given to connections again after a while");
  group.add_flag("--no-health", no_health_, "Take every link to be up, whatever is seen of it");
  group.add_with_default("--dead-link-timeout", dead_link_timeout_, "TIME",
                         "Reset connections without a byte for so long whose link is down while "
                         "another one is not. 0s: never");
}

void StartOptions::check_health(proxy::ServerOptions& server) const {
  for (const auto& text : probes_) {
    try {
      server.monitor.targets.push_back(link::parse_probe_spec(text));
    } catch (const net::ConfigError& error) {
      throw UsageError(fmt::format("--probe {}", error.what()));
    }
  }
  server.monitor.interval = positive_duration("--probe-interval", probe_interval_);
  server.monitor.probes = !no_probes_;
  server.health = !no_health_;
  server.dead_link_timeout = duration("--dead-link-timeout", dead_link_timeout_);
  if (probes_.empty()) return;
  if (no_probes_) throw UsageError("--probe: --no-probes says not to ask");
  if (no_health_) throw UsageError("--probe: --no-health heeds nothing that it finds");
}

void StartOptions::add_timeouts(CLI::App& command) {
  OptionGroup group(command, "How long connections may take");
  group.add_with_default("--handshake-timeout", handshake_timeout_, "TIME",
                         "For a client to say what it wants");
  group.add_with_default("--idle-timeout", idle_timeout_, "TIME",
                         "Reset connections without a byte for so long. 0s: never");
  group.add_with_default("--half-open-timeout", half_open_timeout_, "TIME",
                         "The same, once one side has ended its stream. 0s: never");
  group.add_with_default("--tcp-keepalive", tcp_keep_alive_, "TIME",
                         "Ask a client or target that has been silent for so long whether it is "
                         "still there; it is given up after twice that time. 0s: never");
  group.add_with_default("--keep-alive-timeout", keep_alive_timeout_, "TIME",
                         "For the next HTTP request of a client");
  group.add_with_default("--bind-timeout", bind_timeout_, "TIME",
                         "For the connection that SOCKS BIND waits for");
  group.add_with_default("--drain", drain_, "TIME",
                         "For open connections to end, after the first signal");
}

void StartOptions::add_datagrams(CLI::App& command) {
  OptionGroup group(command, "Datagrams (SOCKS5 UDP ASSOCIATE)");
  group.add_with_default("--udp-timeout", udp_timeout_, "TIME",
                         "Forget a target that has been silent for so long");
  group.add_flag("--udp-one-link", udp_one_link_,
                 "All datagrams of a client's association leave by one link: for games and calls "
                 "that tell others their address");
  group.add_flag("--udp-only-answers", udp_only_answers_,
                 "Pass on datagrams only from addresses that the client has sent to");
}

void StartOptions::add_running(CLI::App& command) {
  OptionGroup group(command, "How it runs");
  group.add("--config", config_, "FILE",
            "Read options, and links, from this file too; what the command line gives counts more. "
            "'dispatch config example' prints one");
  group.add("--control", control_, "PATH",
            "Unix socket at which 'dispatch status', 'dispatch link' and others ask for this "
            "program; off: none. Default: in $XDG_RUNTIME_DIR/dispatch or, as root, /run/dispatch");
  group.add("--web", web_, "ADDRESS:PORT",
            "Dashboard: a page that shows the links and switches them, and /metrics for "
            "Prometheus. None: there is none");
  group.add("--web-token-file", web_token_file_, "FILE",
            "The token that its visitors show to change something. None: one is made at each "
            "start, and printed");
  group.add_with_default("--log-level", log_level_, "LEVEL",
                         "Lines of the log file: debug (every connection), info, warning or error");
  group.add_with_default("--threads", threads_, "N",
                         "Event loops that serve clients, each on its thread");
}

proxy::Renewal StartOptions::read_files() const {
  proxy::Renewal files;
  files.tls = listen_.tls();
  if (!users_.empty()) {
    files.accounts = read_users(users_);
  } else if (const auto* text = std::getenv(kUsersVariable)) {
    files.accounts = parse_users(text, fmt::format("${}", kUsersVariable));
  }
  for (const auto& text : routes_) files.routes.push_back(route_rule(text));
  for (const auto& path : route_files_) {
    const auto of_file = proxy::parse_route_rules(read_text_file(path), path);
    files.routes.insert(files.routes.end(), of_file.begin(), of_file.end());
  }
  return files;
}

StartArguments StartOptions::checked() const {
  StartArguments start;
  auto files = read_files();
  start.server.tls = std::move(files.tls);
  listen_.check(start);
  for (const auto& text : links_) start.links.push_back(link_argument(text));
  start.policy = link::parse_policy(policy_);
  link::check_links(start.policy, start.links);
  link::check_names(start.links);

  auto& server = start.server;
  server.accounts = std::move(files.accounts);
  server.dial.routes = std::move(files.routes);
  for (const auto& text : allowed_)
    server.admission.allowed.push_back(address_range("--allow", text));
  start.resolver.servers = dns_servers(dns_);
  auto& names = server.dial.names;
  names.ttl_max = duration("--dns-cache", dns_cache_);
  names.negative_ttl = std::min(names.negative_ttl, names.ttl_max);
  if (slow_attempt_ != "auto") {
    server.dial.slow_attempt = positive_duration("--slow-attempt", slow_attempt_);
  }
  check_health(server);
  check_limits(start);
  server.admission.connections_max =
      whole_number("--max-connections", connections_max_, 0, kConnectionsMax);
  server.admission.connections_per_max =
      whole_number("--max-per-client", connections_per_max_, 0, kConnectionsMax);
  server.handshake_timeout = positive_duration("--handshake-timeout", handshake_timeout_);
  server.dial.timeout = positive_duration("--connect-timeout", connect_timeout_);
  server.silence.idle = duration("--idle-timeout", idle_timeout_);
  server.silence.half_open = duration("--half-open-timeout", half_open_timeout_);
  server.tcp_keep_alive = tcp_keep_alive(tcp_keep_alive_);
  server.keep_alive_timeout = positive_duration("--keep-alive-timeout", keep_alive_timeout_);
  server.bind_timeout = positive_duration("--bind-timeout", bind_timeout_);
  server.udp.flow_timeout = positive_duration("--udp-timeout", udp_timeout_);
  server.udp.one_link = udp_one_link_;
  server.udp.only_from_targets = udp_only_answers_;
  start.control = control_;
  start.web = web_endpoint(web_);
  start.web_token = web_token(web_token_file_, start.web.has_value());
  start.drain = duration("--drain", drain_);
  start.log_level = log_level(log_level_);
  start.threads = whole_number("--threads", threads_, 1, kThreadsMax);
  return start;
}

}  // namespace dispatch::cli

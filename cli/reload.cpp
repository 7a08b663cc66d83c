#include "cli/reload.hpp"

#include "cli/exit_status.hpp"
#include "engine/link/renew_links.hpp"
#include "engine/net/config_error.hpp"
#include "engine/os/service_manager.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace dispatch::cli {
namespace {

constexpr std::array<std::string_view, 9> kRenewed = {"client-rate", "max-per-target", kLinksKey,
                                                      "policy",      "tls-cert",       "tls-key",
                                                      "users",       "route",          "routes"};

// "port, threads": the options that are given otherwise, and hold from the next start on.
std::string waiting_for_restart(const StartArguments& before, const StartArguments& after) {
  std::string keys;
  for (std::size_t i = 0; i < before.given.size(); ++i) {
    const auto& key = before.given[i].first;
    const bool renewed = std::ranges::find(kRenewed, key) != kRenewed.end();
    if (renewed || before.given[i] == after.given[i]) continue;
    keys += (keys.empty() ? "" : ", ") + key;
  }
  return keys;
}

void check_links_of_rules(const std::vector<proxy::RouteRule>& rules, const link::LinkSet& now,
                          std::span<const link::LinkSpec> links) {
  const bool automatic = link::automatic_spec(links).has_value();
  for (const auto& rule : rules) {
    if (rule.action != proxy::RouteAction::link) continue;
    const auto is_it = [&](const link::LinkSpec& each) { return name_of(each) == rule.link; };
    if (std::ranges::any_of(links, is_it)) continue;
    const auto has_its_name = [&](const link::Link* each) { return each->name() == rule.link; };
    if (automatic && std::ranges::any_of(now.links(), has_its_name)) continue;
    throw net::ConfigError(
        fmt::format("{}'{}': '{}' is neither direct, refuse, dispatch nor one of the links",
                    rule.place.empty() ? "" : rule.place + ": ", rule.text, rule.link));
  }
}

}  // namespace

std::string Reload::operator()() {
  const os::ServiceManager manager;
  (void)manager.tell_reloading();
  try {
    auto told = apply();
    (void)manager.tell("READY=1");
    return told;
  } catch (const std::runtime_error&) {
    (void)manager.tell("READY=1");
    throw;
  }
}

std::string Reload::apply() {
  auto after = now_.read_again();
  check_links_of_rules(after.server.dial.routes, links_, after.links);
  const auto interfaces = runtime_.interfaces().list();
  if (!interfaces) {
    throw RuntimeError("cannot list the network interfaces: " + interfaces.error().message());
  }
  auto renewal = renew_links(links_, now_.links, after.links, *interfaces, runtime_.network());
  std::string told = "the files have been read again";
  if (const auto links = renewal.summary(); !links.empty()) told += "; links: " + links;
  const auto waiting = waiting_for_restart(now_, after);
  if (!waiting.empty()) told += "; to be restarted for: " + waiting;
  std::move(renewal).apply_to(links_, runtime_.clock().now());
  follower_.renew(link::automatic_spec(after.links));
  if (after.policy.text != now_.policy.text) {
    links_.set_policy(after.policy.make);
    told += "; policy: " + after.policy.text;
  }
  proxy_.renew(after.renewal());
  // What waits for a restart is told each time until then.
  after.given = now_.given;
  now_ = std::move(after);
  return told;
}

}  // namespace dispatch::cli

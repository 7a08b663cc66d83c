#include "engine/control/status.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace dispatch::control {
namespace {

namespace js = boost::json;

double seconds(net::Duration time) {
  const auto tenths = std::chrono::duration_cast<std::chrono::milliseconds>(time).count() / 100;
  return static_cast<double>(tenths) / 10;
}

js::array names(const std::vector<std::string>& texts) {
  return js::array(texts.begin(), texts.end());
}

// Bytes per second; null: no limit.
js::value to_json(const net::RateLimit& limit) {
  if (!limit.is_set()) return nullptr;
  return limit.bits_per_second / 8;
}

js::value to_json(const std::optional<link::CapUsage>& usage) {
  if (!usage) return nullptr;
  const auto& [cap, bytes, period, reached, reason] = *usage;
  const bool ends = period.end != link::kEndOfTime;
  return {{"bytes", cap.bytes},
          {"used_bytes", bytes},
          {"reached", reached},
          {"at_cap", link::to_string(cap.at_cap)},
          {"period", link::to_string(cap.period)},
          {"period_began", link::utc_text(period.begin)},
          {"period_ends", ends ? js::value(link::utc_text(period.end)) : js::value(nullptr)}};
}

js::object to_json(const LinkStatus& link) {
  return {{"name", link.name},
          {"state", link.state},
          {"reason", link.reason},
          {"since_s", seconds(link.since)},
          {"enabled", link.enabled},
          {"weight", link.weight},
          {"addresses", names(link.addresses)},
          {"live", link.live},
          {"dialling", link.dialling},
          {"connections", link.connections},
          {"dials", link.dials},
          {"dial_failures", link.dial_failures},
          {"sent_bytes", link.sent_bytes},
          {"received_bytes", link.received_bytes},
          {"sent_rate", link.rate.sent},
          {"received_rate", link.rate.received},
          {"sent_rate_limit", to_json(link.limits.up)},
          {"received_rate_limit", to_json(link.limits.down)},
          {"cap", to_json(link.cap)}};
}

std::vector<std::string> addresses_of(const link::Link& link) {
  std::vector<std::string> addresses;
  if (link.upstream()) addresses.push_back(link::to_string(*link.upstream()));
  for (const auto family : {net::Family::v4, net::Family::v6}) {
    const auto egress = link.egress(family);
    if (egress && egress->source) addresses.push_back(egress->source->to_string());
  }
  return addresses;
}

}  // namespace

std::string_view state_of(const link::Link& link) {
  if (!link.is_enabled()) return "off";
  const auto allowance = link.allowance();
  const bool is_last = allowance == link::Allowance::last_resort;
  if (allowance == link::Allowance::spent || (is_last && link.health() != link::Health::down)) {
    return "capped";
  }
  return link::to_string(link.health());
}

LinkStatus status_of(const link::Link& link, const Rates& rates, net::TimePoint now,
                     net::TimePoint began) {
  const auto standing = link.standing();
  const auto& counters = link.counters();
  LinkStatus status;
  status.name = link.name();
  status.state = state_of(link);
  status.reason = standing.reason;
  status.since = now - std::max(standing.since, began);
  status.enabled = link.is_enabled();
  status.weight = link.weight();
  status.addresses = addresses_of(link);
  status.live = counters.live;
  status.dialling = counters.dialling;
  status.connections = counters.connections;
  status.dials = counters.dials;
  status.dial_failures = counters.dial_failures;
  status.sent_bytes = counters.sent.total();
  status.received_bytes = counters.received.total();
  status.rate = rates.now(link);
  status.limits = link.limits().rates;
  status.cap = link.cap_usage();
  if (status.state == "capped" && status.cap) {
    const auto& why = status.cap->reason;
    status.reason = status.reason.empty() ? why : why + "; " + status.reason;
  }
  return status;
}

js::value to_json(const Status& status) {
  js::array links;
  for (const auto& link : status.links) links.push_back(to_json(link));
  const auto& clients = status.clients;
  return {{"version", status.version},
          {"uptime_s", seconds(status.uptime)},
          {"clients",
           {{"live", clients.live.get()},
            {"accepted", clients.accepted.get()},
            {"refused", clients.refused.get()},
            {"turned_away", clients.turned_away.get()}}},
          {"links", std::move(links)},
          {"direct", to_json(status.direct)}};
}

js::value to_json(const std::vector<proxy::ConnectionView>& connections) {
  js::array rows;
  for (const auto& each : connections) {
    rows.push_back({{"client", each.client},
                    {"target", each.target},
                    {"link", each.link},
                    {"age_s", seconds(each.age)},
                    {"sent_bytes", each.sent_bytes},
                    {"received_bytes", each.received_bytes}});
  }
  return rows;
}

js::value history_json(const link::LinkSet& links, const Rates& rates) {
  js::array tracks;
  for (const auto* link : links.links()) {
    js::array sent;
    js::array received;
    for (const auto& rate : rates.series(*link)) {
      sent.emplace_back(rate.sent);
      received.emplace_back(rate.received);
    }
    tracks.push_back(
        {{"name", link->name()}, {"sent", std::move(sent)}, {"received", std::move(received)}});
  }
  return {{"interval_s", seconds(Rates::kInterval)}, {"links", std::move(tracks)}};
}

}  // namespace dispatch::control

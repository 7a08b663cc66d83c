#include "engine/control/metrics.hpp"

#include <array>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <string_view>

namespace dispatch::control {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

ClientMetric value_of(double value, std::vector<ClientMetric::Label> labels) {
  ClientMetric metric;
  metric.label = std::move(labels);
  metric.counter.value = value;
  metric.gauge.value = value;
  return metric;
}

struct OfLink {
  const char* name;
  const char* help;
  MetricType type;
  double (*value)(const LinkStatus&);
};

constexpr std::array<OfLink, 8> kOfLinks = {{
    {"dispatch_link_sent_bytes_total", "Payload towards the targets.", MetricType::Counter,
     [](const LinkStatus& link) { return static_cast<double>(link.sent_bytes); }},
    {"dispatch_link_received_bytes_total", "Payload from the targets.", MetricType::Counter,
     [](const LinkStatus& link) { return static_cast<double>(link.received_bytes); }},
    {"dispatch_link_connections_total", "Connections established.", MetricType::Counter,
     [](const LinkStatus& link) { return static_cast<double>(link.connections); }},
    {"dispatch_link_dials_total", "Connections tried.", MetricType::Counter,
     [](const LinkStatus& link) { return static_cast<double>(link.dials); }},
    {"dispatch_link_dial_failures_total", "Connections tried and not established.",
     MetricType::Counter,
     [](const LinkStatus& link) { return static_cast<double>(link.dial_failures); }},
    {"dispatch_link_live_connections", "Connections now.", MetricType::Gauge,
     [](const LinkStatus& link) { return static_cast<double>(link.live); }},
    {"dispatch_link_weight", "Its weight.", MetricType::Gauge,
     [](const LinkStatus& link) { return static_cast<double>(link.weight); }},
    {"dispatch_link_enabled", "1, or 0 where people have switched it off.", MetricType::Gauge,
     [](const LinkStatus& link) { return link.enabled ? 1.0 : 0.0; }},
}};

MetricFamily family_of(const OfLink& what, const Status& status) {
  MetricFamily family{what.name, what.help, what.type, {}};
  for (const auto& link : status.links) {
    family.metric.push_back(value_of(what.value(link), {{"link", link.name}}));
  }
  return family;
}

struct OfCap {
  const char* name;
  const char* help;
  double (*value)(const link::CapUsage&);
};

constexpr std::array<OfCap, 3> kOfCaps = {{
    {"dispatch_link_cap_bytes", "Payload that it may carry in its period.",
     [](const link::CapUsage& usage) { return static_cast<double>(usage.cap.bytes); }},
    {"dispatch_link_cap_used_bytes", "Payload that it has carried in its period.",
     [](const link::CapUsage& usage) { return static_cast<double>(usage.bytes); }},
    {"dispatch_link_cap_period_end_seconds", "When its period ends, as Unix time.",
     [](const link::CapUsage& usage) {
       const auto end = usage.period.end.time_since_epoch();
       return std::chrono::duration<double>(end).count();
     }},
}};

// Of links that have a data cap.
MetricFamily family_of(const OfCap& what, const Status& status) {
  MetricFamily family{what.name, what.help, MetricType::Gauge, {}};
  for (const auto& link : status.links) {
    if (!link.cap) continue;
    if (link.cap->period.end == link::kEndOfTime && what.value == kOfCaps.back().value) continue;
    family.metric.push_back(value_of(what.value(*link.cap), {{"link", link.name}}));
  }
  return family;
}

// Bytes per second, of links that have a rate.
MetricFamily rate_limits_of(const Status& status) {
  MetricFamily family{
      "dispatch_link_rate_limit_bytes", "Bytes per second that may pass.", MetricType::Gauge, {}};
  const auto add = [&](const LinkStatus& link, const net::RateLimit& limit, const char* direction) {
    if (!limit.is_set()) return;
    family.metric.push_back(value_of(static_cast<double>(limit.bits_per_second) / 8,
                                     {{"link", link.name}, {"direction", direction}}));
  };
  for (const auto& link : status.links) {
    add(link, link.limits.up, "sent");
    add(link, link.limits.down, "received");
  }
  return family;
}

// One of the states is 1, as Prometheus has enumerations.
MetricFamily states_of(const Status& status) {
  MetricFamily family{
      "dispatch_link_state", "1 for the state that the link is in.", MetricType::Gauge, {}};
  for (const auto& link : status.links) {
    for (const auto* state : {"up", "recovering", "suspect", "down", "off", "capped"}) {
      family.metric.push_back(
          value_of(link.state == state ? 1 : 0, {{"link", link.name}, {"state", state}}));
    }
  }
  return family;
}

MetricFamily of_all(const char* name, const char* help, MetricType type, double value) {
  return {name, help, type, {value_of(value, {})}};
}

double number(const net::Counter& counter) {
  return static_cast<double>(counter.get());
}

}  // namespace

std::string metrics_text(const Status& status) {
  std::vector<MetricFamily> families;
  for (const auto& what : kOfLinks) families.push_back(family_of(what, status));
  families.push_back(states_of(status));
  for (const auto& what : kOfCaps) {
    auto family = family_of(what, status);
    if (!family.metric.empty()) families.push_back(std::move(family));
  }
  if (auto rates = rate_limits_of(status); !rates.metric.empty()) {
    families.push_back(std::move(rates));
  }
  const auto& clients = status.clients;
  families.push_back(of_all("dispatch_clients_accepted_total", "Connections of clients.",
                            MetricType::Counter, number(clients.accepted)));
  families.push_back(of_all("dispatch_clients_refused_total",
                            "Requests that no connection to a target came of.", MetricType::Counter,
                            number(clients.refused)));
  families.push_back(of_all("dispatch_clients_turned_away_total", "Clients that were not let in.",
                            MetricType::Counter, number(clients.turned_away)));
  families.push_back(of_all("dispatch_clients_live", "Connections of clients now.",
                            MetricType::Gauge, number(clients.live)));
  families.push_back(of_all("dispatch_uptime_seconds", "Since it was started.", MetricType::Gauge,
                            std::chrono::duration<double>(status.uptime).count()));
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace dispatch::control

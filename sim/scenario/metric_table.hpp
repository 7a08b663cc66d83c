// What can be measured, by name. Internal to the language of expectations.
#pragma once

#include "sim/scenario/expression.hpp"

#include <array>
#include <string_view>

namespace dispatch::scenario {

struct MetricRow {
  std::string_view name;
  Metric::What what;
  Quantity::Kind kind;
};

// Written name(LINK...), of links.
inline constexpr std::array<MetricRow, 12> kLinkMetrics{{
    {"share", Metric::What::share, Quantity::Kind::ratio},
    {"connection_share", Metric::What::connection_share, Quantity::Kind::ratio},
    {"connections", Metric::What::connections, Quantity::Kind::count},
    {"dials", Metric::What::dials, Quantity::Kind::count},
    {"dial_failures", Metric::What::dial_failures, Quantity::Kind::count},
    {"bytes", Metric::What::bytes, Quantity::Kind::bytes},
    {"goodput", Metric::What::goodput, Quantity::Kind::rate},
    {"rate", Metric::What::rate, Quantity::Kind::rate},
    {"drops", Metric::What::drops, Quantity::Kind::count},
    {"queue", Metric::What::queue, Quantity::Kind::bytes},
    {"live", Metric::What::live, Quantity::Kind::count},
    {"failover", Metric::What::failover, Quantity::Kind::duration},
}};

// Written WORKLOAD.name.
inline constexpr std::array<MetricRow, 24> kWorkloadMetrics{{
    {"completed", Metric::What::completed, Quantity::Kind::truth},
    {"bytes_intact", Metric::What::bytes_intact, Quantity::Kind::truth},
    {"transfers", Metric::What::transfers, Quantity::Kind::count},
    {"completions", Metric::What::completions, Quantity::Kind::count},
    {"failures", Metric::What::failures, Quantity::Kind::count},
    {"attempts", Metric::What::attempts, Quantity::Kind::count},
    {"bytes", Metric::What::bytes, Quantity::Kind::bytes},
    {"goodput", Metric::What::goodput, Quantity::Kind::rate},
    {"started", Metric::What::started, Quantity::Kind::duration},
    {"ended", Metric::What::ended, Quantity::Kind::duration},
    {"duration", Metric::What::duration, Quantity::Kind::duration},
    {"latency", Metric::What::latency_percentile, Quantity::Kind::duration},
    {"active", Metric::What::active, Quantity::Kind::count},
    {"startup", Metric::What::startup, Quantity::Kind::duration},
    {"stalls", Metric::What::stalls, Quantity::Kind::count},
    {"stall_time", Metric::What::stall_time, Quantity::Kind::duration},
    {"datagrams", Metric::What::datagrams, Quantity::Kind::count},
    {"loss", Metric::What::loss, Quantity::Kind::ratio},
    {"jitter", Metric::What::jitter, Quantity::Kind::duration},
    {"repaired", Metric::What::repaired, Quantity::Kind::count},
    {"duplicates", Metric::What::duplicates, Quantity::Kind::count},
    {"lost", Metric::What::lost, Quantity::Kind::count},
    {"twice", Metric::What::twice, Quantity::Kind::count},
    {"unaccounted", Metric::What::unaccounted, Quantity::Kind::count},
}};

}  // namespace dispatch::scenario

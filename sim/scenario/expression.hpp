// The language of expectations: what is measured, and what it must be.
//
//     big.completed                                  a yes or no
//     api.failures <= 2                              a comparison: < <= > >= == !=
//     api.latency.p99 < 900 ms
//     share(wifi) in 60%..73%                        both ends included
//     rate(wifi) in 97%..101% of 8 Mbit/s            both of the same
//     goodput(all, down, 1s..5s) >= 90% of 28 Mbit/s
//     bytes(wifi) > bytes(lte)
//     end < 30s
//     failover(wifi, 5s) < 1.5s
//     api.failures == 0 during 5s..12s               of what began then; or at each instant
//     always healthy_links >= 1                      at every instant
//     sometimes queue(wifi, down) > 100 kB           at one instant, for one seed at least
//     eventually healthy_links == 2 within 10s       after the last event, or: after 12s
//
// docs/scenarios.md lists every metric. Plain functions of text and results: no world, no I/O.
#pragma once

#include "sim/scenario/units.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace dispatch::scenario {

// What is wrong, and at which byte of the text.
class ExpressionError : public std::runtime_error {
 public:
  ExpressionError(std::size_t offset, const std::string& message)
      : std::runtime_error(message), offset_(offset) {}
  std::size_t offset() const { return offset_; }

 private:
  std::size_t offset_;
};

struct Window {
  Duration from{};
  Duration to{};
};

enum class Flow : std::uint8_t { both, down, up };

// Something that a run shows.
struct Metric {
  enum class Subject : std::uint8_t { run, links, workload };
  enum class What : std::uint8_t {
    end,  // of the run
    share,
    connection_share,
    connections,
    dials,
    dial_failures,
    bytes,
    goodput,
    rate,
    drops,
    queue,     // bytes waiting now
    live,      // connections now
    failover,  // from an instant to the first byte, by another link, of what begins next
    healthy_links,
    completed,
    bytes_intact,
    transfers,
    completions,
    failures,
    attempts,
    started,
    ended,
    duration,
    latency_percentile,
    latency_mean,
    active,  // transfers now
    startup,
    stalls,
    stall_time,
    datagrams,
    loss,
    jitter,
    repaired,
    duplicates,
    lost,         // requests of a fleet that nothing was heard of
    twice,        // those that the target executed more than once
    unaccounted,  // those of which the fleet's word and the target's differ
  };

  Subject subject = Subject::run;
  What what = What::end;
  std::string name;        // of the link ("all": every one) or of the workload
  std::size_t offset = 0;  // of the name in the text
  Flow flow = Flow::both;
  std::optional<Window> window;
  unsigned percent = 0;  // of latency_percentile
  Duration at{};         // of failover

  Quantity::Kind kind() const;
  // What is so now, and not what has been so far.
  bool is_level() const;
  // Whether it has a value at every instant of a run.
  bool has_instants() const;
};

// "goodput(wifi, down, 1s..5s)", "api.latency.p99"
std::string to_string(const Metric& metric);

// A quantity or a metric, or a percentage of it.
struct Operand {
  std::optional<Ratio> part;
  std::variant<Quantity, Metric> whole;

  Quantity::Kind kind() const;
};

struct Expression {
  enum class Relation : std::uint8_t {
    holds,
    less,
    at_most,
    more,
    at_least,
    equal,
    unequal,
    within
  };

  Operand left;
  Relation relation = Relation::holds;  // holds: `left` is a yes or no
  Operand right;
  Operand upper;  // of within

  enum class Mode : std::uint8_t { plain, always, sometimes, eventually };
  Mode mode = Mode::plain;
  std::optional<Window> during;   // not of eventually
  Duration within{};              // of eventually
  std::optional<Duration> after;  // of eventually; none: after the last event

  // Every metric in it.
  std::vector<const Metric*> metrics() const;
};

// Throws ExpressionError. Names of links and workloads are taken as they are (check.hpp).
Expression parse_expression(std::string_view text);

}  // namespace dispatch::scenario

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
  };

  Subject subject = Subject::run;
  What what = What::end;
  std::string name;        // of the link ("all": every one) or of the workload
  std::size_t offset = 0;  // of the name in the text
  Flow flow = Flow::both;
  std::optional<Window> window;
  unsigned percent = 0;  // of latency_percentile

  Quantity::Kind kind() const;
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

  // Every metric in it.
  std::vector<const Metric*> metrics() const;
};

// Throws ExpressionError. Names of links and workloads are taken as they are (check.hpp).
Expression parse_expression(std::string_view text);

}  // namespace dispatch::scenario

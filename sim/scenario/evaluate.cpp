#include "sim/scenario/evaluate.hpp"

#include "sim/scenario/measure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace dispatch::scenario {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr const char* kNoValue = "no value";

using Relation = Expression::Relation;
using Measure = std::function<Measurement(const Metric&)>;

Measurement value_of(const Operand& operand, const Measure& measure_metric) {
  Measurement whole;
  if (const auto* quantity = std::get_if<Quantity>(&operand.whole)) {
    whole.value = *quantity;
  } else {
    whole = measure_metric(std::get<Metric>(operand.whole));
  }
  if (operand.part && whole.value) {
    const Wide part = Wide{whole.value->value} * operand.part->parts_per_billion / Ratio::kWhole;
    whole.value->value = static_cast<std::uint64_t>(part);
  }
  return whole;
}

bool holds(Relation relation, std::uint64_t left, std::uint64_t right, std::uint64_t upper) {
  switch (relation) {
    case Relation::holds:
      return left != 0;
    case Relation::less:
      return left < right;
    case Relation::at_most:
      return left <= right;
    case Relation::more:
      return left > right;
    case Relation::at_least:
      return left >= right;
    case Relation::equal:
      return left == right;
    case Relation::unequal:
      return left != right;
    case Relation::within:
      return right <= left && left <= upper;
  }
  return false;
}

// Rounded, unless that hides the difference.
std::string shown(Quantity quantity, Quantity other) {
  if (quantity.value != other.value && rounded(quantity) == rounded(other))
    return to_string(quantity);
  return rounded(quantity);
}

std::string requirement(Relation relation, Quantity left, Quantity right, Quantity upper) {
  const auto bound = shown(right, left);
  switch (relation) {
    case Relation::less:
      return "less than " + bound;
    case Relation::at_most:
      return "at most " + bound;
    case Relation::more:
      return "more than " + bound;
    case Relation::at_least:
      return "at least " + bound;
    case Relation::equal:
      return bound;
    case Relation::unequal:
      return "anything but " + bound;
    default:
      return fmt::format("{} to {}", bound, shown(upper, left));
  }
}

std::string label(const WorkloadResult& workload, const TransferRecord& record) {
  const auto number = &record - workload.records.data() + 1;
  return fmt::format("{}#{}, begun at {}", workload.name, number, rounded(record.started));
}

// Of one that failed: "bound to wifi, silent since 5 s, given up at 6.6 s"
std::string fate(const TransferRecord& record) {
  std::string text = record.connected ? "connected" : "not connected";
  if (!record.link.empty()) text = "bound to " + record.link;
  const auto heard = record.last_byte ? record.last_byte : record.connected;
  if (heard) text += ", silent since " + rounded(*heard);
  return text + ", given up at " + rounded(record.ended);
}

// The first transfer that failed, in words.
std::string first_failure(const WorkloadResult& workload) {
  for (const auto& record : workload.records) {
    if (record.completed) continue;
    return fmt::format("; the first: {}, waited {}: {}: {}", label(workload, record),
                       rounded(record.latency()), fate(record), record.failure);
  }
  return workload.failed != 0 ? "; they were never begun" : "";
}

std::string slowest(const WorkloadResult& workload) {
  const TransferRecord* worst = nullptr;
  for (const auto& record : workload.records) {
    if (record.completed && (worst == nullptr || record.latency() > worst->latency()))
      worst = &record;
  }
  if (worst == nullptr) return "";
  return fmt::format(
      "; the slowest: {}, took {} in {}{}", label(workload, *worst), rounded(worst->latency()),
      worst->attempts == 1 ? "1 attempt" : fmt::format("{} attempts", worst->attempts),
      worst->link.empty() ? "" : ", by " + worst->link);
}

// Why a metric of a workload is what it is.
std::string cause(const Operand& operand, const Result& result) {
  const auto* metric = std::get_if<Metric>(&operand.whole);
  if (metric == nullptr || metric->subject != Metric::Subject::workload) return "";
  const auto* workload = result.workload(metric->name);
  if (workload == nullptr) return "";
  switch (metric->what) {
    case Metric::What::completed:
    case Metric::What::bytes_intact:
    case Metric::What::completions:
    case Metric::What::failures:
      return first_failure(*workload);
    case Metric::What::latency_percentile:
    case Metric::What::latency_mean:
      return slowest(*workload);
    default:
      return "";
  }
}

std::string subject(const Operand& operand) {
  std::string text;
  if (operand.part) text = to_string(*operand.part) + " of ";
  if (const auto* quantity = std::get_if<Quantity>(&operand.whole))
    return text + rounded(*quantity);
  return text + to_string(std::get<Metric>(operand.whole));
}

// A yes or no that is no.
std::string denial(const Operand& operand, const Result& result) {
  const auto& metric = std::get<Metric>(operand.whole);
  const auto* workload = result.workload(metric.name);
  if (workload == nullptr) return "there is no such workload";
  if (metric.what == Metric::What::completed && workload->failed != 0) {
    return fmt::format("{} of {} transfers of {} did not complete", workload->failed,
                       workload->transfers, workload->name);
  }
  if (metric.what == Metric::What::bytes_intact && workload->completed != 0) {
    return fmt::format("bytes of {} are not the ones that were sent", workload->name);
  }
  return fmt::format("no transfer of {} completed", workload->name);
}

// Judges a condition by what `measure_metric` says.
ExpectationResult judge(const ExpectationSpec& expectation, const Expression& expression,
                        const Measure& measure_metric, const Result& result) {
  ExpectationResult outcome;
  for (const auto* operand : {&expression.left, &expression.right, &expression.upper}) {
    const auto measured = value_of(*operand, measure_metric);
    if (measured.value) continue;
    outcome.observed = kNoValue;
    outcome.reason = fmt::format("{} has no value: {}{}", subject(*operand), measured.missing,
                                 cause(*operand, result));
    return outcome;
  }
  const auto left = *value_of(expression.left, measure_metric).value;
  const auto right = *value_of(expression.right, measure_metric).value;
  const auto upper = *value_of(expression.upper, measure_metric).value;
  outcome.observed = rounded(left);
  outcome.passed = holds(expression.relation, left.value, right.value, upper.value);
  if (outcome.passed) return outcome;
  if (expression.relation == Relation::holds) {
    outcome.reason = denial(expression.left, result);
  } else {
    outcome.observed = shown(left, right);
    outcome.reason =
        fmt::format("{} is {}, expected {}", subject(expression.left), outcome.observed,
                    requirement(expression.relation, left, right, upper));
  }
  if (expectation.text.empty()) return outcome;
  outcome.reason += cause(expression.left, result);
  return outcome;
}

// The condition at each sample of a span of time.
class Instants {
 public:
  Instants(const Expression& expression, const Result& result, Window window)
      : expression_(expression), result_(result), series_(result.links.front().series) {
    while (first_ + 1 < series_.size() && series_[first_].at < window.from) ++first_;
    last_ = first_;
    while (last_ + 1 < series_.size() && series_[last_ + 1].at <= window.to) ++last_;
    // Counts are of the span, if there is one.
    base_ = expression.during ? first_ : 0;
  }

  ExpectationResult at(std::size_t sample) const {
    const auto measure_now = [&](const Metric& metric) {
      return measure_at(metric, result_, sample, base_);
    };
    return judge({}, expression_, measure_now, result_);
  }

  std::size_t first() const { return first_; }
  std::size_t last() const { return last_; }
  Duration time(std::size_t sample) const { return series_[sample].at; }

  // The first one at which the condition is as wanted.
  std::optional<std::size_t> find(bool wanted) const {
    for (auto sample = first_; sample <= last_; ++sample) {
      const auto now = at(sample);
      if (now.passed == wanted && now.observed != kNoValue) return sample;
    }
    return std::nullopt;
  }

 private:
  const Expression& expression_;
  const Result& result_;
  const std::vector<LinkSample>& series_;
  std::size_t first_ = 0;
  std::size_t last_ = 0;
  std::size_t base_ = 0;
};

ExpectationResult evaluate_always(const Expression& expression, const Result& result) {
  const Instants instants(expression, result,
                          expression.during.value_or(Window{{}, Duration::max()}));
  const auto broken = instants.find(false);
  auto outcome = instants.at(broken.value_or(instants.last()));
  if (broken) {
    outcome.reason = fmt::format("at {}: {}", rounded(instants.time(*broken)), outcome.reason);
  }
  return outcome;
}

ExpectationResult evaluate_sometimes(const Expression& expression, const Result& result) {
  const Instants instants(expression, result,
                          expression.during.value_or(Window{{}, Duration::max()}));
  const auto found = instants.find(true);
  auto outcome = instants.at(found.value_or(instants.last()));
  if (found) {
    outcome.observed += " at " + rounded(instants.time(*found));
  } else {
    outcome.reason = fmt::format("it held at no instant from {} to {}; at the end {}",
                                 rounded(instants.time(instants.first())),
                                 rounded(instants.time(instants.last())), outcome.reason);
  }
  return outcome;
}

ExpectationResult evaluate_eventually(const Expression& expression, const Result& result) {
  const auto from = expression.after.value_or(result.last_event);
  const Instants instants(expression, result, {from, from + expression.within});
  const auto found = instants.find(true);
  auto outcome = instants.at(found.value_or(instants.last()));
  if (found) {
    outcome.observed += fmt::format(" after {}", rounded(instants.time(*found) - from));
  } else {
    outcome.reason = fmt::format("it did not hold from {} to {}: {} then", rounded(from),
                                 rounded(instants.time(instants.last())), outcome.reason);
  }
  return outcome;
}

bool has_level(const Expression& expression) {
  const auto metrics = expression.metrics();
  return std::any_of(metrics.begin(), metrics.end(),
                     [](const Metric* metric) { return metric->is_level(); });
}

ExpectationResult evaluate_plain(const ExpectationSpec& expectation, const Expression& expression,
                                 const Result& result) {
  if (expression.during && has_level(expression)) return evaluate_always(expression, result);
  return judge(
      expectation, expression,
      [&](const Metric& metric) {
        return expression.during ? measure_during(metric, result, *expression.during)
                                 : measure(metric, result);
      },
      result);
}

}  // namespace

ExpectationResult evaluate(const ExpectationSpec& expectation, const Result& result) {
  const auto expression = parse_expression(expectation.text);
  ExpectationResult outcome;
  const bool sampled = !result.links.empty() && !result.links.front().series.empty();
  if (expression.mode == Expression::Mode::plain) {
    outcome = evaluate_plain(expectation, expression, result);
  } else if (!sampled) {
    outcome.reason = "nothing was sampled";
  } else if (expression.mode == Expression::Mode::always) {
    outcome = evaluate_always(expression, result);
  } else if (expression.mode == Expression::Mode::sometimes) {
    outcome = evaluate_sometimes(expression, result);
  } else {
    outcome = evaluate_eventually(expression, result);
  }
  outcome.position = expectation.position;
  outcome.text = expectation.text;
  outcome.sometimes = expression.mode == Expression::Mode::sometimes;
  return outcome;
}

std::vector<Duration> sample_times(const std::vector<ExpectationSpec>& expectations,
                                   Duration last_event) {
  std::vector<Duration> times;
  const auto add = [&](const Window& window) {
    times.push_back(window.from);
    times.push_back(window.to);
  };
  for (const auto& expectation : expectations) {
    const auto expression = parse_expression(expectation.text);
    if (expression.during) add(*expression.during);
    if (expression.mode == Expression::Mode::eventually) {
      const auto from = expression.after.value_or(last_event);
      add({from, from + expression.within});
    }
    for (const auto* metric : expression.metrics()) {
      if (metric->window) add(*metric->window);
    }
  }
  std::sort(times.begin(), times.end());
  times.erase(std::unique(times.begin(), times.end()), times.end());
  return times;
}

Duration needed_until(const std::vector<ExpectationSpec>& expectations, Duration last_event) {
  Duration until{};
  for (const auto& expectation : expectations) {
    const auto expression = parse_expression(expectation.text);
    if (expression.mode != Expression::Mode::eventually) continue;
    until = std::max(until, expression.after.value_or(last_event) + expression.within);
  }
  return until;
}

}  // namespace dispatch::scenario

#include "sim/scenario/evaluate.hpp"

#include "sim/scenario/measure.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dispatch::scenario {
namespace {

__extension__ using Wide = unsigned __int128;

using Relation = Expression::Relation;
using What = Metric::What;

Measurement value_of(const Operand& operand, const Result& result) {
  Measurement whole;
  if (const auto* quantity = std::get_if<Quantity>(&operand.whole)) {
    whole.value = *quantity;
  } else {
    whole = measure(std::get<Metric>(operand.whole), result);
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

// The first transfer that failed, in words.
std::string first_failure(const WorkloadResult& workload) {
  for (const auto& record : workload.records) {
    if (record.completed) continue;
    return fmt::format("; the first: {}: {}", label(workload, record), record.failure);
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
      "; the slowest: {}, took {} in {}", label(workload, *worst), rounded(worst->latency()),
      worst->attempts == 1 ? "1 attempt" : fmt::format("{} attempts", worst->attempts));
}

// Why a metric of a workload is what it is.
std::string cause(const Operand& operand, const Result& result) {
  const auto* metric = std::get_if<Metric>(&operand.whole);
  if (metric == nullptr || metric->subject != Metric::Subject::workload) return "";
  const auto* workload = result.workload(metric->name);
  if (workload == nullptr) return "";
  switch (metric->what) {
    case What::completed:
    case What::bytes_intact:
    case What::completions:
    case What::failures:
      return first_failure(*workload);
    case What::latency_percentile:
    case What::latency_mean:
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
  if (metric.what == What::completed && workload->failed != 0) {
    return fmt::format("{} of {} transfers of {} did not complete", workload->failed,
                       workload->transfers, workload->name);
  }
  if (metric.what == What::bytes_intact && workload->completed != 0) {
    return fmt::format("bytes of {} are not the ones that were sent", workload->name);
  }
  return fmt::format("no transfer of {} completed", workload->name);
}

}  // namespace

ExpectationResult evaluate(const ExpectationSpec& expectation, const Result& result) {
  ExpectationResult outcome;
  outcome.position = expectation.position;
  outcome.text = expectation.text;
  const auto expression = parse_expression(expectation.text);
  for (const auto* operand : {&expression.left, &expression.right, &expression.upper}) {
    const auto measured = value_of(*operand, result);
    if (measured.value) continue;
    outcome.observed = "no value";
    outcome.reason = fmt::format("{} has no value: {}{}", subject(*operand), measured.missing,
                                 cause(*operand, result));
    return outcome;
  }
  const auto left = *value_of(expression.left, result).value;
  const auto right = *value_of(expression.right, result).value;
  const auto upper = *value_of(expression.upper, result).value;
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
  outcome.reason += cause(expression.left, result);
  return outcome;
}

std::vector<Duration> sample_times(const std::vector<ExpectationSpec>& expectations) {
  std::vector<Duration> times;
  for (const auto& expectation : expectations) {
    const auto expression = parse_expression(expectation.text);
    for (const auto* metric : expression.metrics()) {
      if (!metric->window) continue;
      times.push_back(metric->window->from);
      times.push_back(metric->window->to);
    }
  }
  std::sort(times.begin(), times.end());
  times.erase(std::unique(times.begin(), times.end()), times.end());
  return times;
}

}  // namespace dispatch::scenario

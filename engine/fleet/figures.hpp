// What a coordinator counts, for /metrics.
#pragma once

#include "engine/fleet/result.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace dispatch::fleet {

// How many values were at most each bound, as Prometheus has it.
class Histogram {
 public:
  explicit Histogram(std::vector<double> bounds)
      : bounds_(std::move(bounds)), counts_(bounds_.size() + 1) {}

  void add(double value);

  const std::vector<double>& bounds() const { return bounds_; }
  const std::vector<std::uint64_t>& counts() const { return counts_; }  // of each bucket alone
  std::uint64_t count() const { return count_; }
  double sum() const { return sum_; }

 private:
  std::vector<double> bounds_;
  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  double sum_ = 0;
};

struct Figures {
  // Of attempts: agent, status code (0: no answer), method.
  std::map<std::tuple<std::string, std::uint64_t, std::string>, std::uint64_t> requests;
  // Of attempts without an answer: agent, outcome. Outcomes are few, texts of errors are not.
  std::map<std::pair<std::string, Outcome>, std::uint64_t> errors;
  Histogram duration_seconds{{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60}};
  Histogram overhead_seconds{
      {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 1, 10}};
  Histogram response_bytes{{100, 1000, 10'000, 100'000, 1'000'000, 10'000'000}};
  std::uint64_t executed = 0;      // requests that ended, with whatever
  std::uint64_t repeats = 0;       // attempts after the first
  std::uint64_t late_results = 0;  // of attempts that had been given up
  std::uint64_t refused_callers = 0;
  std::uint64_t refused_agents = 0;
  std::uint64_t websockets = 0;  // now

  // Of a request by itself: the total, over all agents that were ever seen.
  std::uint64_t attempts() const;

  // Counts what was this agent's under kForgotten from now on: agents without a name of their own
  // would become more and more.
  void forget(const std::string& agent_id);
  static constexpr auto kForgotten = "(forgotten)";
};

}  // namespace dispatch::fleet

// What a page tells of a run beside its result: what happened in it, and how its TCP fared.
#pragma once

#include "sim/scenario/run.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::report {

class Story {
 public:
  // What is kept at most; the page says how much there was beyond it.
  static constexpr std::size_t kNotesMax = 20'000;
  static constexpr std::size_t kFlowsMax = 24;

  // Hears the events of the run, which whoever heard them before goes on to hear, and has its flows
  // sampled. Outlives the run.
  void attach(scenario::RunOptions& options);

  // One JSON object for page(): {"result", "flows", "flows_left_out", "notes", "notes_left_out",
  // "replay"}. The result is as json() has it, the notes are the lines "log" and "change" of
  // docs/observing.md, the flows those that sent the most, the most first. `replay` is the command
  // that runs it again.
  std::string json(const scenario::Result& result, double wall_seconds,
                   std::string_view replay) const;

 private:
  void note(std::string_view line);

  std::vector<std::string> notes_;
  std::size_t notes_left_out_ = 0;
};

}  // namespace dispatch::report

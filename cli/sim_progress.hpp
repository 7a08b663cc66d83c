// Who runs many simulations sees how far they have come.
#pragma once

#include "cli/sim_batch.hpp"

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace dispatch::cli {

enum class ProgressStyle : std::uint8_t {
  none,
  lines,  // what has ended, a line each; of very many, those that failed and every tenth part
  bars,   // a line for all and one for each lane, drawn over and over, and gone in the end
};

// Bars where standard error is a terminal that can draw them, else lines.
ProgressStyle progress_style();

// Writes to standard error.
class Progress : public BatchWatch {
 public:
  // `runs` outlive this.
  Progress(ProgressStyle style, std::span<const BatchRun> runs);
  ~Progress() override;
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void began(std::size_t lane, std::size_t run) override;
  void ended(std::size_t lane, std::size_t run, const report::Outcome& outcome) override;
  void tick(std::span<const scenario::Duration> now) override;

 private:
  using Clock = std::chrono::steady_clock;

  std::string label(std::size_t run) const;
  std::string tally() const;
  void erase();

  ProgressStyle style_;
  std::span<const BatchRun> runs_;
  Clock::time_point begin_ = Clock::now();
  std::vector<std::size_t> lanes_;  // the run of each; runs_.size(): none
  std::size_t done_ = 0;
  std::size_t failed_ = 0;
  std::size_t drawn_ = 0;  // lines
};

}  // namespace dispatch::cli

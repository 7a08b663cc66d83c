#include "cli/sim_progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <unistd.h>

namespace dispatch::cli {
namespace {

constexpr auto kPatience = std::chrono::milliseconds(300);  // before anything is drawn
constexpr std::size_t kBarWidth = 30;
constexpr std::size_t kLabelWidth = 34;
constexpr std::size_t kEachUpTo = 60;  // runs that get a line each
constexpr std::size_t kParts = 10;

void say(const std::string& text) {
  std::fputs(text.c_str(), stderr);
  std::fflush(stderr);
}

std::string bar(double part) {
  const auto full = static_cast<std::size_t>(std::clamp(part, 0.0, 1.0) * kBarWidth);
  return "[" + std::string(full, '#') + std::string(kBarWidth - full, '.') + "]";
}

double part_of(double part, double whole) {
  return whole > 0 ? part / whole : 0;
}

}  // namespace

ProgressStyle progress_style() {
  const auto* term = std::getenv("TERM");
  const bool can_draw = term != nullptr && std::string_view(term) != "dumb";
  return ::isatty(STDERR_FILENO) == 1 && can_draw ? ProgressStyle::bars : ProgressStyle::lines;
}

Progress::Progress(ProgressStyle style, std::span<const BatchRun> runs)
    : style_(style), runs_(runs) {}

Progress::~Progress() {
  erase();
}

std::string Progress::label(std::size_t run) const {
  const auto& each = runs_[run];
  auto name = std::filesystem::path(each.scenario->source).stem().string();
  auto text = fmt::format("{} seed {}", name, each.seed);
  if (text.size() > kLabelWidth) {
    text.resize(kLabelWidth - 3);
    text += "...";
  }
  // A file's name may hold what a terminal takes for commands.
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  return text;
}

std::string Progress::tally() const {
  const std::chrono::duration<double> elapsed = Clock::now() - begin_;
  auto text =
      fmt::format("{}/{} runs, {} failed, {:.0f} s", done_, runs_.size(), failed_, elapsed.count());
  if (done_ > 0 && done_ < runs_.size()) {
    const auto left =
        elapsed.count() / static_cast<double>(done_) * static_cast<double>(runs_.size() - done_);
    text += fmt::format(", about {:.0f} s left", left);
  }
  return text;
}

void Progress::began(std::size_t lane, std::size_t run) {
  if (lanes_.size() <= lane) lanes_.resize(lane + 1, runs_.size());
  lanes_[lane] = run;
}

void Progress::ended(std::size_t lane, std::size_t run, const report::Outcome& outcome) {
  lanes_[lane] = runs_.size();
  if (outcome.verdict == report::Verdict::skipped) return;
  ++done_;
  const bool passed = outcome.verdict == report::Verdict::passed;
  if (!passed) ++failed_;
  if (style_ != ProgressStyle::lines || runs_.size() < 2) return;
  if (runs_.size() <= kEachUpTo || !passed) {
    say(fmt::format("[{}/{}] {}  {}  {:.2f} s\n", done_, runs_.size(), to_string(outcome.verdict),
                    label(run), outcome.wall_seconds));
  }
  const bool next_part = done_ * kParts / runs_.size() != (done_ - 1) * kParts / runs_.size();
  if (runs_.size() > kEachUpTo && next_part) say(tally() + "\n");
}

void Progress::erase() {
  if (drawn_ == 0) return;
  say(fmt::format("\x1b[{}A\r\x1b[J", drawn_));
  drawn_ = 0;
}

void Progress::tick(std::span<const scenario::Duration> now) {
  if (style_ != ProgressStyle::bars || Clock::now() - begin_ < kPatience) return;
  std::string text;
  std::size_t lines = 0;
  if (runs_.size() > 1) {
    const auto part = part_of(static_cast<double>(done_), static_cast<double>(runs_.size()));
    text += fmt::format("{} {}\n", bar(part), tally());
    ++lines;
  }
  for (std::size_t lane = 0; lane < std::min(lanes_.size(), now.size()); ++lane) {
    if (lanes_[lane] == runs_.size()) continue;
    const auto& scenario = *runs_[lanes_[lane]].scenario;
    const std::chrono::duration<double> at = now[lane];
    const std::chrono::duration<double> end = scenario.duration;
    text += fmt::format("{} {:<{}} at {:.1f} s\n", bar(part_of(at.count(), end.count())),
                        label(lanes_[lane]), kLabelWidth, at.count());
    ++lines;
  }
  erase();
  drawn_ = lines;
  say(text);
}

}  // namespace dispatch::cli

#include "sim/report/recording.hpp"

#include "sim/report/page.hpp"
#include "sim/report/series.hpp"

#include <fmt/format.h>

namespace dispatch::report {

void Recording::attach(scenario::RunOptions& options) {
  if (!wanted_.pcap.empty()) {
    options.capture = [&file = open(wanted_.pcap)](auto bytes) { file.write(bytes); };
    options.capture_of = wanted_.pcap_of;
  }
  options.flows = wanted_.flows || !wanted_.series.empty();
  if (!wanted_.series.empty()) series_ = &open(wanted_.series);
  if (!wanted_.trail.empty()) {
    options.trail = [&file = open(wanted_.trail)](auto line) { file.write(line); };
  }
  if (!wanted_.events.empty()) {
    options.event = [&file = open(wanted_.events)](auto line) { file.write(line); };
  }
  if (!wanted_.page.empty()) {
    page_ = &open(wanted_.page);
    story_.attach(options);
  }
}

void Recording::close(const scenario::Result& result, double wall_seconds) {
  if (series_ != nullptr) series_->write(series_csv(result));
  if (page_ != nullptr) {
    const auto replay = fmt::format("dispatch-sim --seed {} {}", result.seed, result.source);
    const std::string run = story_.json(result, wall_seconds, replay);
    page_->write(page({&run, 1}));
  }
  for (auto& file : files_) file.close();
}

}  // namespace dispatch::report

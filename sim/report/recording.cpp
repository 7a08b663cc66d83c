#include "sim/report/recording.hpp"

#include "sim/report/series.hpp"

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
}

void Recording::close(const scenario::Result& result) {
  if (series_ != nullptr) series_->write(series_csv(result));
  for (auto& file : files_) file.close();
}

}  // namespace dispatch::report

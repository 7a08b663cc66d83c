#include "sim/report/recording.hpp"

namespace dispatch::report {

void Recording::attach(scenario::RunOptions& options) {
  if (!wanted_.pcap.empty()) {
    options.capture = [&file = open(wanted_.pcap)](auto bytes) { file.write(bytes); };
    options.capture_of = wanted_.pcap_of;
  }
}

void Recording::close() {
  for (auto& file : files_) file.close();
}

}  // namespace dispatch::report

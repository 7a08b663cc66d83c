// The files that are written while a scenario runs.
#pragma once

#include "sim/report/output_file.hpp"
#include "sim/report/story.hpp"
#include "sim/scenario/run.hpp"

#include <list>
#include <string>
#include <vector>

namespace dispatch::report {

// Paths; empty: not wanted.
struct RecordingFiles {
  std::string pcap;
  std::string events;
  std::string series;
  std::string trail;
  std::string page;                  // of this run alone
  bool flows = false;                // the result has the time series of flows, file or not
  std::vector<std::string> pcap_of;  // as scenario::RunOptions::capture_of
};

// Outlives the run whose options it has been attached to. Throws net::ConfigError where a file
// cannot be opened.
class Recording {
 public:
  explicit Recording(const RecordingFiles& files) : wanted_(files) {}
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

  void attach(scenario::RunOptions& options);
  // After the run, which took so long.
  void close(const scenario::Result& result, double wall_seconds);

 private:
  OutputFile& open(const std::string& path) { return files_.emplace_back(path); }

  RecordingFiles wanted_;
  std::list<OutputFile> files_;
  OutputFile* series_ = nullptr;  // one of them
  OutputFile* page_ = nullptr;
  Story story_;
};

}  // namespace dispatch::report

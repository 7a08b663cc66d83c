// The options of `dispatch send`, `forward`, `reverse` and `record`.
#pragma once

#include "engine/stream/plan.hpp"

#include <CLI/App.hpp>

#include <optional>
#include <string>
#include <vector>

namespace dispatch::cli {

struct StreamArguments {
  std::string verb;  // "sending"
  stream::Plan plan;
  std::optional<net::Endpoint> metrics{};  // where they are served
  bool json = false;                       // the summary, on standard output
  bool quiet = false;                      // no summary, no progress
};

// What the options hold before their meaning is checked. The programs of Network Dispatcher had
// other names for the same: these are taken too, and not shown.
class StreamOptions {
 public:
  // Whether the program can serve them.
  enum class Metrics : std::uint8_t { served, absent };

  explicit StreamOptions(Metrics metrics) : has_metrics_(metrics == Metrics::served) {}

  // Adds the four commands.
  void add_to(CLI::App& app);

  // Whether one of them was given.
  bool parsed() const { return used() != nullptr; }
  // Throws UsageError and net::ConfigError.
  StreamArguments checked() const;

 private:
  // Texts of endpoints, and what they are without a scheme.
  struct Group {
    std::vector<std::string> texts;
    stream::Scheme bare = stream::Scheme::udp;
  };
  // Of old options; all values behind one of them are its.
  struct Old {
    Group listen;
    Group listen_tcp{{}, stream::Scheme::tcp};
    Group from{{}, stream::Scheme::tcp};
    Group to;
    Group serve{{}, stream::Scheme::tcp};
  };

  void add_send(CLI::App& app);
  void add_forward(CLI::App& app);
  void add_reverse(CLI::App& app);
  void add_record(CLI::App& app);
  void add_inputs(CLI::App& command);
  void add_common(CLI::App& command);
  void add_links(CLI::App& command);
  void add_framing_out(CLI::App& command);
  const CLI::App* used() const;
  void check_files(stream::Plan& plan) const;
  void check_framing(stream::Plan& plan) const;
  void check_parity(stream::Plan& plan) const;
  void check_links(stream::Plan& plan) const;
  void check_parts(stream::Plan& plan) const;
  void check_format(stream::Plan& plan) const;
  void check_file_policy(stream::FilePolicy& policy) const;
  void check_presence(const stream::Plan& plan) const;
  void check_standard_output(stream::Plan& plan) const;

  bool has_metrics_;
  CLI::App* send_ = nullptr;
  CLI::App* forward_ = nullptr;
  CLI::App* reverse_ = nullptr;
  CLI::App* record_ = nullptr;

  std::vector<std::string> files_;
  std::vector<std::string> listen_;
  std::vector<std::string> from_;
  std::vector<std::string> to_;
  std::vector<std::string> serve_;
  std::string via_;
  Old old_;
  std::string rate_;
  std::string size_;
  std::string buffer_ = "4 MiB";
  std::string when_slow_;
  std::string rotate_size_;
  std::string rotate_after_;
  std::string sync_;
  std::string stream_;
  std::string repair_;
  std::string parity_;
  std::string parity_within_;
  std::vector<std::string> links_;
  std::string spread_;
  std::vector<std::string> probes_;
  std::string each_;
  std::string format_;
  std::string metrics_;
  bool framed_ = false;
  bool framed_in_ = false;
  bool framed_out_ = false;
  bool until_end_ = false;
  bool tee_ = false;
  bool json_ = false;
  bool quiet_ = false;
};

}  // namespace dispatch::cli

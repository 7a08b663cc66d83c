#include "cli/stream_options.hpp"

#include "cli/exit_status.hpp"
#include "cli/link_argument.hpp"
#include "cli/option_group.hpp"
#include "cli/whole_number.hpp"
#include "engine/units/quantity.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dispatch::cli {
namespace {

using stream::Scheme;
using stream::WhenSlow;

constexpr std::size_t kDatagramMost = 65'507;

constexpr auto kSendExamples = R"(Examples:
  dispatch send film.ts --to udp://192.0.2.7:9000 --rate '20 Mbit/s'
  sensors | dispatch send - --to 'udp://239.1.2.3:9000?iface=eth0&ttl=4'
)";

constexpr auto kForwardExamples = R"(Examples:
  dispatch forward --listen udp://0.0.0.0:9000 --to udp://192.0.2.7:9000
  dispatch forward --from tcp://feed.example:5000 --to udp://239.1.2.3:9000
)";

constexpr auto kReverseExamples = R"(Examples:
  dispatch reverse --listen udp://0.0.0.0:9000 --serve tcp://0.0.0.0:9001
  nc 192.0.2.7 9001
)";

constexpr auto kRecordExamples = R"(Examples:
  dispatch record --listen udp://0.0.0.0:9000 --to feed.log
  dispatch record --listen 'udp://[ff02::1%eth0]:9000' --to - | less
)";

void add_old(CLI::App& command, const char* names, std::vector<std::string>& values) {
  command.add_option(names, values)->group(kHiddenOptions);
}

template <typename Parse>
auto quantity(const char* option, const std::string& text, Parse parse) {
  try {
    return parse(text);
  } catch (const units::UnitError& error) {
    throw UsageError(fmt::format("{}: {}", option, error.what()));
  }
}

WhenSlow when_slow(const std::string& text) {
  if (text == "wait") return WhenSlow::wait;
  if (text == "drop-oldest") return WhenSlow::drop_oldest;
  if (text == "disconnect") return WhenSlow::disconnect;
  throw UsageError(fmt::format("--when-slow: '{}' is not wait, drop-oldest or disconnect", text));
}

void add_specs(std::vector<stream::EndpointSpec>& to, const std::vector<std::string>& texts,
               Scheme bare, bool files = false) {
  for (const auto& each : texts) to.push_back(stream::parse_endpoint_spec(each, bare, files));
}

}  // namespace

void StreamOptions::add_common(CLI::App& command) {
  OptionGroup group(command, kPlainOptions);
  group.add("--buffer", buffer_, "BYTES",
            "How much may wait for each output that is slower than its inputs. Default: 4 MiB");
  command.add_flag("-t,--tee", tee_, "Write what passes to standard output too");
  command.add_flag("--json", json_, "Print the figures as JSON at the end");
  if (has_metrics_) {
    group.add("--metrics", metrics_, "ADDRESS:PORT",
              "Serve the figures for Prometheus there, at /metrics, while it runs");
  }
  command.add_flag("-q,--quiet", quiet_, "Say nothing but what is wrong");
}

void StreamOptions::add_inputs(CLI::App& command) {
  OptionGroup group(command, kPlainOptions);
  group.add_list(
      "--listen", listen_, "WHERE",
      "An input that others send or connect to: udp://ADDRESS:PORT, a group as "
      "udp://[ff02::1%eth0]:9000, tcp://, tls:// or unix:PATH; may be given several times");
  group.add_list("--from", from_, "WHERE",
                 "An input that is opened: tcp://HOST:PORT, tls://, unix:PATH, file:PATH, or -");
}

void StreamOptions::add_links(CLI::App& command) {
  OptionGroup group(command, "Links that outputs leave by");
  group.add_list("--link", links_, "LINK",
                 "An interface or an address of this machine, [NAME=]LINK[/WEIGHT]; may be given "
                 "several times. By it goes what says so (?link=NAME), and see --spread");
  group.add("--spread", spread_, "HOW",
            "Each UDP output leaves by all links: distribute (each datagram by one of them, in the "
            "proportion of the weights) or duplicate (each by all; a framed receiver keeps one)");
  group.add_list("--probe", probes_, "URL",
                 "Ask this through each link, again and again, and distribute nothing to one that "
                 "fails: http://HOST/PATH, tcp://HOST:PORT or dns://NAME");
}

void StreamOptions::add_framing_out(CLI::App& command) {
  OptionGroup group(command, kPlainOptions);
  group.add("--stream", stream_, "N", "The number of this stream of frames. Default: by chance");
  group.add("--repair", repair_, "TIME",
            "Of frames: keep them for so long, and send them again to receivers that miss some");
  group.add("--fec", parity_, "DATA:PARITY",
            "After so many frames send so many by which as many that are lost can be made good, "
            "such as 20:2");
  group.add("--fec-within", parity_within_, "TIME",
            "And do so after that time at the latest, with the frames there are. Default: 20ms");
}

void StreamOptions::add_send(CLI::App& app) {
  send_ = app.add_subcommand("send", "Send a file, a device or standard input to receivers");
  OptionGroup group(*send_, kPlainOptions);
  group.add("FILE", files_, "", "What to read; - for standard input");
  group.add_list("--to", to_, "WHERE",
                 "A receiver: udp://HOST:PORT, a group as udp://239.1.2.3:9000?iface=eth0&ttl=4, "
                 "tcp://, tls:// or unix:PATH; may be given several times");
  group.add("--rate", rate_, "RATE", "Send no faster: 20 Mbit/s. Default: as fast as it goes");
  group.add("--size", size_, "BYTES", "Bytes of a datagram. Default: what the MTU has room for");
  group.add_flag("--framed", framed_,
                 "Put a header before each datagram, by which receivers count what is lost");
  add_framing_out(*send_);
  add_links(*send_);
  add_old(*send_, "--path", files_);
  add_old(*send_, "--server-addr,--server_addr", old_.to.texts);
  add_common(*send_);
  send_->footer(kSendExamples);
}

void StreamOptions::add_forward(CLI::App& app) {
  forward_ = app.add_subcommand("forward", "Pass all inputs on to all outputs");
  OptionGroup group(*forward_, kPlainOptions);
  add_inputs(*forward_);
  group.add_list("--to", to_, "WHERE",
                 "An output: udp://HOST:PORT, tcp://, tls://, unix:PATH, file:PATH, or -; may be "
                 "given several times");
  group.add_list("--serve", serve_, "WHERE", "An output that others connect to (see reverse)");
  group.add("--size", size_, "BYTES", "Bytes of the datagrams in which byte streams are cut");
  group.add("--when-slow", when_slow_, "WHAT",
            "For an output that cannot keep up: drop-oldest (default), or let the inputs wait");
  group.add_flag("--framed-in", framed_in_,
                 "Datagrams that come are framed: pass each on once, without its header");
  group.add_flag("--framed-out", framed_out_, "Put a header before each datagram that leaves");
  add_framing_out(*forward_);
  add_links(*forward_);
  add_old(*forward_, "--listen-addr,--listen_addr,--udp-listen-addr", old_.listen.texts);
  add_old(*forward_, "--downstream-addr,--downstream_addr,--udp-downstream-addr", old_.to.texts);
  add_old(*forward_, "--tcp-connect-addr", old_.from.texts);
  add_common(*forward_);
  forward_->footer(kForwardExamples);
}

void StreamOptions::add_reverse(CLI::App& app) {
  reverse_ = app.add_subcommand("reverse", "Give what comes in to everyone who connects");
  OptionGroup group(*reverse_, kPlainOptions);
  add_inputs(*reverse_);
  group.add_list("--serve", serve_, "WHERE",
                 "Where subscribers connect: tcp://ADDRESS:PORT, tls://...?cert=FILE&key=FILE, or "
                 "unix:PATH; may be given several times");
  group.add_list("--to", to_, "WHERE", "An output that is opened, as of forward");
  group.add("--via", via_, "GROUP", "Send it to this group first, and serve what is heard there");
  group.add("--when-slow", when_slow_, "WHAT",
            "For a subscriber that cannot keep up: drop-oldest (default), disconnect, or let the "
            "inputs wait");
  group.add_flag("--framed", framed_,
                 "Datagrams that come are framed: pass each on once, without its header");
  group.add("--repair", repair_, "TIME",
            "Put frames in order, ask for those that are missing, and wait for so long for them");
  add_old(*reverse_, "--udp-listen-addr,--udp_listen_addr", old_.listen.texts);
  add_old(*reverse_, "--tcp_listen_addr,--tcp-output-addr", old_.serve.texts);
  add_old(*reverse_, "--tcp-listen-addr", old_.listen_tcp.texts);
  add_old(*reverse_, "--udp-output-addr", old_.to.texts);
  reverse_->add_option("--multicast-addr,--multicast_addr", via_)->group(kHiddenOptions);
  add_common(*reverse_);
  reverse_->footer(kReverseExamples);
}

void StreamOptions::add_record(CLI::App& app) {
  record_ = app.add_subcommand("record", "Write what comes in to a file");
  OptionGroup group(*record_, kPlainOptions);
  add_inputs(*record_);
  group.add_list("--to", to_, "PATH", "The file, to which is appended; - for standard output");
  group.add("--each", each_, "WHAT",
            "A file for each listener, for each sender, or for each stream of frames: PATH, a dot, "
            "and which one");
  group.add("--format", format_, "FORMAT",
            "raw (default), timed (a line with time, sender and length before each datagram) or "
            "pcapng (a capture)");
  group.add_flag("--framed", framed_,
                 "Datagrams that come are framed: write each once, and count what is missing");
  group.add("--repair", repair_, "TIME",
            "Put frames in order, ask for those that are missing, and wait for so long for them");
  group.add_flag("--until-end", until_end_,
                 "Stop when the senders of all frames that have come have ended");
  group.add("--rotate-size", rotate_size_, "BYTES",
            "Begin a new file before one is longer: PATH, a dot, and the time");
  group.add("--rotate-after", rotate_after_, "TIME", "Begin a new file when one is so old: 1h");
  group.add("--sync", sync_, "TIME",
            "Bring what is written to the disk so often (1s), or always. Default: never, the "
            "system does it");
  add_old(*record_, "--path", files_);
  add_old(*record_, "--listen-addr,--listen_addr", old_.listen.texts);
  add_common(*record_);
  record_->footer(kRecordExamples);
}

void StreamOptions::add_to(CLI::App& app) {
  add_send(app);
  add_forward(app);
  add_reverse(app);
  add_record(app);
}

const CLI::App* StreamOptions::used() const {
  for (const auto* each : {send_, forward_, reverse_, record_}) {
    if (each->parsed()) return each;
  }
  return nullptr;
}

// FILE, and --path of the old programs: read by one command, written by another.
void StreamOptions::check_files(stream::Plan& plan) const {
  for (const auto& each : files_) {
    stream::EndpointSpec file;
    file.scheme = each == "-" ? Scheme::standard : Scheme::file;
    if (file.scheme == Scheme::file) file.path = each;
    (used() == send_ ? plan.from : plan.to).push_back(std::move(file));
  }
}

void StreamOptions::check_file_policy(stream::FilePolicy& policy) const {
  if (!rotate_size_.empty()) {
    policy.rotate_bytes = quantity("--rotate-size", rotate_size_, units::parse_bytes).count;
    if (policy.rotate_bytes == 0) throw UsageError("--rotate-size: 0 would leave no room");
  }
  if (!rotate_after_.empty()) {
    policy.rotate_after = quantity("--rotate-after", rotate_after_, units::parse_duration);
    if (policy.rotate_after == net::Duration::zero()) {
      throw UsageError("--rotate-after: 0 would leave no time");
    }
  }
  if (sync_ == "always") {
    policy.sync_after = net::Duration::zero();
  } else if (!sync_.empty() && sync_ != "never") {
    policy.sync_after = quantity("--sync", sync_, units::parse_duration);
  }
}

void StreamOptions::check_framing(stream::Plan& plan) const {
  plan.framed_out = framed_out_ || (framed_ && used() == send_);
  plan.framed_in = framed_in_ || (framed_ && used() != send_);
  if (!stream_.empty()) {
    if (!plan.framed_out) throw UsageError("--stream: only frames have the number of a stream");
    plan.stream = static_cast<std::uint32_t>(whole_number("--stream", stream_, 0, UINT32_MAX));
  }
  if (until_end_ && !plan.framed_in) throw UsageError("--until-end: only frames tell their end");
  plan.until_end = until_end_;
  if (!repair_.empty()) {
    if (!plan.framed_in && !plan.framed_out) {
      throw UsageError("--repair: only frames can be asked for again: --framed");
    }
    plan.repair = quantity("--repair", repair_, units::parse_duration);
  }
  check_parity(plan);
}

void StreamOptions::check_parity(stream::Plan& plan) const {
  if (!parity_within_.empty()) {
    if (parity_.empty()) throw UsageError("--fec-within: there is no --fec");
    plan.parity.within = quantity("--fec-within", parity_within_, units::parse_duration);
  }
  if (parity_.empty()) return;
  if (!plan.framed_out) throw UsageError("--fec: only frames are made good: --framed");
  const auto colon = parity_.find(':');
  if (colon == std::string::npos) {
    throw UsageError(fmt::format("--fec: '{}' is not DATA:PARITY, such as 20:2", parity_));
  }
  plan.parity.data = static_cast<unsigned>(
      whole_number("--fec", parity_.substr(0, colon), 1, stream::kColumnsMost));
  plan.parity.parity =
      static_cast<unsigned>(whole_number("--fec", parity_.substr(colon + 1), 1, stream::kRowsMost));
}

void StreamOptions::check_links(stream::Plan& plan) const {
  for (const auto& text : links_) {
    plan.links.push_back(link_argument(text));
    if (plan.links.back().target == link::kAutomatic) {
      throw UsageError("--link: name each link that streams leave by");
    }
  }
  for (const auto& text : probes_) plan.probes.push_back(link::parse_probe_spec(text));
  if (!spread_.empty()) {
    if (spread_ != "distribute" && spread_ != "duplicate") {
      throw UsageError(fmt::format("--spread: '{}' is not distribute or duplicate", spread_));
    }
    plan.spread =
        spread_ == "distribute" ? stream::SpreadMode::distribute : stream::SpreadMode::duplicate;
    if (plan.links.empty()) throw UsageError("--spread: over which links? --link LINK for each");
  }
  const bool any_named = std::ranges::any_of(
      plan.to, [](const stream::EndpointSpec& each) { return !each.link.empty(); });
  if (!plan.links.empty() && !plan.spread && !any_named) {
    throw UsageError("--link: nothing leaves by it: --spread, or an output with ?link=NAME");
  }
  if (!plan.probes.empty() && plan.spread != stream::SpreadMode::distribute) {
    throw UsageError("--probe: only --spread distribute heeds what it finds");
  }
  for (const auto* inputs : {&plan.listen, &plan.serve}) {
    for (const auto& each : *inputs) {
      if (each.link.empty()) continue;
      throw UsageError(fmt::format("{}: what listens leaves by no link", to_string(each)));
    }
  }
}

void StreamOptions::check_parts(stream::Plan& plan) const {
  using stream::Apart;
  // Each listener of the old server had a file of its own.
  if (used() == record_ && old_.listen.texts.size() > 1) plan.apart = Apart::listener;
  if (each_.empty() && plan.apart == Apart::nothing) return;
  if (each_.empty() || each_ == "listener") {
    plan.apart = Apart::listener;
  } else if (each_ == "stream") {
    plan.apart = Apart::stream;
  } else if (each_ == "sender") {
    plan.apart = Apart::sender;
  } else {
    throw UsageError(fmt::format("--each: '{}' is not listener, sender or stream", each_));
  }
  if (plan.framed_in != (plan.apart == Apart::stream)) {
    throw UsageError(plan.framed_in ? "--each: of frames, each stream has a file: --each stream"
                                    : "--each stream: only frames are of a stream: --framed");
  }
}

void StreamOptions::check_format(stream::Plan& plan) const {
  using stream::RecordFormat;
  if (format_.empty() || format_ == "raw") return;
  if (format_ != "timed" && format_ != "pcapng") {
    throw UsageError(fmt::format("--format: '{}' is not raw, timed or pcapng", format_));
  }
  plan.record_format = format_ == "timed" ? RecordFormat::timed : RecordFormat::pcapng;
}

void StreamOptions::check_presence(const stream::Plan& plan) const {
  const bool has_output = !plan.to.empty() || !plan.serve.empty();
  if (used() == send_) {
    if (plan.from.empty()) throw UsageError("what to send is missing: a FILE, or -");
  } else if (plan.listen.empty() && plan.from.empty()) {
    throw UsageError("an input is missing: --listen or --from");
  }
  if (has_output) return;
  throw UsageError(used() == reverse_ ? "where subscribers connect is missing: --serve"
                                      : "an output is missing: --to");
}

void StreamOptions::check_standard_output(stream::Plan& plan) const {
  if (tee_) plan.to.emplace_back().scheme = Scheme::standard;
  const auto users = std::ranges::count_if(
      plan.to, [](const auto& each) { return each.scheme == Scheme::standard; });
  if (users + (json_ ? 1 : 0) > 1) {
    throw UsageError("only one of --tee, --json and an output '-' can have standard output");
  }
}

StreamArguments StreamOptions::checked() const {
  StreamArguments arguments;
  auto& plan = arguments.plan;
  const bool records = used() == record_;
  arguments.verb = used() == send_      ? "sending"
                   : used() == reverse_ ? "serving"
                   : records            ? "recording"
                                        : "forwarding";
  add_specs(plan.listen, listen_, Scheme::udp);
  add_specs(plan.listen, old_.listen.texts, old_.listen.bare);
  add_specs(plan.listen, old_.listen_tcp.texts, old_.listen_tcp.bare);
  add_specs(plan.from, from_, Scheme::tcp, true);
  add_specs(plan.from, old_.from.texts, old_.from.bare);
  add_specs(plan.to, to_, Scheme::udp, true);
  add_specs(plan.to, old_.to.texts, old_.to.bare);
  add_specs(plan.serve, serve_, Scheme::tcp);
  add_specs(plan.serve, old_.serve.texts, old_.serve.bare);
  check_files(plan);
  if (!via_.empty()) plan.via = stream::parse_endpoint_spec(via_, Scheme::udp, false);
  // Without a file its standard output was all that the old client had.
  check_standard_output(plan);
  check_presence(plan);
  if (!rate_.empty()) {
    plan.bytes_per_second = quantity("--rate", rate_, units::parse_rate).bits_per_second / 8;
    if (plan.bytes_per_second == 0) throw UsageError("--rate: less than a byte a second");
  }
  if (!size_.empty()) plan.datagram_bytes = whole_number("--size", size_, 1, kDatagramMost);
  check_file_policy(plan.file_policy);
  check_framing(plan);
  plan.slowness.backlog_max = quantity("--buffer", buffer_, units::parse_bytes).count;
  const bool waits = used() == send_ || records;
  plan.slowness.policy = !when_slow_.empty() ? when_slow(when_slow_)
                         : waits             ? WhenSlow::wait
                                             : WhenSlow::drop_oldest;
  check_links(plan);
  check_parts(plan);
  check_format(plan);
  if (!metrics_.empty()) {
    arguments.metrics = net::parse_endpoint(metrics_);
    if (!arguments.metrics) {
      throw UsageError(fmt::format(
          "--metrics: '{}' is not an address with a port, such as 127.0.0.1:9100", metrics_));
    }
  }
  arguments.json = json_;
  arguments.quiet = quiet_;
  return arguments;
}

}  // namespace dispatch::cli

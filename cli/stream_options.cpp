#include "cli/stream_options.hpp"

#include "cli/exit_status.hpp"
#include "cli/whole_number.hpp"
#include "engine/units/quantity.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
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

// One value each, so that what follows is not taken for another.
CLI::Option* add_each(CLI::App& command, const char* names, std::vector<std::string>& values,
                      const char* help, const char* type) {
  return command.add_option(names, values, help)->allow_extra_args(false)->type_name(type);
}

void add_old(CLI::App& command, const char* names, std::vector<std::string>& values) {
  command.add_option(names, values)->group("");
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
  command
      .add_option("--buffer", buffer_,
                  "How much may wait for each output that is slower than its inputs. "
                  "Default: 4 MiB")
      ->type_name("BYTES");
  command.add_flag("-t,--tee", tee_, "Write what passes to standard output too");
  command.add_flag("--json", json_, "Print the figures as JSON at the end");
  command.add_flag("-q,--quiet", quiet_, "Say nothing but what is wrong");
}

void StreamOptions::add_inputs(CLI::App& command) {
  add_each(command, "--listen", listen_,
           "An input that others send or connect to: udp://ADDRESS:PORT, a group as "
           "udp://[ff02::1%eth0]:9000, tcp://, tls:// or unix:PATH; may be given several times",
           "WHERE");
  add_each(command, "--from", from_,
           "An input that is opened: tcp://HOST:PORT, tls://, unix:PATH, file:PATH, or -", "WHERE");
}

void StreamOptions::add_stream_number(CLI::App& command) {
  command
      .add_option("--stream", stream_, "The number of this stream of frames. Default: by chance")
      ->type_name("N");
}

void StreamOptions::add_send(CLI::App& app) {
  send_ = app.add_subcommand("send", "Send a file, a device or standard input to receivers");
  send_->add_option("FILE", files_, "What to read; - for standard input")->type_name("");
  add_each(*send_, "--to", to_,
           "A receiver: udp://HOST:PORT, a group as udp://239.1.2.3:9000?iface=eth0&ttl=4, "
           "tcp://, tls:// or unix:PATH; may be given several times",
           "WHERE");
  send_->add_option("--rate", rate_, "Send no faster: 20 Mbit/s. Default: as fast as it goes")
      ->type_name("RATE");
  send_->add_option("--size", size_, "Bytes of a datagram. Default: what the MTU has room for")
      ->type_name("BYTES");
  send_->add_flag("--framed", framed_,
                  "Put a header before each datagram, by which receivers count what is lost");
  add_stream_number(*send_);
  add_old(*send_, "--path", files_);
  add_old(*send_, "--server-addr,--server_addr", old_.to.texts);
  add_common(*send_);
  send_->footer(kSendExamples);
}

void StreamOptions::add_forward(CLI::App& app) {
  forward_ = app.add_subcommand("forward", "Pass all inputs on to all outputs");
  add_inputs(*forward_);
  add_each(*forward_, "--to", to_,
           "An output: udp://HOST:PORT, tcp://, tls://, unix:PATH, file:PATH, or -; may be given "
           "several times",
           "WHERE");
  add_each(*forward_, "--serve", serve_, "An output that others connect to (see reverse)", "WHERE");
  forward_->add_option("--size", size_, "Bytes of the datagrams in which byte streams are cut")
      ->type_name("BYTES");
  forward_
      ->add_option("--when-slow", when_slow_,
                   "For an output that cannot keep up: drop-oldest (default), or let the inputs "
                   "wait")
      ->type_name("WHAT");
  forward_->add_flag("--framed-in", framed_in_,
                     "Datagrams that come are framed: pass each on once, without its header");
  forward_->add_flag("--framed-out", framed_out_, "Put a header before each datagram that leaves");
  add_stream_number(*forward_);
  add_old(*forward_, "--listen-addr,--listen_addr,--udp-listen-addr", old_.listen.texts);
  add_old(*forward_, "--downstream-addr,--downstream_addr,--udp-downstream-addr", old_.to.texts);
  add_old(*forward_, "--tcp-connect-addr", old_.from.texts);
  add_common(*forward_);
  forward_->footer(kForwardExamples);
}

void StreamOptions::add_reverse(CLI::App& app) {
  reverse_ = app.add_subcommand("reverse", "Give what comes in to everyone who connects");
  add_inputs(*reverse_);
  add_each(*reverse_, "--serve", serve_,
           "Where subscribers connect: tcp://ADDRESS:PORT, tls://...?cert=FILE&key=FILE, or "
           "unix:PATH; may be given several times",
           "WHERE");
  add_each(*reverse_, "--to", to_, "An output that is opened, as of forward", "WHERE");
  reverse_->add_option("--via", via_, "Send it to this group first, and serve what is heard there")
      ->type_name("GROUP");
  reverse_
      ->add_option("--when-slow", when_slow_,
                   "For a subscriber that cannot keep up: drop-oldest (default), disconnect, or "
                   "let the inputs wait")
      ->type_name("WHAT");
  reverse_->add_flag("--framed", framed_,
                     "Datagrams that come are framed: pass each on once, without its header");
  add_old(*reverse_, "--udp-listen-addr,--udp_listen_addr", old_.listen.texts);
  add_old(*reverse_, "--tcp_listen_addr,--tcp-output-addr", old_.serve.texts);
  add_old(*reverse_, "--tcp-listen-addr", old_.listen_tcp.texts);
  add_old(*reverse_, "--udp-output-addr", old_.to.texts);
  reverse_->add_option("--multicast-addr,--multicast_addr", via_)->group("");
  add_common(*reverse_);
  reverse_->footer(kReverseExamples);
}

void StreamOptions::add_record(CLI::App& app) {
  record_ = app.add_subcommand("record", "Write what comes in to a file");
  add_inputs(*record_);
  add_each(*record_, "--to", to_, "The file, to which is appended; - for standard output", "PATH");
  record_->add_flag("--each", each_, "A file for each listener: PATH, a dot, and where it listens");
  record_->add_flag("--framed", framed_,
                    "Datagrams that come are framed: write each once, and count what is missing");
  record_->add_flag("--until-end", until_end_,
                    "Stop when the senders of all frames that have come have ended");
  record_
      ->add_option("--rotate-size", rotate_size_,
                   "Begin a new file before one is longer: PATH, a dot, and the time")
      ->type_name("BYTES");
  record_->add_option("--rotate-after", rotate_after_, "Begin a new file when one is so old: 1h")
      ->type_name("TIME");
  record_
      ->add_option("--sync", sync_,
                   "Bring what is written to the disk so often (1s), or always. Default: never, "
                   "the system does it")
      ->type_name("TIME");
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
  if (each_ && plan.framed_in) throw UsageError("--each and --framed exclude each other");
  plan.until_end = until_end_;
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
  plan.one_file_each = each_ || (records && old_.listen.texts.size() > 1);
  arguments.json = json_;
  arguments.quiet = quiet_;
  return arguments;
}

}  // namespace dispatch::cli

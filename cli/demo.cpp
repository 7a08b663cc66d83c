#include "cli/demo.hpp"

#include "cli/child_process.hpp"
#include "cli/console.hpp"
#include "cli/download.hpp"
#include "cli/exit_status.hpp"
#include "cli/table.hpp"
#include "cli/units.hpp"
#include "engine/link/link_set.hpp"
#include "engine/link/link_spec.hpp"
#include "engine/link/policy/smooth_weighted_round_robin.hpp"
#include "engine/net/task_group.hpp"
#include "engine/os/runtime.hpp"
#include "engine/proxy/server.hpp"
#include "engine/traffic/origin.hpp"

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

#include <cmath>

namespace dispatch::cli {
namespace {

constexpr auto kTimeLimit = std::chrono::seconds(60);

// All of 127.0.0.0/8 belongs to the machine on Linux; elsewhere an address must be added first.
const std::vector<link::LinkSpec> kLinks{{"127.0.0.2", 7}, {"127.0.0.3", 3}};

link::LinkSet make_demo_links(os::Runtime& runtime) {
  try {
    return {link::make_links(kLinks, {}, runtime.network()),
            [] { return std::make_unique<link::SmoothWeightedRoundRobin>(); }};
  } catch (const net::ConfigError& error) {
    throw RuntimeError(fmt::format("the demonstration needs the addresses {} and {}: {}",
                                   kLinks[0].target, kLinks[1].target, error.what()));
  }
}

net::Endpoint listen_on_loopback(auto& server) {
  const auto local = server.listen({net::loopback_address(net::Family::v4), 0});
  if (!local) throw RuntimeError("cannot listen on 127.0.0.1: " + local.error().message());
  return *local;
}

// How many downloads are done: a line that is rewritten on a terminal, else one now and then.
class Progress {
 public:
  explicit Progress(std::uint64_t total) : total_(total), terminal_(terminal_output()) {}

  void advance() {
    ++done_;
    if (terminal_) {
      const auto filled = done_ * kWidth / total_;
      print(fmt::format("\r  [{:#<{}}{:<{}}] {} of {}{}", "", filled, "", kWidth - filled, done_,
                        total_, done_ == total_ ? "\n\n" : ""));
    } else if (const auto quarter = done_ * 4 / total_; quarter != printed_quarter_) {
      printed_quarter_ = quarter;
      print(fmt::format("  {} of {} downloads done\n{}", done_, total_, quarter == 4 ? "\n" : ""));
    }
  }

 private:
  static constexpr std::uint64_t kWidth = 40;  // characters

  std::uint64_t total_;
  bool terminal_;
  std::uint64_t done_ = 0;
  std::uint64_t printed_quarter_ = 0;
};

class Demo {
 public:
  Demo(const DemoArguments& arguments, net::Log& log)
      : arguments_(arguments),
        runtime_(log),
        links_(make_demo_links(runtime_)),
        origin_(runtime_),
        proxy_(runtime_, links_, {}),
        curl_(find_program("curl")),
        progress_(arguments.downloads) {}

  int run() {
    template_.origin = listen_on_loopback(origin_);
    template_.proxy = listen_on_loopback(proxy_);
    template_.size_bytes = arguments_.size_bytes;
    origin_.start();
    proxy_.start();
    introduce();
    net::asio::co_spawn(runtime_.executor(), download_all(), [this](std::exception_ptr exception) {
      runtime_.stop();
      if (exception) std::rethrow_exception(exception);
    });
    runtime_.run();
    return report();
  }

 private:
  void introduce() {
    const auto links = links_.links();
    print(fmt::format(
        "{} of {}, {} at a time, through the proxy with {}\n\n"
        "  origin  {:<16} counts the connections of each source address\n"
        "  proxy   {:<16} dispatches to {}, weight {}, and {}, weight {}\n"
        "  client  {}\n\n",
        format_count(arguments_.downloads, "download"), format_bytes(arguments_.size_bytes),
        arguments_.parallel, curl_.empty() ? "dispatch's own client (there is no curl)" : curl_,
        net::to_string(template_.origin), net::to_string(template_.proxy), links[0]->name(),
        links[0]->weight(), links[1]->name(), links[1]->weight(), curl_command_line(template_)));
  }

  net::Task<void> download_all() {
    started_ = runtime_.clock().now();
    std::exception_ptr failure;
    net::TaskGroup clients(runtime_.executor(), [&](std::exception_ptr each) { failure = each; });
    for (std::uint64_t i = 0; i < arguments_.parallel; ++i) clients.spawn(download_in_turn());
    co_await clients.idle();
    ended_ = runtime_.clock().now();
    co_await proxy_.stop({});
    co_await origin_.stop();
    if (failure) std::rethrow_exception(failure);
  }

  // One client: takes the next download until none is left.
  net::Task<void> download_in_turn() {
    while (taken_ < arguments_.downloads) {
      const auto number = ++taken_;
      const auto left = started_ + kTimeLimit - runtime_.clock().now();
      auto download = template_;
      download.timeout = std::chrono::ceil<std::chrono::seconds>(left);
      std::string problem = fmt::format("not begun within {} s", kTimeLimit.count());
      if (download.timeout.count() > 0) {
        problem = co_await run_download(runtime_, curl_, download);
      }
      if (!problem.empty() && ++failed_ <= kFailuresShown) {
        complain(fmt::format("download {}: {}", number, problem));
      }
      progress_.advance();
    }
  }

  int report() {
    const auto& tallies = origin_.tallies();
    Table table({{"FROM"},
                 {"WEIGHT", Align::right},
                 {"EXPECTED", Align::right},
                 {"CONNECTIONS", Align::right},
                 {"SHARE", Align::right},
                 {"BYTES", Align::right}});
    std::uint64_t connections = 0;
    std::uint64_t weights = 0;
    for (const auto& [address, tally] : tallies) connections += tally.connections;
    for (const auto& link : links_.links()) weights += link->weight();
    bool as_expected = connections == arguments_.downloads;
    for (const auto& link : links_.links()) {
      const auto found = tallies.find(*link->egress(net::Family::v4)->source);
      const auto tally = found == tallies.end() ? traffic::OriginTally{} : found->second;
      const auto expected =
          static_cast<double>(arguments_.downloads * link->weight()) / static_cast<double>(weights);
      // Smooth weighted round robin is never a whole connection away from the exact share.
      as_expected = as_expected && std::abs(expected - static_cast<double>(tally.connections)) < 1;
      table.add({link->name(), std::to_string(link->weight()), fmt::format("{:g}", expected),
                 std::to_string(tally.connections), format_share(tally.connections, connections),
                 format_bytes(tally.bytes_sent)});
    }
    for (const auto& [address, tally] : tallies) {
      if (is_link(address)) continue;
      as_expected = false;
      table.add({address.to_string(), "-", "0", std::to_string(tally.connections),
                 format_share(tally.connections, connections), format_bytes(tally.bytes_sent)});
    }
    const auto seconds = std::chrono::duration<double>(ended_ - started_).count();
    print(
        fmt::format("As the origin counted them:\n{}\n{} of {} intact, every byte checked, in "
                    "{:.1f} s. The split is {}.\n",
                    table.render("  ", styled_output()), arguments_.downloads - failed_,
                    format_count(arguments_.downloads, "download"), seconds,
                    as_expected ? "exactly as the weights say" : "WRONG"));
    return as_expected && failed_ == 0 ? kSuccess : kFailure;
  }

  bool is_link(const net::Address& address) const {
    for (const auto& link : links_.links()) {
      if (link->egress(net::Family::v4)->source == address) return true;
    }
    return false;
  }

  static constexpr std::uint64_t kFailuresShown = 3;

  DemoArguments arguments_;
  os::Runtime runtime_;
  link::LinkSet links_;
  traffic::Origin origin_;
  proxy::Server proxy_;
  std::string curl_;  // its path; empty: not installed
  Progress progress_;
  Download template_;  // what all downloads have in common
  net::TimePoint started_;
  net::TimePoint ended_;
  std::uint64_t taken_ = 0;
  std::uint64_t failed_ = 0;
};

}  // namespace

int run_demo(const DemoArguments& arguments, net::Log& log) {
  return Demo(arguments, log).run();
}

}  // namespace dispatch::cli

#include "cli/stream_run.hpp"

#include "cli/console.hpp"
#include "cli/exit_status.hpp"
#include "cli/stream_figures.hpp"
#include "engine/net/task_group.hpp"
#include "engine/os/files.hpp"
#include "engine/os/runtime.hpp"
#include "engine/os/signals.hpp"
#include "engine/stream/pipeline.hpp"

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace dispatch::cli {
namespace {

constexpr auto kProgressInterval = std::chrono::seconds(1);

std::string list_of(std::span<const stream::EndpointFigures> figures, bool inputs) {
  std::string list;
  for (const auto& each : figures) {
    if (each.is_input == inputs) list += (list.empty() ? "" : ", ") + each.name;
  }
  return list;
}

// Standard output may be what is sent: words go to standard error.
class StreamProgram {
 public:
  StreamProgram(os::Runtime& runtime, const StreamArguments& arguments,
                const ServeMetrics& serve_metrics)
      : runtime_(runtime),
        arguments_(arguments),
        serve_metrics_(serve_metrics),
        files_(runtime),
        pipeline_(runtime, files_, arguments.plan),
        signals_(runtime),
        beside_(runtime.executor(), nullptr) {}

  net::Task<void> run() {
    co_await pipeline_.open();
    listen_for_metrics();
    const auto endpoints = pipeline_.figures();
    if (!arguments_.quiet) {
      say(fmt::format("dispatch: {} from {} to {}\n", arguments_.verb, list_of(endpoints, true),
                      list_of(endpoints, false)));
    }
    began_ = runtime_.clock().now();
    if (metrics_) {
      beside_.spawn(serve_metrics_(runtime_, *metrics_, pipeline_));
    }
    beside_.spawn(stop_on_signals());
    if (!arguments_.quiet && terminal_errors()) beside_.spawn(show_progress());
    std::exception_ptr failure;
    try {
      co_await pipeline_.run();
    } catch (...) {
      failure = std::current_exception();
    }
    beside_.cancel();
    co_await beside_.idle();
    tell_figures();
    if (failure) std::rethrow_exception(failure);
  }

 private:
  net::Duration span() const { return runtime_.clock().now() - began_; }

  void listen_for_metrics() {
    if (!arguments_.metrics) return;
    auto listener = runtime_.network().listen(*arguments_.metrics, {});
    if (!listener) {
      throw RuntimeError(fmt::format("--metrics: cannot listen at {}: {}",
                                     net::to_string(*arguments_.metrics),
                                     listener.error().message()));
    }
    metrics_ = std::move(*listener);
    if (arguments_.quiet) return;
    say(fmt::format("dispatch: metrics at http://{}/metrics\n",
                    net::to_string(metrics_->local_endpoint())));
  }

  net::Task<void> stop_on_signals() {
    for (;;) {
      const auto signal = co_await signals_.next();
      if (!signal) co_return;
      pipeline_.stop();
    }
  }

  net::Task<void> show_progress() {
    auto before = pipeline_.figures();
    for (;;) {
      if (co_await runtime_.clock().sleep_for(kProgressInterval)) co_return;
      const auto now = pipeline_.figures();
      const auto lines = stream_progress(before, now, kProgressInterval, span(), lines_most());
      erase_progress();
      say(fmt::format("{}", fmt::join(lines, "\n")));
      lines_shown_ = lines.size();
      before = now;
    }
  }

  // A line that wraps, or scrolls away, could not be erased. Where what is sent goes to the same
  // terminal, one line is enough of a disturbance.
  std::size_t lines_most() const {
    constexpr std::size_t kColumns = 80;
    constexpr std::size_t kMost = 16;
    const auto size = error_terminal_size();
    if (!size || size->columns < kColumns || size->rows < 2) return 1;
    const auto& to = arguments_.plan.to;
    const bool teed = std::any_of(to.begin(), to.end(), [](const stream::EndpointSpec& each) {
      return each.scheme == stream::Scheme::standard;
    });
    if (teed && terminal_output()) return 1;
    return std::min(size->rows - 1, kMost);
  }

  void erase_progress() {
    if (lines_shown_ > 1) say(fmt::format("\x1b[{}A", lines_shown_ - 1));
    if (lines_shown_ > 0) say("\r\x1b[J");
    lines_shown_ = 0;
  }

  void tell_figures() {
    erase_progress();
    const auto figures = StreamFigures::of(pipeline_, span());
    if (!arguments_.quiet) say(stream_summary(figures));
    if (arguments_.json) print(stream_json(figures));
  }

  os::Runtime& runtime_;
  const StreamArguments& arguments_;
  const ServeMetrics& serve_metrics_;
  os::Files files_;
  stream::Pipeline pipeline_;
  net::ListenerPtr metrics_;
  os::Signals signals_;
  net::TaskGroup beside_;
  net::TimePoint began_{};
  std::size_t lines_shown_ = 0;  // of progress
};

}  // namespace

int run_stream(const StreamArguments& arguments, net::Log& log, const ServeMetrics& serve_metrics) {
  os::Runtime runtime(log);
  StreamProgram program(runtime, arguments, serve_metrics);
  std::exception_ptr failure;
  net::asio::co_spawn(runtime.executor(), program.run(), [&](std::exception_ptr exception) {
    failure = exception;
    runtime.stop();
  });
  runtime.run();
  if (failure) std::rethrow_exception(failure);
  return kSuccess;
}

}  // namespace dispatch::cli

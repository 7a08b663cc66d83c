// What a fleet costs: memory of a thousand agents at one coordinator, and requests per second
// through ten, all of it on loopback, with the programs as they are shipped.
//
//     bench_fleet DISPATCH [SECONDS [RATE [AGENTS]]]
//
// The load, the target and the thousand agents live in this process, on one thread.
#include "engine/fleet/agent.hpp"
#include "engine/net/task_group.hpp"
#include "engine/os/descriptor_limit.hpp"
#include "engine/os/runtime.hpp"
#include "engine/proxy/http_body.hpp"
#include "engine/proxy/http_reader.hpp"
#include "engine/traffic/ledger.hpp"
#include "tests/bench/bench_process.hpp"

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <unistd.h>

namespace dispatch::bench {
namespace {

namespace http = proxy::http;
using net::Task;
using namespace std::chrono_literals;

constexpr std::size_t kConnections = 128;
constexpr std::size_t kAgents = 10;

struct Folder {
  Folder()
      : path(std::filesystem::temp_directory_path() / fmt::format("bench_fleet.{}", ::getpid())) {
    std::filesystem::create_directories(path);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

// A connection to the coordinator that asks again and again.
class Caller {
 public:
  Caller(net::Runtime& runtime, net::Endpoint to) : runtime_(runtime), to_(to) {}

  // The body of the answer; throws where there is none.
  Task<std::string> call(std::string text) {
    if (!stream_) {
      auto connected = co_await runtime_.network().connect(to_, net::kAnyEgress);
      if (!connected) throw std::runtime_error("connect: " + connected.error().message());
      stream_ = std::move(*connected);
      reader_ = std::make_unique<http::Reader>(*stream_, nullptr);
    }
    const auto error = co_await net::write_all(*stream_, std::as_bytes(std::span(text)));
    if (error) throw std::runtime_error("write: " + error.message());
    auto got = co_await reader_->read_head();
    if (!got || got->fault) throw std::runtime_error("no answer");
    const auto head = http::parse_response_head(got->text);
    http::BodyReader body(*reader_, *http::framing_of(*head, "POST"));
    std::string out;
    for (;;) {
      const auto piece = body.take();
      out.append(reinterpret_cast<const char*>(piece->data()), piece->size());
      if (!piece->empty()) continue;
      if (body.has_ended()) co_return out;
      const auto more = co_await body.wait();
      if (more) throw std::runtime_error("body: " + more.message());
    }
  }

 private:
  net::Runtime& runtime_;
  net::Endpoint to_;
  net::StreamPtr stream_;
  std::unique_ptr<http::Reader> reader_;
};

double number_behind(const std::string& text, std::string_view key) {
  const auto at = text.find(key);
  return at == std::string::npos ? 0 : std::atof(text.c_str() + at + key.size());
}

double percentile(std::vector<double>& values, double percent) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const auto index =
      static_cast<std::size_t>(percent / 100 * static_cast<double>(values.size() - 1));
  return values[index];
}

struct Load {
  std::vector<double> latencies_ms;
  std::vector<double> overheads_ms;  // the caller's time without the agent's
  std::uint64_t failures = 0;
  net::Duration span{};
};

class Bench {
 public:
  Bench(std::string dispatch, double seconds, double rate, std::size_t idle)
      : dispatch_(std::move(dispatch)),
        seconds_(seconds),
        rate_(rate),
        idle_(idle),
        tasks_(runtime_.executor(),
               [](std::exception_ptr failure) { std::rethrow_exception(failure); }) {}

  int run() {
    std::exception_ptr failure;
    net::asio::co_spawn(runtime_.executor(), work(), [&](std::exception_ptr thrown) {
      failure = thrown;
      runtime_.stop();
    });
    runtime_.run();
    if (failure) std::rethrow_exception(failure);
    return 0;
  }

 private:
  Task<void> work() {
    co_await measure_memory();
    co_await measure_requests();
  }

  std::unique_ptr<Process> coordinator(std::uint16_t port) {
    const auto history = folder_.path / fmt::format("history.{}", port);
    auto made = std::make_unique<Process>(std::vector<std::string>{
        dispatch_, "coordinator", "--port", std::to_string(port), "--allow-private", "--history",
        history.string(), "--log-level", "warning"});
    made->wait_for(port);
    return made;
  }

  Task<void> wait_for_agents(std::uint16_t port, std::size_t count) {
    Caller caller(runtime_, {*net::parse_address("127.0.0.1"), port});
    for (int i = 0; i < 1500; ++i) {
      const auto text = co_await caller.call("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
      if (number_behind(text, "\"agents_connected\":") >= static_cast<double>(count)) co_return;
      (void)co_await runtime_.clock().sleep_for(20ms);
    }
    throw std::runtime_error("the agents did not connect");
  }

  Task<void> measure_memory() {
    const auto program = coordinator(kMemoryPort);
    co_await wait_for_agents(kMemoryPort, 0);
    const auto before = program->private_kilobytes();
    const auto began = runtime_.clock().now();
    for (std::size_t i = 0; i < idle_; ++i) {
      auto& options = *options_.emplace_back(std::make_unique<fleet::AgentOptions>());
      options.id = fmt::format("idle-{}", i);
      options.hostname = "bench.example";
      options.coordinators = {
          *fleet::parse_target_url(fmt::format("http://127.0.0.1:{}", kMemoryPort))};
      options.addresses.addresses = {
          *net::parse_address(fmt::format("127.1.{}.{}", i / 250, i % 250 + 1))};
      members_.push_back(std::make_unique<fleet::Agent>(runtime_, options));
      tasks_.spawn(members_.back()->run());
    }
    co_await wait_for_agents(kMemoryPort, idle_);
    const auto took = runtime_.clock().now() - began;
    const auto after = program->private_kilobytes();
    fmt::print("{} agents connected within {:.2f} s: {:.1f} kB of the coordinator's memory each\n",
               idle_, std::chrono::duration<double>(took).count(),
               (after - before) / static_cast<double>(idle_));
    tasks_.cancel();
    (void)co_await tasks_.idle();
    members_.clear();
  }

  Task<void> measure_requests() {
    const auto program = coordinator(kPort);
    traffic::Ledger target(runtime_);
    const auto bound = target.listen({*net::parse_address("127.0.0.1"), 0});
    if (!bound) throw std::runtime_error("the target cannot listen");
    target.start();
    std::vector<std::unique_ptr<Process>> agents;
    for (std::size_t i = 0; i < kAgents; ++i) {
      agents.push_back(std::make_unique<Process>(std::vector<std::string>{
          dispatch_, "agent", "--coordinator", fmt::format("http://127.0.0.1:{}", kPort),
          "--agent-id", fmt::format("agent-{}", i), "--address", fmt::format("127.0.0.{}", i + 2),
          "--log-level", "warning"}));
    }
    co_await wait_for_agents(kPort, kAgents);
    const auto content =
        fmt::format(R"({{"url":"http://127.0.0.1:{}/b?bytes=200","timeout":10}})", bound->port);
    request_ =
        fmt::format("POST /api/execute HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{}",
                    content.size(), content);
    (void)co_await load(0, std::min(seconds_, 1.0));  // warm
    const auto before = program->cpu_seconds();
    auto paced = co_await load(rate_, seconds_);
    const auto cpu = program->cpu_seconds() - before;
    print(fmt::format("asked for {:.0f}/s", rate_), paced, cpu);
    const auto again = program->cpu_seconds();
    auto most = co_await load(0, seconds_);
    print("as fast as it goes", most, program->cpu_seconds() - again);
    std::uint64_t least = UINT64_MAX;
    std::uint64_t highest = 0;
    for (const auto& [address, count] : target.sources()) {
      least = std::min(least, count);
      highest = std::max(highest, count);
    }
    fmt::print("executions of each of {} addresses: {} to {}\n", target.sources().size(), least,
               highest);
    co_await target.stop();
  }

  static void print(const std::string& what, Load& load, double cpu) {
    const auto count = static_cast<double>(load.latencies_ms.size());
    const auto seconds = std::chrono::duration<double>(load.span).count();
    fmt::print(
        "{}: {:.0f} requests/s, {} failed; a request {:.2f} ms (p50), {:.2f} ms (p99); "
        "without the agent's part {:.2f} ms, {:.2f} ms; {:.0f} us of the coordinator's CPU "
        "each\n",
        what, count / seconds, load.failures, percentile(load.latencies_ms, 50),
        percentile(load.latencies_ms, 99), percentile(load.overheads_ms, 50),
        percentile(load.overheads_ms, 99), cpu / count * 1e6);
  }

  // `rate` 0: each connection asks as soon as it has its answer.
  Task<Load> load(double rate, double seconds) {
    Load load;
    const auto began = runtime_.clock().now();
    const auto end =
        began + std::chrono::duration_cast<net::Duration>(std::chrono::duration<double>(seconds));
    std::uint64_t next = 0;
    net::TaskGroup callers(runtime_.executor(),
                           [](std::exception_ptr failure) { std::rethrow_exception(failure); });
    const auto ask = [&]() -> Task<void> {
      Caller caller(runtime_, {*net::parse_address("127.0.0.1"), kPort});
      for (;;) {
        auto due = runtime_.clock().now();
        if (rate > 0) {
          const auto at = static_cast<double>(next++) / rate;
          due =
              began + std::chrono::duration_cast<net::Duration>(std::chrono::duration<double>(at));
        }
        if (due >= end) co_return;
        if (due > runtime_.clock().now() && co_await runtime_.clock().sleep_until(due)) co_return;
        const auto text = co_await caller.call(request_);
        // From when it was due: who waits for a connection waits for the fleet.
        const auto took = std::chrono::duration<double, std::milli>(runtime_.clock().now() - due);
        if (text.find("\"success\":true") == std::string::npos) ++load.failures;
        load.latencies_ms.push_back(took.count());
        load.overheads_ms.push_back(took.count() - number_behind(text, "\"duration_ms\":"));
      }
    };
    for (std::size_t i = 0; i < kConnections; ++i) callers.spawn(ask());
    (void)co_await callers.idle();
    load.span = runtime_.clock().now() - began;
    co_return load;
  }

  static constexpr std::uint16_t kMemoryPort = 28'000;
  static constexpr std::uint16_t kPort = 28'001;

  std::string dispatch_;
  double seconds_;
  double rate_;
  std::size_t idle_;
  Folder folder_;
  os::Runtime runtime_;
  net::TaskGroup tasks_;
  std::vector<std::unique_ptr<fleet::AgentOptions>> options_;
  std::vector<std::unique_ptr<fleet::Agent>> members_;
  std::string request_;
};

}  // namespace
}  // namespace dispatch::bench

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "bench_fleet DISPATCH [SECONDS [RATE [AGENTS]]]\n");
    return 2;
  }
  try {
    dispatch::os::raise_descriptor_limit();
    const double seconds = argc > 2 ? std::atof(argv[2]) : 5;
    const double rate = argc > 3 ? std::atof(argv[3]) : 5000;
    const auto agents = argc > 4 ? static_cast<std::size_t>(std::atoi(argv[4])) : 1000;
    dispatch::bench::Bench bench(argv[1], seconds, rate, agents);
    return bench.run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_fleet: %s\n", error.what());
    return 1;
  }
}

// What a fleet costs: memory of a thousand agents at one coordinator, and requests per second
// through ten, all of it on loopback, with the programs as they are shipped.
//
//     bench_fleet DISPATCH [SECONDS [RATE[,RATE...] [AGENTS]]]
//
// The load and the thousand agents live in this process on one thread, the target on another.
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
#include <sstream>
#include <sys/resource.h>
#include <thread>
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

  double rate() const {
    return static_cast<double>(latencies_ms.size()) / std::chrono::duration<double>(span).count();
  }
};

// What answers, and remembers who asked.
class Target {
 public:
  Target() : ledger_(runtime_) {
    const auto bound = ledger_.listen({*net::parse_address("127.0.0.1"), 0});
    if (!bound) throw std::runtime_error("the target cannot listen");
    endpoint_ = *bound;
    ledger_.start();
    thread_ = std::thread([this] { runtime_.run(); });
  }
  ~Target() { stop(); }
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;

  const net::Endpoint& endpoint() const { return endpoint_; }
  void stop() {
    if (!thread_.joinable()) return;
    net::asio::co_spawn(runtime_.executor(), ledger_.stop(),
                        [this](std::exception_ptr) { runtime_.stop(); });
    thread_.join();
  }
  // Once it has stopped.
  const traffic::Ledger& ledger() const { return ledger_; }

 private:
  os::Runtime runtime_;
  traffic::Ledger ledger_;
  net::Endpoint endpoint_;
  std::thread thread_;
};

double own_cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::string request_text(const std::string& line, const std::string& content) {
  return fmt::format("{} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{}", line,
                     content.size(), content);
}

class Bench {
 public:
  Bench(std::string dispatch, double seconds, std::vector<double> rates, std::size_t idle)
      : dispatch_(std::move(dispatch)),
        seconds_(seconds),
        rates_(std::move(rates)),
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
    if (idle_ != 0) co_await measure_memory();
    co_await measure_requests();
    co_await measure_one_at_a_time();
  }

  std::unique_ptr<Process> coordinator(std::uint16_t port, const std::string& per_agent = "100") {
    const auto history = folder_.path / fmt::format("history.{}", port);
    auto made = std::make_unique<Process>(std::vector<std::string>{
        dispatch_, "coordinator", "--port", std::to_string(port), "--allow-private", "--history",
        history.string(), "--log-level", "warning", "--max-per-agent", per_agent});
    made->wait_for(port);
    return made;
  }

  Task<void> start_agents(std::uint16_t port) {
    for (std::size_t i = 0; i < kAgents; ++i) {
      agents_.push_back(std::make_unique<Process>(std::vector<std::string>{
          dispatch_, "agent", "--coordinator", fmt::format("http://127.0.0.1:{}", port),
          "--agent-id", fmt::format("agent-{}", i), "--address", fmt::format("127.0.0.{}", i + 2),
          "--log-level", "warning"}));
    }
    co_await wait_for_agents(port, kAgents);
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

  static std::string execute(const Target& target, const std::string& path) {
    return request_text("POST /api/execute",
                        fmt::format(R"({{"url":"http://127.0.0.1:{}{}","timeout":10}})",
                                    target.endpoint().port, path));
  }

  Task<void> measure_requests() {
    const auto program = coordinator(kPort);
    Target target;
    co_await start_agents(kPort);
    const net::Endpoint to{*net::parse_address("127.0.0.1"), kPort};
    const auto request = execute(target, kPath);
    (void)co_await load(to, request, 0, std::min(seconds_, 1.0));  // warm
    for (const double rate : rates_) {
      const auto straight = fmt::format("GET {}", kPath);
      auto without =
          co_await load(target.endpoint(), request_text(straight, ""), rate, seconds_ / 2);
      const auto title = rate == 0 ? std::string("as fast as it goes")
                                   : fmt::format("{:.0f} requests/s asked for", rate);
      const double coordinators = program->cpu_seconds();
      const double agents = agents_cpu_seconds();
      const double own = own_cpu_seconds();
      auto loaded = co_await load(to, request, rate, seconds_);
      const auto each = [&](double seconds) {
        return seconds / static_cast<double>(loaded.latencies_ms.size()) * 1e6;
      };
      print(title, loaded, without);
      fmt::print(
          "  CPU of each: {:.0f} us of the coordinator, {:.0f} us of the agents, {:.0f} us of "
          "load and target\n",
          each(program->cpu_seconds() - coordinators), each(agents_cpu_seconds() - agents),
          each(own_cpu_seconds() - own));
      std::fflush(stdout);
    }
    agents_.clear();
    target.stop();
    std::uint64_t least = UINT64_MAX;
    std::uint64_t highest = 0;
    for (const auto& [address, count] : target.ledger().sources()) {
      if (address == *net::parse_address("127.0.0.1")) continue;  // came straight
      least = std::min(least, count);
      highest = std::max(highest, count);
    }
    fmt::print("executions of each of {} addresses: {} to {}\n", kAgents, least, highest);
  }

  // As the original's agents work, beside agents that do not wait.
  Task<void> measure_one_at_a_time() {
    for (const auto* at_once : {"1", "100"}) {
      const auto program = coordinator(kPort, at_once);
      Target target;
      co_await start_agents(kPort);
      const net::Endpoint to{*net::parse_address("127.0.0.1"), kPort};
      const auto slow = co_await load(to, execute(target, "/slow?wait=20"), 0, seconds_ / 2);
      fmt::print("a target that takes 20 ms, {} at a time for each agent: {:.0f} requests/s\n",
                 at_once, slow.rate());
      agents_.clear();
    }
  }

  double agents_cpu_seconds() const {
    double seconds = 0;
    for (const auto& each : agents_) seconds += each->cpu_seconds();
    return seconds;
  }

  static void print(const std::string& title, Load& load, Load& without) {
    auto& all = load.latencies_ms;
    auto& overheads = load.overheads_ms;
    fmt::print("{}: {:.0f}/s, {} failed\n", title, load.rate(), load.failures);
    fmt::print("  a request: {:.2f} ms (p50), {:.2f} ms (p99)\n", percentile(all, 50),
               percentile(all, 99));
    fmt::print("  without the agent's part: {:.2f} ms (p50), {:.2f} ms (p99), {:.2f} ms (p99.9)\n",
               percentile(overheads, 50), percentile(overheads, 99), percentile(overheads, 99.9));
    fmt::print("  straight to the target, as often: {:.2f} ms (p50), {:.2f} ms (p99)\n",
               percentile(without.latencies_ms, 50), percentile(without.latencies_ms, 99));
  }

  // `rate` 0: each connection asks as soon as it has its answer.
  Task<Load> load(net::Endpoint to, const std::string& request, double rate, double seconds) {
    Load load;
    const auto began = runtime_.clock().now();
    const auto end =
        began + std::chrono::duration_cast<net::Duration>(std::chrono::duration<double>(seconds));
    std::uint64_t next = 0;
    net::TaskGroup callers(runtime_.executor(),
                           [](std::exception_ptr failure) { std::rethrow_exception(failure); });
    const auto ask = [&]() -> Task<void> {
      Caller caller(runtime_, to);
      for (;;) {
        auto due = runtime_.clock().now();
        if (rate > 0) {
          const auto at = static_cast<double>(next++) / rate;
          due =
              began + std::chrono::duration_cast<net::Duration>(std::chrono::duration<double>(at));
        }
        if (due >= end) co_return;
        if (due > runtime_.clock().now() && co_await runtime_.clock().sleep_until(due)) co_return;
        const auto text = co_await caller.call(request);
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
  static constexpr auto kPath = "/b?bytes=200";

  std::string dispatch_;
  double seconds_;
  std::vector<double> rates_;
  std::size_t idle_;
  Folder folder_;
  os::Runtime runtime_;
  net::TaskGroup tasks_;
  std::vector<std::unique_ptr<fleet::AgentOptions>> options_;
  std::vector<std::unique_ptr<fleet::Agent>> members_;
  std::vector<std::unique_ptr<Process>> agents_;
};

}  // namespace
}  // namespace dispatch::bench

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "bench_fleet DISPATCH [SECONDS [RATE[,RATE...] [AGENTS]]]\n");
    return 2;
  }
  try {
    dispatch::os::raise_descriptor_limit();
    const double seconds = argc > 2 ? std::atof(argv[2]) : 5;
    // 0: as fast as it goes.
    std::istringstream texts(argc > 3 ? argv[3] : "1000,2000,5000,0");
    std::vector<double> rates;
    for (std::string each; std::getline(texts, each, ',');) rates.push_back(std::stod(each));
    const auto agents = argc > 4 ? static_cast<std::size_t>(std::atoi(argv[4])) : 1000;
    dispatch::bench::Bench bench(argv[1], seconds, std::move(rates), agents);
    return bench.run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_fleet: %s\n", error.what());
    return 1;
  }
}

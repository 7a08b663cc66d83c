#include "cli/log_file.hpp"

#include "cli/console.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/rotating_file_sink.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <pwd.h>
#include <unistd.h>

namespace dispatch::cli {
namespace {

constexpr std::size_t kFileSizeMax = 10'000'000;  // bytes
constexpr std::size_t kOldFiles = 3;
constexpr auto kPattern = "%Y-%m-%dT%H:%M:%S.%e%z %P %l: %v";

// As spdlog's own standard output sinks, but it notices when a write fails.
class StandardOutputSink : public spdlog::sinks::base_sink<std::mutex> {
 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    print({line.data(), line.size()});
  }
  void flush_() override {}
};

spdlog::level::level_enum level_of(net::LogLevel level) {
  switch (level) {
    case net::LogLevel::debug:
      return spdlog::level::debug;
    case net::LogLevel::info:
      return spdlog::level::info;
    case net::LogLevel::warning:
      return spdlog::level::warn;
    case net::LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

class SpdlogLog : public net::Log {
 public:
  // A disk that is full may have room again; whoever read standard output has gone for good.
  enum class AfterFailure { tries_again, ends };

  SpdlogLog(spdlog::sink_ptr sink, net::LogLevel level, AfterFailure then)
      : logger_("dispatch", std::move(sink)), ends_at_first_failure_(then == AfterFailure::ends) {
    logger_.set_pattern(kPattern);
    logger_.set_level(level_of(level));
    logger_.flush_on(spdlog::level::debug);
    logger_.set_error_handler([this](const std::string& reason) { pause(reason); });
  }

  bool wants(net::LogLevel level) const override { return logger_.should_log(level_of(level)); }
  void write(net::LogLevel level, std::string_view line) override {
    if (!wants(level) || !may_try()) return;
    logger_.log(level_of(level), spdlog::string_view_t(line.data(), line.size()));
  }

 private:
  using Clock = std::chrono::steady_clock;

  void pause(const std::string& reason) {
    constexpr auto kPause = std::chrono::seconds(2);
    const auto next = ends_at_first_failure_ ? Clock::time_point::max() : Clock::now() + kPause;
    next_try_ = next.time_since_epoch().count();
    failing_ = true;
    if (complained_.exchange(true)) return;
    complain(fmt::format("warning: {}: {}",
                         ends_at_first_failure_ ? "the log ends here" : "the log has a gap here",
                         reason));
  }

  // What is written while the file takes nothing costs nothing.
  bool may_try() {
    if (!failing_) return true;
    if (Clock::now().time_since_epoch().count() < next_try_) return false;
    failing_ = false;
    logger_.warn("lines are missing here: the file took none");
    if (!failing_) complained_ = false;
    return !failing_;
  }

  spdlog::logger logger_;
  const bool ends_at_first_failure_;
  std::atomic<bool> failing_ = false;
  std::atomic<bool> complained_ = false;
  std::atomic<Clock::rep> next_try_ = 0;
};

std::filesystem::path state_home() {
  // XDG Base Directory Specification: a relative path is to be ignored.
  if (const auto* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state == '/') {
    return state;
  }
  const auto* home = std::getenv("HOME");
  if (home == nullptr || *home == '\0') {
    const auto* user = ::getpwuid(::getuid());
    home = user != nullptr ? user->pw_dir : "/";
  }
  return std::filesystem::path(home) / ".local" / "state";
}

}  // namespace

std::string state_folder() {
  return state_home() / "dispatch";
}

std::string default_log_path() {
  return state_folder() + "/dispatch.log";
}

std::unique_ptr<net::Log> open_log_file(const std::string& path, net::LogLevel level) {
  try {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    return std::make_unique<SpdlogLog>(
        std::make_shared<spdlog::sinks::rotating_file_sink_mt>(path, kFileSizeMax, kOldFiles),
        level, SpdlogLog::AfterFailure::tries_again);
  } catch (const std::filesystem::filesystem_error& error) {
    complain(fmt::format("warning: no log is kept: {}: {}", error.path1().string(),
                         error.code().message()));
  } catch (const spdlog::spdlog_ex& error) {
    complain(fmt::format("warning: no log is kept: {}", error.what()));
  }
  return std::make_unique<net::NullLog>();
}

std::unique_ptr<net::Log> open_log_on_standard_output() {
  return std::make_unique<SpdlogLog>(std::make_shared<StandardOutputSink>(), net::LogLevel::debug,
                                     SpdlogLog::AfterFailure::ends);
}

}  // namespace dispatch::cli

#include "cli/log_file.hpp"

#include "cli/console.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/rotating_file_sink.h>

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
  SpdlogLog(spdlog::sink_ptr sink, net::LogLevel level) : logger_("dispatch", std::move(sink)) {
    logger_.set_pattern(kPattern);
    logger_.set_level(level_of(level));
    logger_.flush_on(spdlog::level::debug);
    // After the first line that is lost, no more are tried.
    logger_.set_error_handler([this](const std::string& reason) {
      if (logger_.level() == spdlog::level::off) return;
      logger_.set_level(spdlog::level::off);
      complain("warning: the log ends here: " + reason);
    });
  }

  bool wants(net::LogLevel level) const override { return logger_.should_log(level_of(level)); }
  void write(net::LogLevel level, std::string_view line) override {
    logger_.log(level_of(level), spdlog::string_view_t(line.data(), line.size()));
  }

 private:
  spdlog::logger logger_;
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

std::string default_log_path() {
  return state_home() / "dispatch" / "dispatch.log";
}

std::unique_ptr<net::Log> open_log_file(const std::string& path, net::LogLevel level) {
  try {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    return std::make_unique<SpdlogLog>(
        std::make_shared<spdlog::sinks::rotating_file_sink_mt>(path, kFileSizeMax, kOldFiles),
        level);
  } catch (const std::filesystem::filesystem_error& error) {
    complain(fmt::format("warning: no log is kept: {}: {}", error.path1().string(),
                         error.code().message()));
  } catch (const spdlog::spdlog_ex& error) {
    complain(fmt::format("warning: no log is kept: {}", error.what()));
  }
  return std::make_unique<net::NullLog>();
}

std::unique_ptr<net::Log> open_log_on_standard_output() {
  return std::make_unique<SpdlogLog>(std::make_shared<StandardOutputSink>(), net::LogLevel::debug);
}

}  // namespace dispatch::cli

#include "cli/child_process.hpp"

#include "cli/exit_status.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>

namespace dispatch::cli {
namespace {

[[noreturn]] void throw_cannot_start(const std::string& program, int error) {
  throw RuntimeError(fmt::format("cannot start {}: {}", program, std::strerror(error)));
}

// What the child changes between fork and exec.
class SpawnSettings {
 public:
  explicit SpawnSettings(int output) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    posix_spawnattr_init(&attributes_);
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);  // ignored here, and an exec does not undo that
    posix_spawnattr_setsigdefault(&attributes_, &defaults);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }

  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

}  // namespace

std::string find_program(const std::string& program) {
  const auto* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (folder.empty()) continue;
    auto candidate = folder + "/" + program;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return {};
}

ChildProcess::ChildProcess(net::asio::any_io_executor executor, const std::string& program,
                           const std::vector<std::string>& arguments)
    : output_(std::move(executor)) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) == -1) throw_cannot_start(program, errno);
  for (const int end : ends) ::fcntl(end, F_SETFD, FD_CLOEXEC);
  const SpawnSettings settings(ends[1]);
  std::vector<char*> argv{const_cast<char*>(program.c_str())};
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const int error = ::posix_spawn(&process_, program.c_str(), settings.actions(),
                                  settings.attributes(), argv.data(), environ);
  ::close(ends[1]);
  if (error != 0) {
    ::close(ends[0]);
    throw_cannot_start(program, error);
  }
  output_.assign(ends[0]);
}

net::Task<net::Result<std::size_t>> ChildProcess::read_some(std::span<std::byte> buffer) {
  const auto [error, bytes] =
      co_await output_.async_read_some(net::asio::buffer(buffer.data(), buffer.size()),
                                       net::asio::as_tuple(net::asio::use_awaitable));
  if (error == net::asio::error::eof) co_return std::size_t{0};
  if (error) co_return error;
  co_return bytes;
}

int ChildProcess::wait() {
  int status = 0;
  while (::waitpid(process_, &status, 0) == -1 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace dispatch::cli

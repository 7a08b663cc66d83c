#include "tests/bench/bench_process.hpp"

#include "tests/bench/bench_socket.hpp"

#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <signal.h>
#include <spawn.h>
#include <sstream>
#include <sys/wait.h>
#include <thread>
#include <time.h>
#include <unistd.h>

namespace dispatch::bench {

Process::Process(const std::vector<std::string>& command) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  std::vector<char*> arguments;
  for (const auto& each : command) arguments.push_back(const_cast<char*>(each.c_str()));
  arguments.push_back(nullptr);
  if (::posix_spawn(&process_, arguments[0], &actions, nullptr, arguments.data(), environ) != 0) {
    fail("start " + command[0]);
  }
  posix_spawn_file_actions_destroy(&actions);
}

Process::~Process() {
  ::kill(process_, SIGTERM);
  ::waitpid(process_, nullptr, 0);
}

void Process::wait_for(std::uint16_t port) const {
  const auto address = loopback(port);
  for (int i = 0; i < 500; ++i) {
    const Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  fail("a program did not start to listen");
}

double Process::cpu_seconds() const {
  clockid_t clock{};
  timespec time{};
  if (::clock_getcpuclockid(process_, &clock) != 0 || ::clock_gettime(clock, &time) != 0) {
    fail("CPU clock of a program");
  }
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

double Process::private_kilobytes() const {
  std::ifstream file("/proc/" + std::to_string(process_) + "/smaps_rollup");
  double total = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("Private_")) total += std::atof(line.c_str() + line.find(':') + 1);
  }
  return total;
}

int Process::descriptors() const {
  const std::filesystem::directory_iterator folder("/proc/" + std::to_string(process_) + "/fd");
  return static_cast<int>(std::distance(begin(folder), end(folder)));
}

std::string find_program(const std::string& name) {
  const auto* path = std::getenv("PATH");
  std::istringstream folders((path == nullptr ? std::string() : path) + ":/usr/sbin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const auto file = folder + "/" + name;
    if (::access(file.c_str(), X_OK) == 0) return file;
  }
  return {};
}

}  // namespace dispatch::bench

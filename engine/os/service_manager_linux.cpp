#include "engine/os/file_descriptor.hpp"
#include "engine/os/service_manager.hpp"
#include "engine/os/socket.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace dispatch::os {
namespace {

std::string_view variable(const char* name) {
  const auto* value = std::getenv(name);
  return value == nullptr ? std::string_view() : value;
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Where WATCHDOG_PID names another process, it was meant for that one.
std::optional<net::Duration> watchdog_of_environment() {
  const auto microseconds = number(variable("WATCHDOG_USEC"));
  if (!microseconds || *microseconds <= 0) return std::nullopt;
  const auto process = variable("WATCHDOG_PID");
  if (!process.empty() && number(process) != ::getpid()) return std::nullopt;
  return std::chrono::microseconds(*microseconds);
}

}  // namespace

ServiceManager::ServiceManager()
    : path_(variable("NOTIFY_SOCKET")), watchdog_(watchdog_of_environment()) {}

net::Status ServiceManager::tell(std::string_view lines) const {
  if (path_.empty()) return {};
  sockaddr_un address{};
  if (path_.size() >= sizeof address.sun_path) return net::errno_error(ENAMETOOLONG);
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path_.data(), path_.size());
  if (path_.front() == '@') address.sun_path[0] = '\0';
  const FileDescriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) return last_error();
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path_.size());
  const auto sent = ::sendto(socket.get(), lines.data(), lines.size(), MSG_NOSIGNAL,
                             reinterpret_cast<const sockaddr*>(&address), size);
  return sent < 0 ? last_error() : net::Status{};
}

net::Status ServiceManager::tell_reloading() const {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const auto microseconds = now.tv_sec * 1'000'000LL + now.tv_nsec / 1000;
  return tell(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", microseconds));
}

}  // namespace dispatch::os

#include "cli/control_path.hpp"

#include <cstdlib>
#include <unistd.h>

namespace dispatch::cli {
namespace {

constexpr auto kOfSystem = "/run/dispatch/control.sock";

// Empty: it is not set.
std::string variable(const char* name) {
  const auto* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string of_user() {
  const auto folder = variable("XDG_RUNTIME_DIR");
  return folder.empty() ? "" : folder + "/dispatch/control.sock";
}

}  // namespace

std::string default_control_path() {
  const auto of_service = variable("RUNTIME_DIRECTORY");
  if (!of_service.empty()) return of_service + "/control.sock";
  const auto users = of_user();
  if (!users.empty()) return users;
  return ::geteuid() == 0 ? kOfSystem : "";
}

std::vector<std::string> control_paths() {
  std::vector<std::string> paths;
  const auto users = of_user();
  if (!users.empty()) paths.push_back(users);
  paths.emplace_back(kOfSystem);
  return paths;
}

}  // namespace dispatch::cli

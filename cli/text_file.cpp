#include "cli/text_file.hpp"

#include "cli/console.hpp"
#include "engine/net/config_error.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace dispatch::cli {
namespace {

namespace fs = std::filesystem;

}  // namespace

std::string read_text_file(const std::string& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) throw net::ConfigError(path + ": is a directory");
  std::ifstream file(path, std::ios::binary);
  if (!file) throw net::ConfigError(fmt::format("{}: {}", path, std::strerror(errno)));
  std::string text((std::istreambuf_iterator<char>(file)), {});
  if (file.bad()) throw net::ConfigError(path + ": cannot be read");
  return text;
}

void warn_of_other_readers(const std::string& path, const std::string& what) {
  std::error_code error;
  const auto status = fs::status(path, error);
  constexpr auto kOthers = fs::perms::group_read | fs::perms::others_read;
  if (fs::is_regular_file(status) && (status.permissions() & kOthers) != fs::perms::none) {
    complain(
        fmt::format("warning: {0} holds {1}, and others may read it: chmod 600 {0}", path, what));
  }
}

}  // namespace dispatch::cli

#include "sim/scenario/data_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace dispatch::scenario {
namespace {

namespace fs = std::filesystem;

std::string read_all(const YamlValue& value, const fs::path& path) {
  const auto name = value.text("the name of a file");
  std::error_code error;
  const auto status = fs::status(path, error);
  if (!fs::exists(status)) value.fail(fmt::format("\"{}\": no such file", name));
  if (!fs::is_regular_file(status)) value.fail(fmt::format("\"{}\" is not a regular file", name));
  if (fs::file_size(path, error) > kDataBytesMax || error) {
    value.fail(fmt::format("\"{}\" is larger than {} MiB", name, kDataBytesMax / 1024 / 1024));
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) value.fail(fmt::format("\"{}\": {}", name, std::strerror(errno)));
  std::string text((std::istreambuf_iterator<char>(file)), {});
  if (file.bad()) value.fail(fmt::format("\"{}\" cannot be read", name));
  return text;
}

std::string_view trimmed(std::string_view line) {
  constexpr std::string_view kBlanks = " \t\r";
  const auto first = line.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(kBlanks) - first + 1);
}

}  // namespace

fs::path read_data_file(const YamlValue& value,
                        const std::function<std::string(std::string_view)>& take) {
  const auto name = value.text("the name of a file");
  if (name.empty() || name.find('\0') != std::string::npos) value.fail("not the name of a file");
  std::error_code error;
  const auto path = fs::absolute(value.folder() / name, error);
  if (error) value.fail(fmt::format("\"{}\": {}", name, error.message()));
  const auto text = read_all(value, path);
  std::size_t number = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const auto line = trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    ++number;
    if (line.empty() || line.front() == '#') continue;
    if (const auto wrong = take(line); !wrong.empty()) {
      value.fail(fmt::format("line {} of \"{}\": {}", number, name, wrong));
    }
  }
  return path.lexically_normal();
}

}  // namespace dispatch::scenario

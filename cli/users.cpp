#include "cli/users.hpp"

#include "cli/text_file.hpp"
#include "engine/net/config_error.hpp"

#include <fmt/format.h>

namespace dispatch::cli {
namespace {

std::string_view without_carriage_return(std::string_view line) {
  return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

void add_line(proxy::Accounts& accounts, std::string_view line, const std::string& place) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) {
    throw net::ConfigError(place + ": no colon: write NAME:PASSWORD");
  }
  try {
    accounts.add(line.substr(0, colon), line.substr(colon + 1));
  } catch (const net::ConfigError& error) {
    throw net::ConfigError(fmt::format("{}: {}", place, error.what()));
  }
}

}  // namespace

proxy::Accounts parse_users(std::string_view text, const std::string& source) {
  proxy::Accounts accounts;
  for (int number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    const auto line = without_carriage_return(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (!line.empty() && line.front() != '#') {
      add_line(accounts, line, fmt::format("{}:{}", source, number));
    }
  }
  if (accounts.empty()) throw net::ConfigError(source + ": nobody in it: write NAME:PASSWORD");
  return accounts;
}

proxy::Accounts read_users(const std::string& path) {
  auto accounts = parse_users(read_text_file(path), path);
  warn_of_other_readers(path, "passwords");
  return accounts;
}

}  // namespace dispatch::cli

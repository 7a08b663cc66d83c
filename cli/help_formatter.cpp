#include "cli/help_formatter.hpp"

#include <CLI/App.hpp>

#include <sstream>
#include <utility>

namespace dispatch::cli {
namespace {

constexpr std::size_t kWidth = 79;
constexpr std::size_t kTextColumn = 28;

// `name` on a line of its own where it reaches into the text.
std::string entry(const std::string& name, const std::string& text) {
  std::string out = "  " + name;
  if (out.size() + 2 > kTextColumn)
    out += '\n' + std::string(kTextColumn, ' ');
  else
    out.resize(kTextColumn, ' ');
  std::istringstream words(text);
  std::size_t column = kTextColumn;
  for (std::string word; words >> word;) {
    if (column > kTextColumn && column + 1 + word.size() > kWidth) {
      out += '\n' + std::string(kTextColumn, ' ');
      column = kTextColumn;
    }
    if (column > kTextColumn) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out + '\n';
}

}  // namespace

std::string HelpFormatter::make_option(const CLI::Option* option, bool is_positional) const {
  return entry(make_option_name(option, is_positional) + make_option_opts(option),
               make_option_desc(option));
}

std::string HelpFormatter::make_group(std::string heading, bool is_positional,
                                      std::vector<const CLI::Option*> options) const {
  // CLI11 puts one empty line between groups, and another one before each.
  const bool follows_a_group = !is_positional && heading != "Options";
  auto text = Formatter::make_group(std::move(heading), is_positional, std::move(options));
  return follows_a_group && text.starts_with('\n') ? text.substr(1) : text;
}

std::string HelpFormatter::make_subcommand(const CLI::App* command) const {
  return entry(command->get_name(), command->get_description());
}

}  // namespace dispatch::cli

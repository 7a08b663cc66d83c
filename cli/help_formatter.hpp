// --help that fits a terminal 80 columns wide.
#pragma once

#include <CLI/Formatter.hpp>

#include <string>
#include <vector>

namespace dispatch::cli {

// Options to the left, what they do to the right, broken between words.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_option(const CLI::Option* option, bool is_positional) const override;
  std::string make_group(std::string heading, bool is_positional,
                         std::vector<const CLI::Option*> options) const override;
  std::string make_subcommand(const CLI::App* command) const override;
};

}  // namespace dispatch::cli

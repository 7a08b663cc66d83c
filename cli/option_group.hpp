// Options of one concern.
#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <string>
#include <vector>

namespace dispatch::cli {

// Under a heading of a command's help.
class OptionGroup {
 public:
  OptionGroup(CLI::App& command, const char* heading) : command_(command), heading_(heading) {}

  // `type` is what its value is called.
  template <typename Value>
  CLI::Option& add(const char* name, Value& value, const char* type, const char* help) {
    return *command_.add_option(name, value, help)->type_name(type)->group(heading_);
  }
  void add_with_default(const char* name, std::string& value, const char* type, const char* help) {
    add(name, value, type, help).default_str(value);
  }
  // May be given again; what follows its value is not another one.
  void add_list(const char* name, std::vector<std::string>& values, const char* type,
                const char* help) {
    add(name, values, type, help).allow_extra_args(false);
  }
  void add_flag(const char* name, bool& value, const char* help) {
    command_.add_flag(name, value, help)->group(heading_);
  }

 private:
  CLI::App& command_;
  const char* heading_;
};

// Where an option's help stands that has no heading of its own, and where it has none at all.
inline constexpr auto kPlainOptions = "Options";
inline constexpr auto kHiddenOptions = "";

}  // namespace dispatch::cli

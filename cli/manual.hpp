// Manual pages: prose by hand (docs/man/*.1.in), commands and options by the command line itself.
#pragma once

#include <CLI/App.hpp>

#include <string>
#include <string_view>

namespace dispatch::cli {

// man(7) of `page`: in it stand, for a line "@SYNOPSIS@", how the commands are called, and for one
// "@OPTIONS@" what each of them and of their options does, in the words of the help.
std::string manual(const CLI::App& app, std::string_view page);

// As they are kept.
extern const std::string_view kDispatchPage;
extern const std::string_view kSimPage;

}  // namespace dispatch::cli

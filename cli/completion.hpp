// Completions of the command line for shells, made of its options.
#pragma once

#include <CLI/App.hpp>

#include <string>

namespace dispatch::cli {

// A script for `shell`: bash, zsh or fish. Throws UsageError where it is another one.
std::string completion(const CLI::App& app, const std::string& shell);

}  // namespace dispatch::cli

#include "cli/sim_files.hpp"

#include "cli/exit_status.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>

namespace dispatch::cli {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> files_in(const fs::path& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    const auto& path = it->path();
    const auto name = path.filename().string();
    const bool is_yaml = path.extension() == ".yaml" || path.extension() == ".yml";
    if (is_yaml && !name.starts_with('_') && it->is_regular_file()) files.push_back(path.string());
  }
  if (error) throw UsageError(fmt::format("{}: {}", folder.string(), error.message()));
  std::sort(files.begin(), files.end());
  if (files.empty()) {
    throw UsageError(fmt::format("{}: no scenario (.yaml) in this folder", folder.string()));
  }
  return files;
}

// Beside the program where it is installed, else in the folder that it was started in.
fs::path shipped_folder() {
  std::error_code error;
  const auto program = fs::read_symlink("/proc/self/exe", error);
  const auto installed = (program.parent_path() / "../share/dispatch/scenarios").lexically_normal();
  if (!error && fs::is_directory(installed, error)) return installed;
  if (fs::is_directory("scenarios", error)) return "scenarios";
  throw UsageError("no scenario: they are neither installed nor in a folder scenarios/ here");
}

char lower(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

// The whole text. A star has been tried with fewer letters before it is tried with more.
bool matches_whole(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t taken = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || lower(pattern[p]) == lower(text[t]))) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++taken;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace

bool matches(std::string_view pattern, std::string_view text) {
  if (pattern.find_first_of("*?") != std::string_view::npos) return matches_whole(pattern, text);
  const auto same = [](char a, char b) { return lower(a) == lower(b); };
  return std::search(text.begin(), text.end(), pattern.begin(), pattern.end(), same) != text.end();
}

std::vector<std::string> scenario_files(const SimArguments& arguments) {
  std::vector<std::string> files;
  auto named = arguments.files;
  if (arguments.all || named.empty()) named.push_back(shipped_folder().string());
  for (const auto& each : named) {
    std::error_code error;
    if (each == "-" || !fs::is_directory(each, error)) {
      files.push_back(each);
      continue;
    }
    const auto inside = files_in(each);
    files.insert(files.end(), inside.begin(), inside.end());
  }
  return files;
}

bool is_selected(const SimArguments& arguments, const scenario::Scenario& scenario) {
  if (arguments.tests.empty()) return true;
  const auto stem = fs::path(scenario.source).stem().string();
  return std::any_of(arguments.tests.begin(), arguments.tests.end(),
                     [&](const std::string& pattern) {
                       return matches(pattern, scenario.name) || matches(pattern, stem);
                     });
}

}  // namespace dispatch::cli

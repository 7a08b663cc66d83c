// Files that options name.
#pragma once

#include <string>
#include <string_view>

namespace dispatch::cli {

// All of it. Throws net::ConfigError: "PATH: No such file or directory", "PATH: is a directory".
std::string read_text_file(const std::string& path);

// The same for a file of secrets: complains where others may read it.
std::string read_secret_file(const std::string& path);

}  // namespace dispatch::cli

// Files that options name.
#pragma once

#include <string>

namespace dispatch::cli {

// All of it. Throws net::ConfigError: the file, and what is wrong with it.
std::string read_text_file(const std::string& path);

// Complains where others than its owner may read a file that holds `what`.
void warn_of_other_readers(const std::string& path, const std::string& what);

}  // namespace dispatch::cli

// A file that a run writes.
#pragma once

#include <cstddef>
#include <fstream>
#include <span>
#include <string>
#include <string_view>

namespace dispatch::report {

class OutputFile {
 public:
  // Replaces what is there. Throws net::ConfigError where it cannot be opened.
  explicit OutputFile(std::string path);

  // Throws std::runtime_error with the file's name where it cannot be written (a full disk).
  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);
  // Call last: what is still buffered is written.
  void close();

 private:
  void check() const;

  std::string path_;
  std::ofstream file_;
};

}  // namespace dispatch::report

#include "sim/report/output_file.hpp"

#include "engine/net/config_error.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace dispatch::report {

OutputFile::OutputFile(std::string path)
    : path_(std::move(path)), file_(path_, std::ios::binary | std::ios::trunc) {
  if (!file_) {
    throw net::ConfigError(fmt::format("{} cannot be written: {}", path_, std::strerror(errno)));
  }
}

void OutputFile::write(std::span<const std::byte> bytes) {
  file_.write(reinterpret_cast<const char*>(bytes.data()),
              static_cast<std::streamsize>(bytes.size()));
  check();
}

void OutputFile::write(std::string_view text) {
  write(std::as_bytes(std::span(text)));
}

void OutputFile::close() {
  file_.close();
  check();
}

void OutputFile::check() const {
  if (!file_) throw std::runtime_error(fmt::format("{} cannot be written", path_));
}

}  // namespace dispatch::report

// One download of the demonstration, checked byte by byte.
#pragma once

#include "engine/net/runtime.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace dispatch::cli {

struct Download {
  net::Endpoint origin;  // a traffic::Origin
  net::Endpoint proxy;
  std::uint64_t size_bytes = 0;
  std::chrono::seconds timeout{};
};

// The command that `curl` is given, as one would type it.
std::string curl_command_line(const Download& download);

// With the program `curl`, or with the engine's own client where that is empty. What went wrong;
// empty: every byte came, and was the right one.
net::Task<std::string> run_download(net::Runtime& runtime, std::string curl, Download download);

}  // namespace dispatch::cli

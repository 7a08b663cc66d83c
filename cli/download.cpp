#include "cli/download.hpp"

#include "cli/child_process.hpp"
#include "engine/traffic/pattern.hpp"
#include "engine/traffic/transfer.hpp"

#include <fmt/format.h>

#include <array>
#include <vector>

namespace dispatch::cli {
namespace {

std::string proxy_url(const Download& download) {
  return "socks5h://" + net::to_string(download.proxy);
}

std::string origin_url(const Download& download) {
  return fmt::format("http://{}/bytes/{}", net::to_string(download.origin), download.size_bytes);
}

net::Task<std::string> download_with_curl(net::Runtime& runtime, std::string curl,
                                          Download download) {
  // -q: no ~/.curlrc; --noproxy '': whatever the environment excludes from proxying.
  const std::vector<std::string> arguments{"-q",
                                           "-sSf",
                                           "--noproxy",
                                           "",
                                           "--max-time",
                                           std::to_string(download.timeout.count()),
                                           "-x",
                                           proxy_url(download),
                                           origin_url(download)};
  ChildProcess child(runtime.executor(), curl, arguments);
  traffic::Pattern pattern(download.size_bytes);
  std::array<std::byte, 64 * 1024> buffer;
  std::uint64_t received = 0;
  bool intact = true;
  while (true) {
    const auto bytes = co_await child.read_some(buffer);
    if (!bytes || *bytes == 0) break;
    received += *bytes;
    intact = pattern.check(std::span(buffer).first(*bytes)) && intact;
  }
  if (const int status = child.wait(); status != 0) {
    co_return fmt::format("curl ended with status {}", status);
  }
  if (received != download.size_bytes) {
    co_return fmt::format("{} bytes came instead of {}", received, download.size_bytes);
  }
  co_return intact ? "" : "the bytes that came are not the ones that were sent";
}

net::Task<std::string> download_with_engine(net::Runtime& runtime, Download download) {
  traffic::TransferOptions options;
  options.origin = {download.origin.address, download.origin.port};
  options.socks5 = download.proxy;
  options.download_bytes = download.size_bytes;
  options.deadline = runtime.clock().now() + download.timeout;
  const auto result = co_await traffic::transfer(runtime, options);
  if (result.error) {
    co_return result.failure.empty() ? result.error.message() : result.failure;
  }
  co_return result.intact ? "" : "the bytes that came are not the ones that were sent";
}

}  // namespace

std::string curl_command_line(const Download& download) {
  return fmt::format("curl -x {} {}", proxy_url(download), origin_url(download));
}

net::Task<std::string> run_download(net::Runtime& runtime, std::string curl, Download download) {
  if (curl.empty()) return download_with_engine(runtime, download);
  return download_with_curl(runtime, std::move(curl), download);
}

}  // namespace dispatch::cli

#include "engine/traffic/exchange.hpp"

#include "engine/traffic/http_message.hpp"

#include <boost/system/errc.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace dispatch::traffic {

using net::Error;
using net::Result;
using net::Status;
using net::Task;
namespace errc = boost::system::errc;

namespace {

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::size_t kWriteBytes = 16 * 1024;

}  // namespace

Exchange::Exchange(net::Runtime& runtime, net::Stream& stream, const TransferOptions& options,
                   TransferResult& result)
    : runtime_(runtime),
      stream_(stream),
      options_(options),
      result_(result),
      pattern_(options.upload_bytes != 0 ? options.upload_bytes : options.download_bytes) {}

Task<void> Exchange::run(HttpConnection& http) {
  const bool upload = options_.upload_bytes != 0;
  // Not `upload ? send(http) : receive(http)`: g++ 12 destroys such a task twice.
  if (upload) {
    result_.error = co_await send(http);
  } else {
    result_.error = co_await receive(http);
  }
  if (!result_.error) result_.intact = intact_ && options_.content == Content::checked;
  if (!result_.error && !intact_) result_.failure = "the bytes are not the ones that were sent";
}

Status Exchange::failed(const char* step, const Error& error) {
  result_.failure = fmt::format("{}: {}", step, error.message());
  return error;
}

void Exchange::count(std::size_t bytes) {
  result_.bytes += bytes;
  result_.last_byte = runtime_.clock().now();
  if (options_.progress != nullptr) options_.progress->add(bytes);
}

void Exchange::answered() {
  result_.first_byte = runtime_.clock().now();
  if (options_.answered) options_.answered(stream_.local_endpoint());
}

// As the request line has it.
std::string Exchange::url(std::string path) const {
  if (!options_.forwarded) return path;
  return fmt::format("http://{}{}", proxy::to_string(options_.origin), path);
}

Task<Status> Exchange::receive(HttpConnection& http) {
  const auto path = url(fmt::format("/bytes/{}", options_.download_bytes));
  HttpRequest request{"GET", path, proxy::to_string(options_.origin), 0, options_.keep_open};
  if (const auto error = co_await http.write_request(std::move(request))) {
    co_return failed("request", error);
  }
  const auto response = co_await http.read_response();
  if (!response) co_return failed("response", response.error());
  if (response->status != 200 || response->content_length != options_.download_bytes) {
    result_.failure = fmt::format("response: status {} with {} bytes", response->status,
                                  response->content_length);
    co_return errc::make_error_code(errc::protocol_error);
  }
  while (result_.bytes < options_.download_bytes) {
    const auto got = co_await receive_some(http, options_.download_bytes - result_.bytes);
    if (!got) co_return failed("response body", got.error());
    if (*got == 0) co_return failed("response body", Error{net::asio::error::eof});
    if (!result_.first_byte) answered();
    count(*got);
  }
  co_return Status{};
}

Task<Result<std::size_t>> Exchange::receive_some(HttpConnection& http, std::uint64_t left) {
  const auto most = std::min<std::uint64_t>(kReadBytes, left);
  if (options_.content == Content::counted) co_return co_await http.discard_body_some(most);
  block_.resize(std::max<std::size_t>(block_.size(), most));
  const auto part = std::span(block_).first(most);
  const auto got = co_await http.read_body_some(part);
  if (got) intact_ = pattern_.check(part.first(*got)) && intact_;
  co_return got;
}

Task<Status> Exchange::send(HttpConnection& http) {
  HttpRequest request{"POST", url("/upload"), proxy::to_string(options_.origin),
                      options_.upload_bytes, options_.keep_open};
  if (const auto error = co_await http.write_request(std::move(request))) {
    co_return failed("request", error);
  }
  while (result_.bytes < options_.upload_bytes) {
    const auto sent = co_await send_some(options_.upload_bytes - result_.bytes);
    if (sent) co_return failed("request body", sent);
  }
  const auto response = co_await http.read_response();
  if (!response) co_return failed("response", response.error());
  answered();
  intact_ = response->status == 200;
  co_return Status{};
}

// A block of at most `left` bytes.
Task<Status> Exchange::send_some(std::uint64_t left) {
  const auto most = std::min<std::uint64_t>(kWriteBytes, left);
  if (options_.content == Content::counted) {
    for (std::size_t done = 0; done < most;) {
      const auto taken = co_await stream_.write_blank(most - done);
      if (!taken) co_return taken.error();
      count(*taken);
      done += *taken;
    }
    co_return Status{};
  }
  block_.resize(most);
  pattern_.make(block_);
  for (std::span<const std::byte> rest = block_; !rest.empty();) {
    const auto taken = co_await stream_.write_some(rest);
    if (!taken) co_return taken.error();
    count(*taken);
    rest = rest.subspan(*taken);
  }
  co_return Status{};
}

}  // namespace dispatch::traffic

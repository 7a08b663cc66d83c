#include "engine/traffic/transfer.hpp"

#include "engine/net/deadline.hpp"
#include "engine/proxy/socks5_client.hpp"
#include "engine/tls/stream.hpp"
#include "engine/traffic/http_message.hpp"
#include "engine/traffic/pattern.hpp"

#include <boost/system/errc.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace dispatch::traffic {
namespace {

using net::Error;
using net::Result;
using net::Status;
using net::Task;
namespace errc = boost::system::errc;
namespace socks5 = proxy::socks5;

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::size_t kWriteBytes = 16 * 1024;

// A failed reply of the proxy's, as the error that the connection itself would have had.
Error error_of(socks5::Reply reply) {
  switch (reply) {
    case socks5::Reply::network_unreachable:
      return errc::make_error_code(errc::network_unreachable);
    case socks5::Reply::host_unreachable:
    case socks5::Reply::ttl_expired:
      return errc::make_error_code(errc::host_unreachable);
    case socks5::Reply::connection_refused:
      return errc::make_error_code(errc::connection_refused);
    case socks5::Reply::not_allowed:
      return errc::make_error_code(errc::permission_denied);
    case socks5::Reply::command_not_supported:
      return errc::make_error_code(errc::operation_not_supported);
    case socks5::Reply::address_type_not_supported:
      return errc::make_error_code(errc::address_family_not_supported);
    default:
      return errc::make_error_code(errc::connection_aborted);
  }
}

class Transfer {
 public:
  Transfer(net::Runtime& runtime, const TransferOptions& options, TransferResult& result)
      : runtime_(runtime), options_(options), result_(result) {}

  Task<void> run() {
    result_.error = co_await reach();
    if (result_.error) co_return;
    stream_->no_delay(false);  // as programs have it that nobody tuned
    result_.connected = now();
    HttpConnection http(*stream_, runtime_.executor());
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

 private:
  net::TimePoint now() const { return runtime_.clock().now(); }

  Status failed(const char* step, const Error& error) {
    result_.failure = fmt::format("{}: {}", step, error.message());
    return error;
  }

  void count(std::size_t bytes) {
    result_.bytes += bytes;
    if (options_.progress != nullptr) options_.progress->add(bytes);
  }

  // As the request line has it.
  std::string url(std::string path) const {
    if (!options_.forwarded) return path;
    return fmt::format("http://{}{}", proxy::to_string(options_.origin), path);
  }

  // A connection to the origin.
  Task<Status> reach() {
    if (options_.socks5) co_return co_await reach_through_proxy();
    net::Endpoint remote{{}, options_.origin.port};
    if (const auto* name = std::get_if<std::string>(&options_.origin.host)) {
      net::ResolveQuery query;
      query.name = *name;
      query.egress = options_.egress;
      const auto resolved = co_await runtime_.resolver().resolve(std::move(query));
      if (!resolved) co_return failed("name resolution", resolved.error());
      remote.address = resolved->front().address;
    } else {
      remote.address = std::get<net::Address>(options_.origin.host);
    }
    auto stream = co_await runtime_.network().connect(remote, options_.egress);
    if (!stream) co_return failed("connection", stream.error());
    stream_ = std::move(*stream);
    co_return Status{};
  }

  // What the proxy's listener asks for before SOCKS.
  Task<Status> enter_proxy() {
    if (options_.announce) {
      const proxy::proxy_protocol::Addresses own{stream_->local_endpoint(), *options_.socks5};
      const auto header = proxy::proxy_protocol::encode(*options_.announce, own);
      const auto error = co_await net::write_all(*stream_, header);
      if (error) co_return failed("PROXY header", error);
    }
    if (!options_.tls) co_return Status{};
    auto context = options_.tls;
    auto plain = std::move(stream_);
    auto name = options_.socks5->address.to_string();
    auto secured = co_await tls::Stream::connect(runtime_, std::move(context), std::move(plain),
                                                 std::move(name));
    if (!secured) co_return failed("TLS with the proxy", secured.error());
    stream_ = std::move(*secured);
    co_return Status{};
  }

  Task<Status> reach_through_proxy() {
    auto stream = co_await runtime_.network().connect(*options_.socks5, net::kAnyEgress);
    if (!stream) co_return failed("connection to the proxy", stream.error());
    stream_ = std::move(*stream);
    if (const auto error = co_await enter_proxy()) co_return error;
    if (options_.forwarded) co_return Status{};
    proxy::HandshakeBuffer buffer;
    const auto* credentials = options_.credentials ? &*options_.credentials : nullptr;
    const auto answer =
        co_await socks5::request_connection(*stream_, buffer, options_.origin, credentials);
    if (!answer) co_return failed("SOCKS5 handshake", answer.error());
    if (answer->reply != socks5::Reply::succeeded) {
      result_.failure = fmt::format("SOCKS5 reply {:02x}: {}", static_cast<unsigned>(answer->reply),
                                    to_string(answer->reply));
      co_return error_of(answer->reply);
    }
    // An HTTP server speaks second: nothing may have come yet.
    if (!buffer.bytes().empty()) {
      co_return failed("SOCKS5 handshake", errc::make_error_code(errc::protocol_error));
    }
    co_return Status{};
  }

  Task<Status> receive(HttpConnection& http) {
    const auto path = url(fmt::format("/bytes/{}", options_.download_bytes));
    HttpRequest request{"GET", path, proxy::to_string(options_.origin), 0, false};
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
      if (!result_.first_byte) result_.first_byte = now();
      count(*got);
    }
    co_return Status{};
  }

  Task<Result<std::size_t>> receive_some(HttpConnection& http, std::uint64_t left) {
    const auto most = std::min<std::uint64_t>(kReadBytes, left);
    if (options_.content == Content::counted) co_return co_await http.discard_body_some(most);
    block_.resize(std::max<std::size_t>(block_.size(), most));
    const auto part = std::span(block_).first(most);
    const auto got = co_await http.read_body_some(part);
    if (got) intact_ = pattern_.check(part.first(*got)) && intact_;
    co_return got;
  }

  Task<Status> send(HttpConnection& http) {
    HttpRequest request{"POST", url("/upload"), proxy::to_string(options_.origin),
                        options_.upload_bytes, false};
    if (const auto error = co_await http.write_request(std::move(request))) {
      co_return failed("request", error);
    }
    while (result_.bytes < options_.upload_bytes) {
      const auto sent = co_await send_some(options_.upload_bytes - result_.bytes);
      if (sent) co_return failed("request body", sent);
    }
    const auto response = co_await http.read_response();
    if (!response) co_return failed("response", response.error());
    result_.first_byte = now();
    intact_ = response->status == 200;
    co_return Status{};
  }

  // A block of at most `left` bytes.
  Task<Status> send_some(std::uint64_t left) {
    const auto most = std::min<std::uint64_t>(kWriteBytes, left);
    if (options_.content == Content::counted) {
      for (std::size_t done = 0; done < most;) {
        const auto taken = co_await stream_->write_blank(most - done);
        if (!taken) co_return taken.error();
        count(*taken);
        done += *taken;
      }
      co_return Status{};
    }
    block_.resize(most);
    pattern_.make(block_);
    for (std::span<const std::byte> rest = block_; !rest.empty();) {
      const auto taken = co_await stream_->write_some(rest);
      if (!taken) co_return taken.error();
      count(*taken);
      rest = rest.subspan(*taken);
    }
    co_return Status{};
  }

  net::Runtime& runtime_;
  const TransferOptions& options_;
  TransferResult& result_;
  net::StreamPtr stream_;
  Pattern pattern_{options_.upload_bytes != 0 ? options_.upload_bytes : options_.download_bytes};
  std::vector<std::byte> block_;
  bool intact_ = true;
};

}  // namespace

Task<TransferResult> transfer(net::Runtime& runtime, TransferOptions options) {
  TransferResult result;
  result.started = runtime.clock().now();
  // Whatever cuts it short, what happened until then is kept.
  result.error = net::asio::error::operation_aborted;
  Transfer work(runtime, options, result);
  const auto ended = co_await net::run_until(runtime.clock(), options.deadline, work.run());
  if (ended == net::Ended::at_deadline && net::is_cancelled(result.error)) {
    result.error = net::asio::error::timed_out;
    result.failure = result.connected
                         ? fmt::format("no end within the time limit, at {} bytes", result.bytes)
                         : "the origin was not reached within the time limit";
  }
  result.ended = runtime.clock().now();
  co_return result;
}

}  // namespace dispatch::traffic

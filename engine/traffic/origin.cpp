#include "engine/traffic/origin.hpp"

#include "engine/net/accept_loop.hpp"
#include "engine/proxy/proxy_protocol.hpp"
#include "engine/traffic/http_message.hpp"
#include "engine/traffic/pattern.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::traffic {
namespace {

using net::Status;
using net::Task;

constexpr std::size_t kBlockBytes = 16 * 1024;
constexpr std::string_view kBytesPath = "/bytes/";
constexpr std::string_view kHello =
    "An origin of dispatch: GET /bytes/N, GET /whoami, POST /upload\n";

std::optional<std::uint64_t> size_in_path(std::string_view path) {
  if (!path.starts_with(kBytesPath)) return std::nullopt;
  path.remove_prefix(kBytesPath.size());
  std::uint64_t size = 0;
  const auto* end = path.data() + path.size();
  const auto parsed = std::from_chars(path.data(), end, size);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
  return size;
}

// Byte by byte: what follows is not the header's. False: there is none.
Task<bool> skip_proxy_header(net::Stream& stream) {
  proxy::Bytes header;
  std::size_t rest = 1;
  bool complete = false;
  while (!complete || rest != 0) {
    std::array<std::byte, 1> next;
    const auto got = co_await stream.read_some(next);
    if (!got || *got == 0) co_return false;
    if (complete) {
      --rest;
      continue;
    }
    header.push_back(next[0]);
    const auto decoded = proxy::proxy_protocol::decode(header);
    if (decoded.progress == proxy::Progress::invalid) co_return false;
    complete = decoded.progress == proxy::Progress::complete;
    rest = decoded.message.rest;
  }
  co_return true;
}

// One client's connection.
class OriginExchange {
 public:
  OriginExchange(net::Runtime& runtime, net::Stream& stream, Content content, OriginTally& tally)
      : stream_(stream), content_(content), http_(stream, runtime.executor()), tally_(tally) {}

  // Serves requests until one side wants no more.
  Task<void> run() {
    for (;;) {
      auto request = co_await http_.read_request();
      if (!request) {
        if (request.error() != net::asio::error::eof) {
          const HttpRequest unreadable;
          co_await respond_text(unreadable, 400, "Bad request\n");
        }
        co_return;
      }
      ++tally_.requests;
      if (co_await respond(*request) || !request->keep_alive) co_return;
    }
  }

 private:
  Task<Status> respond(const HttpRequest& request) {
    const bool upload = request.path == "/upload";
    if (upload && request.method == "POST") co_return co_await receive_upload(request);
    if (request.content_length != 0 || (request.method != "GET" && request.method != "HEAD")) {
      // Its body is not read: the connection cannot go on behind it.
      co_await respond_text(request, 405, "Method not allowed\n");
      co_return net::Error{net::asio::error::eof};
    }
    if (const auto size = size_in_path(request.path)) co_return co_await send_bytes(request, *size);
    if (request.path == "/") co_return co_await respond_text(request, 200, std::string(kHello));
    if (request.path == "/whoami") {
      co_return co_await respond_text(request, 200,
                                      stream_.remote_endpoint().address.to_string() + "\n");
    }
    co_return co_await respond_text(request, upload ? 405 : 404,
                                    upload ? "Method not allowed\n" : "Not found\n");
  }

  Task<Status> respond_text(const HttpRequest& request, unsigned status, std::string body) {
    HttpResponse head{status, body.size(), request.keep_alive, {}, {}};
    if (const auto error = co_await http_.write_response(std::move(head))) co_return error;
    if (request.method == "HEAD") co_return Status{};
    tally_.bytes_sent += body.size();
    co_return co_await net::write_all(stream_, std::as_bytes(std::span(body)));
  }

  Task<Status> send_bytes(const HttpRequest& request, std::uint64_t size) {
    HttpResponse head{200, size, request.keep_alive, {}, {}};
    // Who gets all of it at once has no use for that.
    if (request.by_proxy) head.entity_tag = fmt::format("\"{}\"", size);
    const bool is_rest = request.by_proxy && request.if_range == head.entity_tag &&
                         request.range_from && *request.range_from < size;
    const auto from = is_rest ? *request.range_from : 0;
    if (is_rest) head.status = 206;
    if (is_rest) head.range_from = from;
    head.content_length -= from;
    if (const auto error = co_await http_.write_response(std::move(head))) co_return error;
    if (request.method == "HEAD") co_return Status{};
    Pattern pattern(size, from);
    std::vector<std::byte> block;
    for (std::uint64_t left = size - from; left != 0;) {
      const auto count = std::min<std::uint64_t>(kBlockBytes, left);
      if (content_ == Content::checked) {
        block.resize(count);
        pattern.make(block);
      }
      for (std::size_t done = 0; done < count;) {
        const auto taken = co_await write_some(std::span<const std::byte>(block), done, count);
        if (!taken) co_return taken.error();
        tally_.bytes_sent += *taken;
        done += *taken;
      }
      left -= count;
    }
    co_return Status{};
  }

  // The bytes of `block` from `done` on, or as many blank ones.
  Task<net::Result<std::size_t>> write_some(std::span<const std::byte> block, std::size_t done,
                                            std::size_t count) {
    if (content_ == Content::checked) return stream_.write_some(block.subspan(done));
    return stream_.write_blank(count - done);
  }

  Task<Status> receive_upload(const HttpRequest& request) {
    Pattern pattern(request.content_length);
    std::vector<std::byte> block;
    if (content_ == Content::checked) block.resize(kBlockBytes);
    bool intact = true;
    for (std::uint64_t left = request.content_length; left != 0;) {
      const auto most = std::min<std::uint64_t>(kBlockBytes, left);
      const auto got = co_await read_some(http_, block, most);
      if (!got) co_return got.error();
      if (*got == 0) co_return net::Error{net::asio::error::eof};
      if (!block.empty()) intact = pattern.check(std::span(block).first(*got)) && intact;
      tally_.bytes_received += *got;
      left -= *got;
    }
    const auto length = std::to_string(request.content_length);
    co_return co_await respond_text(request, intact ? 200 : 422,
                                    (intact ? "received " : "damaged ") + length + "\n");
  }

  // Into `block`; where it is empty, into nothing.
  static Task<net::Result<std::size_t>> read_some(HttpConnection& http, std::span<std::byte> block,
                                                  std::size_t most) {
    if (block.empty()) return http.discard_body_some(most);
    return http.read_body_some(block.first(most));
  }

  net::Stream& stream_;
  Content content_;
  HttpConnection http_;
  OriginTally& tally_;
};

}  // namespace

Origin::Origin(net::Runtime& runtime, Content content)
    : runtime_(runtime),
      content_(content),
      tasks_(runtime.executor(), [&runtime](std::exception_ptr exception) {
        try {
          std::rethrow_exception(exception);
        } catch (const std::exception& error) {
          runtime.log().error("origin: internal error: {}", error.what());
        }
      }) {}

net::Result<net::Endpoint> Origin::listen(const net::Endpoint& local, bool behind_proxy) {
  auto listener = runtime_.network().listen(local, {});
  if (!listener) return listener.error();
  listeners_.push_back({std::move(*listener), behind_proxy});
  return listeners_.back().listener->local_endpoint();
}

void Origin::start() {
  for (auto& [listener, behind_proxy] : listeners_) {
    tasks_.spawn(net::accept_loop(runtime_, *listener, [this, behind = behind_proxy](auto stream) {
      tasks_.spawn(serve(std::move(stream), behind));
    }));
  }
}

Task<void> Origin::serve(net::StreamPtr stream, bool behind_proxy) {
  // As a server does that nobody tuned.
  stream->no_delay(false);
  auto& tally = tallies_[stream->remote_endpoint().address];
  ++tally.connections;
  if (behind_proxy) {
    const bool skipped = co_await skip_proxy_header(*stream);
    if (!skipped) co_return stream->abort();
  }
  OriginExchange exchange(runtime_, *stream, content_, tally);
  co_await exchange.run();
}

Task<void> Origin::stop() {
  for (auto& each : listeners_) each.listener->close();
  tasks_.cancel();
  co_await tasks_.idle();
  listeners_.clear();
}

}  // namespace dispatch::traffic

#include "engine/proxy/session.hpp"

#include "engine/net/deadline.hpp"
#include "engine/proxy/handshake_buffer.hpp"
#include "engine/proxy/relay.hpp"
#include "engine/proxy/socks5.hpp"

#include <boost/system/errc.hpp>

#include <array>

namespace dispatch::proxy {
namespace {

using net::Error;
using net::Result;
using net::Status;
using net::Task;
using socks5::Progress;
using socks5::Reply;
namespace errc = boost::system::errc;

const net::Endpoint kNowhere{net::any_address(net::Family::v4), 0};

class Session {
 public:
  Session(net::Runtime& runtime, Dialer& dialer, const ServerOptions& options,
          ServerCounters& counters, net::StreamPtr client)
      : runtime_(runtime),
        dialer_(dialer),
        options_(options),
        counters_(counters),
        client_(std::move(client)),
        peer_(client_->remote_endpoint()) {}

  Task<void> run() {
    const auto deadline = runtime_.clock().now() + options_.handshake_timeout;
    auto target = co_await net::with_deadline(runtime_.clock(), deadline, handshake());
    if (!target) {
      refuse("handshake", target.error());
      co_return;
    }
    auto dialed = co_await dialer_.dial(*target);
    if (!dialed) {
      refuse(to_string(*target), dialed.error());
      co_await answer(socks5::reply_for(dialed.error()), kNowhere);
      co_return;
    }
    co_await relay_to(*target, std::move(*dialed));
  }

 private:
  // The greeting and the request: where the client wants to go.
  Task<Result<Target>> handshake() {
    auto greeting = co_await receive_message(*client_, buffer_, socks5::decode_greeting);
    if (!greeting) co_return greeting.error();
    if (greeting->progress == Progress::invalid) {
      co_return errc::make_error_code(errc::protocol_error);
    }
    const bool acceptable = greeting->message.offers(socks5::Method::none);
    const auto method = acceptable ? socks5::Method::none : socks5::Method::unacceptable;
    const auto choice = socks5::encode_method(method);
    if (const auto error = co_await net::write_all(*client_, choice)) co_return error;
    if (!acceptable) {
      co_await finish_answer();
      co_return errc::make_error_code(errc::permission_denied);
    }

    auto request = co_await receive_message(*client_, buffer_, socks5::decode_request);
    if (!request) co_return request.error();
    if (request->progress == Progress::invalid) {
      co_await answer(request->reply, kNowhere);
      co_return errc::make_error_code(errc::protocol_error);
    }
    if (request->message.command != socks5::Command::connect) {
      co_await answer(Reply::command_not_supported, kNowhere);
      co_return errc::make_error_code(errc::operation_not_supported);
    }
    co_return std::move(request->message.target);
  }

  Task<void> answer(Reply reply, net::Endpoint bound) {
    const auto bytes = socks5::encode_answer(reply, bound);
    if (co_await net::write_all(*client_, bytes)) co_return;
    if (reply != Reply::succeeded) co_await finish_answer();
  }

  // Closing a socket while bytes of the client's are unread would reset it, and the reset would
  // overtake the answer: say the end, then read what still comes, for a moment.
  Task<void> finish_answer() {
    if (client_->shutdown_write()) co_return;
    const auto deadline = runtime_.clock().now() + kLingerTimeout;
    std::array<std::byte, 512> ignored;
    for (;;) {
      const auto got =
          co_await net::with_deadline(runtime_.clock(), deadline, client_->read_some(ignored));
      if (!got || *got == 0) co_return;
    }
  }

  Task<void> relay_to(const Target& target, Dialed dialed) {
    auto& link = dialed.use.link();
    const auto bound = dialed.stream->local_endpoint();
    const auto success = socks5::encode_answer(Reply::succeeded, bound);
    if (const auto error = co_await net::write_all(*client_, success)) {
      refuse(to_string(target), error);
      dialed.stream->abort();
      co_return;
    }
    net::ByteCounter sent(&link.counters().sent);
    net::ByteCounter received(&link.counters().received);
    // Bytes that came along with the request are the first ones of the stream.
    if (const auto early = buffer_.bytes(); !early.empty()) {
      if (const auto error = co_await net::write_all(*dialed.stream, early)) {
        runtime_.log().info("{} -> {} through {}: {}", net::to_string(peer_), to_string(target),
                            link.name(), error.message());
        client_->abort();
        co_return;
      }
      sent.add(early.size());
    }
    const auto report = co_await relay(*client_, *dialed.stream, sent, received);
    const auto& error = report.to_client.error ? report.to_client.error : report.to_target.error;
    runtime_.log().debug("{} -> {} through {}: sent {} B, received {} B, {}", net::to_string(peer_),
                         to_string(target), link.name(), sent.total(), received.total(),
                         error ? error.message() : "ended");
  }

  void refuse(const std::string& what, const Error& error) {
    ++counters_.refused;
    runtime_.log().info("{} -> {}: {}", net::to_string(peer_), what, error.message());
  }

  static constexpr net::Duration kLingerTimeout = std::chrono::seconds(2);

  net::Runtime& runtime_;
  Dialer& dialer_;
  const ServerOptions& options_;
  ServerCounters& counters_;
  net::StreamPtr client_;
  net::Endpoint peer_;
  HandshakeBuffer buffer_;
};

}  // namespace

Task<void> serve_client(net::Runtime& runtime, Dialer& dialer, const ServerOptions& options,
                        ServerCounters& counters, net::StreamPtr client) {
  ++counters.accepted;
  ++counters.live;
  struct Live {
    ServerCounters& counters;
    ~Live() { --counters.live; }
  } live{counters};
  Session session(runtime, dialer, options, counters, std::move(client));
  co_await session.run();
}

}  // namespace dispatch::proxy

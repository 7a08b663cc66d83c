#include "engine/traffic/udp_call.hpp"

#include "engine/net/task_group.hpp"
#include "engine/proxy/socks5_client.hpp"
#include "engine/proxy/socks5_udp.hpp"
#include "engine/traffic/reach.hpp"

#include <boost/system/errc.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace dispatch::traffic {
namespace {

using net::Error;
using net::Status;
using net::Task;
namespace errc = boost::system::errc;
namespace socks5 = proxy::socks5;

constexpr auto kPatience = std::chrono::seconds(1);  // after the last datagram
constexpr std::size_t kBufferBytes = 65'535;
constexpr int kSmoothing = 16;  // RFC 3550 6.4.1

class Call {
 public:
  Call(net::Runtime& runtime, const CallOptions& options, CallResult& result)
      : runtime_(runtime), options_(options), result_(result) {}

  Task<void> run() {
    result_.error = co_await begin();
    if (!result_.error) {
      result_.connected = now();
      net::TaskGroup group(runtime_.executor(),
                           [this](std::exception_ptr bug) { bug_ = std::move(bug); });
      group.spawn(listen());
      if (control_) group.spawn(watch_control());
      co_await speak();
      group.cancel();
      co_await group.idle();
      if (bug_) std::rethrow_exception(bug_);
    }
    result_.ended = true;
  }

 private:
  net::TimePoint now() const { return runtime_.clock().now(); }

  Status failed(const char* step, const Error& error) {
    result_.failure = fmt::format("{}: {}", step, error.message());
    return error;
  }

  Task<Status> begin() {
    if (options_.socks5) co_return co_await associate();
    const auto* address = std::get_if<net::Address>(&options_.peer.host);
    net::Endpoint peer{{}, options_.peer.port};
    if (address != nullptr) {
      peer.address = *address;
    } else {
      net::ResolveQuery query;
      query.name = std::get<std::string>(options_.peer.host);
      const auto resolved = co_await runtime_.resolver().resolve(std::move(query));
      if (!resolved) co_return failed("name resolution", resolved.error());
      peer.address = resolved->front().address;
    }
    co_return open(peer);
  }

  Status open(const net::Endpoint& to) {
    net::DatagramOptions options;
    options.local.address = net::any_address(net::family_of(to.address));
    auto socket = runtime_.network().open_datagram(options);
    if (!socket) return failed("socket", socket.error());
    socket_ = std::move(*socket);
    to_ = to;
    return {};
  }

  Task<Status> associate() {
    auto stream = co_await runtime_.network().connect(*options_.socks5, net::kAnyEgress);
    if (!stream) co_return failed("connection to the proxy", stream.error());
    control_ = std::move(*stream);
    const proxy::Target anywhere{net::any_address(net::family_of(options_.socks5->address)), 0};
    const auto* credentials = options_.credentials ? &*options_.credentials : nullptr;
    proxy::HandshakeBuffer buffer;
    const auto answer = co_await socks5::request_connection(
        *control_, buffer, anywhere, credentials, socks5::Command::udp_associate);
    if (!answer) co_return failed("SOCKS5 handshake", answer.error());
    if (answer->reply != socks5::Reply::succeeded) {
      result_.failure = fmt::format("SOCKS5 reply {:02x}: {}", static_cast<unsigned>(answer->reply),
                                    to_string(answer->reply));
      co_return error_of_reply(answer->reply);
    }
    const auto* relay = std::get_if<net::Address>(&answer->bound.host);
    if (relay == nullptr) co_return failed("SOCKS5 handshake", protocol_error());
    // The same bytes as behind VER, CMD and RSV of a request (RFC 1928 4 and 7).
    head_ = socks5::encode_request(socks5::Command::udp_associate, options_.peer);
    std::fill_n(head_.begin(), socks5::UdpHeader::kFixedSize, std::byte{0});
    co_return open(
        {relay->is_unspecified() ? options_.socks5->address : *relay, answer->bound.port});
  }

  static Error protocol_error() { return errc::make_error_code(errc::protocol_error); }

  // The association ends with its connection.
  Task<void> watch_control() {
    std::array<std::byte, 1> byte{};
    const auto got = co_await control_->read_some(byte);
    if (!got && net::is_cancelled(got.error())) co_return;
    result_.error =
        failed("the proxy ended the association", got ? Error{net::asio::error::eof} : got.error());
    cut_ = true;
  }

  Task<void> speak() {
    std::vector<std::byte> payload(std::max<std::size_t>(options_.datagram_bytes, 8));
    auto due = now();
    while (due < options_.until && !cut_) {
      const std::uint64_t number = sent_at_.size();
      std::memcpy(payload.data(), &number, sizeof number);
      sent_at_.push_back(now());
      answered_.push_back(false);
      ++result_.sent;
      const std::array<net::DatagramOut, 1> out{{{payload, to_, head_}}};
      // One that cannot be sent is one that is lost.
      co_await socket_->send(out);
      due += options_.interval;
      if (const auto error = co_await runtime_.clock().sleep_until(due)) co_return;
    }
    if (!cut_) co_await runtime_.clock().sleep_for(kPatience);
  }

  Task<void> listen() {
    std::vector<std::byte> buffer(kBufferBytes);
    for (;;) {
      std::array<net::DatagramIn, 1> in{};
      in[0].buffer = buffer;
      const auto got = co_await socket_->receive(in);
      if (!got && net::is_cancelled(got.error())) co_return;
      if (got) hear(in[0].data());
    }
  }

  void hear(std::span<const std::byte> datagram) {
    if (options_.socks5) {
      const auto split = socks5::split_udp(datagram);
      if (split.fault != socks5::UdpFault::none) return;
      datagram = split.payload;
    }
    std::uint64_t number = 0;
    if (datagram.size() < sizeof number) return;
    std::memcpy(&number, datagram.data(), sizeof number);
    if (number >= sent_at_.size() || answered_[number]) return;
    answered_[number] = true;
    ++result_.received;
    if (options_.progress != nullptr) options_.progress->add(datagram.size());
    const auto round_trip = now() - sent_at_[number];
    if (!result_.round_trips.empty()) {
      const auto change = round_trip - result_.round_trips.back();
      const auto size = change < net::Duration::zero() ? -change : change;
      result_.jitter += (size - result_.jitter) / kSmoothing;
    }
    result_.round_trips.push_back(round_trip);
  }

  net::Runtime& runtime_;
  const CallOptions& options_;
  CallResult& result_;
  net::StreamPtr control_;
  net::DatagramPtr socket_;
  net::Endpoint to_;
  proxy::Bytes head_;
  std::vector<net::TimePoint> sent_at_;
  std::vector<bool> answered_;
  std::exception_ptr bug_;
  bool cut_ = false;
};

}  // namespace

Task<void> call(net::Runtime& runtime, CallOptions options, CallResult& result) {
  Call work(runtime, options, result);
  co_await work.run();
}

}  // namespace dispatch::traffic

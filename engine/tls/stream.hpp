// A net::Stream of text over a net::Stream of TLS records.
#pragma once

#include "engine/net/runtime.hpp"
#include "engine/net/stream.hpp"
#include "engine/tls/context.hpp"

#include <memory>
#include <string>
#include <vector>

namespace dispatch::tls {

// The peer's close_notify is its end of stream. An end without one is an error, stream_truncated
// (RFC 8446, 6.1: somebody else may have cut the connection), and so is a broken record.
//
// Errors of OpenSSL's have Asio's category for them, and a peer that is not believed has
// certificate_category(). A write that is cancelled, or has come to
// its deadline, while its records wait for room has succeeded: they are sent behind its back.
// shutdown_write sends close_notify, and then the end of the stream below; abort aborts the stream
// below. A stream that is destroyed after shutdown_write still sends what is left to be sent, for
// at most kCloseTimeout.
class Stream final : public net::Stream {
 public:
  static constexpr net::Duration kCloseTimeout = std::chrono::seconds(30);

  // The handshake with a client that has connected. `early` is what was read from it already.
  // Errors: the stream's, and OpenSSL's, of which the peer has been told.
  static net::Task<net::Result<net::StreamPtr>> accept(net::Runtime& runtime,
                                                       std::shared_ptr<const Context> context,
                                                       net::StreamPtr stream,
                                                       std::vector<std::byte> early);

  // The handshake with the server `name`, whose certificate must be of that name.
  static net::Task<net::Result<net::StreamPtr>> connect(net::Runtime& runtime,
                                                        std::shared_ptr<const Context> context,
                                                        net::StreamPtr stream, std::string name);

  ~Stream() override;

  net::Task<net::Result<std::size_t>> read_some(std::span<std::byte> buffer,
                                                net::TimePoint deadline) override;
  net::Task<net::Result<std::size_t>> write_some(std::span<const std::byte> data,
                                                 net::TimePoint deadline) override;
  // Holds no buffer while it waits.
  net::Task<net::RelayEnd> relay_to(net::Stream& sink, net::Meter meter) override;
  net::Status shutdown_write() override;
  void abort() override;
  void keep_alive(const net::KeepAlive& options) override;
  void no_delay(bool on) override;
  void user_timeout(net::Duration most) override;
  net::Endpoint local_endpoint() const override;
  net::Endpoint remote_endpoint() const override;
  std::optional<net::TransportInfo> transport_info() const override;

  // Whether the peer has shown a certificate, and it is believed.
  bool peer_is_verified() const;

 private:
  struct Connection;

  explicit Stream(std::shared_ptr<Connection> connection);
  static net::Task<net::Result<net::StreamPtr>> shake_hands(std::shared_ptr<Connection> connection);

  std::shared_ptr<Connection> connection_;  // shared with the task that sends what is left
};

}  // namespace dispatch::tls

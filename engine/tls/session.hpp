// One TLS connection as a function of bytes: OpenSSL, without a socket.
#pragma once

#include "engine/net/async.hpp"
#include "engine/tls/context.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

typedef struct ssl_st SSL;

namespace dispatch::tls {

// What the peer sends is fed; what it is to be sent collects in output(). Neither is copied
// elsewhere or kept longer than needed, so that a session with nothing to do holds little more than
// its keys.
class Session {
 public:
  // What a step came to: bytes moved (or, of the handshake, done), or why not.
  struct Step {
    enum class State : std::uint8_t { done, needs_input, ended, failed };

    State state = State::done;
    std::size_t bytes = 0;
    net::Error error;  // failed; its category is Asio's for OpenSSL, or certificate_category()
  };

  Session(Session&& other) noexcept;
  ~Session();

  static Session server(const Context& context);
  // `name` is whom the certificate has to be of: a host name or an address. It is sent where it is
  // a name (RFC 6066, 3).
  static Session client(const Context& context, const std::string& name);

  // Records of the peer's. They are referred to until a step says needs_input; only then, more may
  // be fed.
  void feed(std::span<const std::byte> records);

  Step handshake();
  // Text of the peer's. `ended`: the peer has said so (close_notify).
  Step read(std::span<std::byte> text);
  // Whether read has something: done, and it stays.
  Step peek();
  // Takes at most one record's worth (16 kB).
  Step write(std::span<const std::byte> text);
  // Says that nothing more will be written; reading goes on.
  void close();

  // After needs_input: whether nothing of a record has come yet.
  bool is_between_records() const;

  // Whether the peer has shown a certificate, and it is believed. After the handshake.
  bool peer_is_verified() const;

  // Records for the peer: send them, and take them away.
  std::vector<std::byte>& output();

 private:
  struct Transport;
  struct Free {
    void operator()(SSL* ssl) const;
  };

  explicit Session(const Context& context);
  Step outcome(int result, std::size_t bytes);

  std::unique_ptr<Transport> transport_;  // outlives the SSL that refers to it
  std::unique_ptr<SSL, Free> ssl_;
};

// The first byte of a connection that begins with TLS: a handshake record (RFC 8446, 5.1).
inline constexpr int kFirstByte = 0x16;

}  // namespace dispatch::tls

// One HTTP transfer by a client, direct or through a proxy, timed and checked byte by byte.
#pragma once

#include "engine/net/runtime.hpp"
#include "engine/proxy/proxy_protocol.hpp"
#include "engine/proxy/socks5.hpp"
#include "engine/proxy/target.hpp"
#include "engine/tls/context.hpp"
#include "engine/traffic/pattern.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace dispatch::traffic {

struct TransferOptions {
  proxy::Target origin;                 // a traffic::Origin
  std::optional<net::Endpoint> socks5;  // through this proxy; the origin's name is looked up there
  // That proxy is not asked for a tunnel, but for what the origin has (RFC 9112 3.2.2).
  bool forwarded = false;
  // To that proxy (RFC 1929); none: no password is offered.
  std::optional<proxy::socks5::Credentials> credentials{};
  // On the way to it: what a proxy before it would say, for the client itself; and within TLS, whom
  // to believe. Null: no TLS.
  std::optional<proxy::proxy_protocol::Version> announce{};
  std::shared_ptr<const tls::Context> tls{};
  std::uint64_t download_bytes = 0;    // GET /bytes/N
  std::uint64_t upload_bytes = 0;      // if not 0: POST /upload of that size instead
  Content content = Content::checked;  // as the origin's
  net::Egress egress;                  // of a direct connection
  net::TimePoint deadline = net::kNever;
  net::ByteCounter* progress = nullptr;  // body bytes as they pass; outlives the transfer
  bool keep_open = false;  // the origin is asked to wait for another request (Conversation)
  // Called when the origin is reached, with this end of the connection.
  std::function<void(const net::Endpoint& local)> connected{};
  // The same with the first byte of the answer's body.
  std::function<void(const net::Endpoint& local)> answered{};
};

struct TransferResult {
  net::Error error;         // empty: completed
  std::string failure;      // what failed, for people ("SOCKS5 reply 05: connection refused")
  std::uint64_t bytes = 0;  // of the body, received or sent
  bool intact = false;      // completed, and every byte was the right one (checked content)
  net::TimePoint started;
  std::optional<net::TimePoint> connected;   // the origin is reached (proxy's answer included)
  std::optional<net::TimePoint> first_byte;  // of the response's body
  std::optional<net::TimePoint> last_byte;   // of any body, that has passed
  net::TimePoint ended;
};

net::Task<TransferResult> transfer(net::Runtime& runtime, TransferOptions options);

// What was cut short by its deadline says so.
void tell_time_limit(TransferResult& result);

}  // namespace dispatch::traffic

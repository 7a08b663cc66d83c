// A client that speaks HTTP/1.1 (RFC 9110, RFC 9112), from its first request to its last.
#pragma once

#include "engine/proxy/client.hpp"
#include "engine/proxy/http_answer.hpp"
#include "engine/proxy/http_exchange.hpp"
#include "engine/proxy/http_framing.hpp"
#include "engine/proxy/http_head.hpp"
#include "engine/proxy/http_reader.hpp"
#include "engine/proxy/http_upstream.hpp"

#include <memory>
#include <optional>

namespace dispatch::proxy::http {

// Keeps at most one connection to a server, that of the last request: the next one for the same
// host and port goes the same way, and any other one ends it.
class Session {
 public:
  explicit Session(Client& client);

  // Serves requests until one asks for a tunnel, which this returns, or the connection is to end.
  net::Task<std::optional<Tunnel>> run();

 private:
  struct Request {
    RequestHead head;
    Framing framing;
  };

  // These answer where they fail. Each yields whether the next request may come.
  net::Task<bool> serve_next();
  net::Task<bool> serve(Request request);
  net::Task<bool> open_tunnel(const Request& request);
  net::Task<bool> serve_itself(const Request& request);
  net::Task<bool> forward(const Request& request);
  net::Task<bool> conclude(const Request& request, const AbsoluteTarget& to, ExchangeReport report);

  net::Task<net::Status> wait_for_request();
  net::Task<void> watch_upstream();
  net::Task<std::optional<Request>> read_request();
  net::Task<net::Status> reach(const Target& target, DialWish wish);

  bool leave_link(DialWish& wish);

  net::Task<void> refuse(Fault fault);
  net::Task<bool> reply(const Request& request, Answer answer, bool may_persist = true);
  net::Task<bool> skip_body(const Request& request);
  net::Task<bool> finish();

  Client& client_;
  Reader reader_;
  std::unique_ptr<Upstream> upstream_;
  std::optional<Tunnel> tunnel_;
  bool is_first_ = true;
};

}  // namespace dispatch::proxy::http

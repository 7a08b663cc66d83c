// An agent's HTTP/1.1 client: executes requests from given source addresses, and keeps connections.
#pragma once

#include "engine/fleet/result.hpp"
#include "engine/fleet/target_policy.hpp"
#include "engine/net/runtime.hpp"
#include "engine/proxy/name_cache.hpp"
#include "engine/tls/context.hpp"

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <tuple>

namespace dispatch::fleet {

struct FetcherOptions {
  std::shared_ptr<const tls::Context> believed;       // whom targets' certificates must be of
  net::Duration idle_max = std::chrono::seconds(15);  // a connection that nobody uses is kept
  std::size_t idle_connections_max = 1000;            // in all; the oldest makes room
  net::Duration connect_timeout = std::chrono::seconds(10);  // for one address of the target
  std::string user_agent = "dispatch";
};

// Connections are kept for a source address and an origin, and used again by requests with safe
// methods only: one that the server has closed meanwhile is then no harm (RFC 9110 9.2.2).
class HttpFetcher {
 public:
  HttpFetcher(net::Runtime& runtime, const FetcherOptions& options);
  ~HttpFetcher();

  // Nobody's request is sent to whom one of the policies (either may be null) objects. Cancelled,
  // it ends by Asio's operation_aborted. The names of the coordinator's own fields are left empty.
  net::Task<ExecuteResult> fetch(RequestSpec spec, net::Address source, net::TimePoint deadline,
                                 const TargetPolicy* first, const TargetPolicy* second);

  // Closes connections that have been idle for too long, until it is cancelled.
  net::Task<void> sweep();

  std::size_t idle_connections() const { return idle_.size(); }

 private:
  struct Connection;
  struct Exchange;
  using Key = std::tuple<std::string, std::string, std::uint16_t, bool, bool>;
  struct Idle {
    Key key;
    net::TimePoint since;
    std::unique_ptr<Connection> connection;
  };

  net::Task<bool> connect(Exchange& exchange);
  net::Task<bool> look_up(Exchange& exchange, std::vector<net::Address>& addresses);
  net::Task<bool> send(Exchange& exchange, const std::string& request);
  net::Task<bool> read_answer(Exchange& exchange);
  net::Task<bool> read_body(Exchange& exchange);
  bool follow(Exchange& exchange);
  void keep(Exchange& exchange);
  std::unique_ptr<Connection> take_idle(const Key& key);

  net::Runtime& runtime_;
  FetcherOptions options_;
  std::shared_ptr<const tls::Context> anyone_;  // without verification
  proxy::NameCache names_;
  std::list<Idle> idle_;  // oldest first
};

}  // namespace dispatch::fleet

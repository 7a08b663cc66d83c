// Connections to an endpoint, and from those who come to one: TCP, TLS, Unix.
#pragma once

#include "engine/link/link.hpp"
#include "engine/net/files.hpp"
#include "engine/net/runtime.hpp"
#include "engine/stream/endpoint_spec.hpp"
#include "engine/tls/context.hpp"

#include <memory>

namespace dispatch::stream {

class Connector {
 public:
  // Reads the files that `spec` names. `link`: by which connections leave, as it is then; null: as
  // the routes have it. Throws net::ConfigError.
  static net::Task<Connector> make(net::Runtime& runtime, net::Files& files, EndpointSpec spec,
                                   const link::Link* link = nullptr);

  // One attempt, at each of the endpoint's addresses. Errors: those of names, of connections and of
  // TLS; timed_out, after kTimeout.
  net::Task<net::Result<net::StreamPtr>> connect();
  static constexpr net::Duration kTimeout = std::chrono::seconds(15);

 private:
  Connector(net::Runtime& runtime, EndpointSpec spec)
      : runtime_(&runtime), spec_(std::move(spec)) {}
  net::Task<net::Result<net::StreamPtr>> connect_tcp(net::TimePoint deadline);

  net::Runtime* runtime_;
  EndpointSpec spec_;
  const link::Link* link_ = nullptr;
  std::shared_ptr<const tls::Context> tls_;  // null: none
};

class Acceptor {
 public:
  // Listens. Throws StreamError and net::ConfigError.
  static net::Task<Acceptor> make(net::Runtime& runtime, net::Files& files, EndpointSpec spec);

  net::Listener& listener() { return *listener_; }
  // Where it listens, with the port that it got.
  const EndpointSpec& spec() const { return spec_; }
  // The connection as it is to be used: the TLS handshake, where there is one.
  net::Task<net::Result<net::StreamPtr>> welcome(net::StreamPtr stream);

 private:
  Acceptor(net::Runtime& runtime, EndpointSpec spec) : runtime_(&runtime), spec_(std::move(spec)) {}

  net::Runtime* runtime_;
  EndpointSpec spec_;
  net::ListenerPtr listener_;
  std::shared_ptr<const tls::Context> tls_;
};

}  // namespace dispatch::stream

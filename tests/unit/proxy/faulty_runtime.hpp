// A host whose operations are counted, every one that the seam has, and of which one fails.
#pragma once

#include "engine/net/runtime.hpp"

#include <boost/system/errc.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace dispatch::proxy {

// How an operation of each kind can fail. `severity` chooses among the errors of the kind.
enum class OperationKind : std::uint8_t {
  connect,
  accept,
  listen,
  open_datagram,
  resolve,
  read,
  write,
  shutdown
};

net::Error error_of(OperationKind kind, std::size_t severity);
std::string_view to_string(OperationKind kind);

// The number of severities: each kind has so many errors, or fewer and repeats them.
inline constexpr std::size_t kSeverities = 3;

// The operation that fails, counted from 0; none: all succeed. Silent: it does not fail but never
// ends, until it is cancelled or its stream is aborted. (Those that do not wait by nature succeed.)
struct PlannedFault {
  std::optional<std::size_t> operation;
  std::size_t severity = 0;
  bool silent = false;
};

// What is left open, and what has happened.
struct FaultLedger {
  PlannedFault plan;
  std::size_t operations = 0;
  std::optional<OperationKind> failed;  // the operation of the plan was of this kind
  std::size_t streams = 0;              // that live now
  std::size_t listeners = 0;
  std::size_t under_way = 0;  // operations that have begun and not ended

  // The error of this operation, where it is the one; kSilence where it must not end.
  net::Error next(OperationKind kind);

  static inline const net::Error kSilence = net::asio::error::would_block;
};

// `stream`, with its operations counted.
net::StreamPtr faulty_stream(net::StreamPtr stream, FaultLedger& ledger, net::Runtime& host);

// Everything but the network and the names is the host's own. An operation of a stream that fails
// has the connection reset at once, as the kernel's would: what follows on it fails by itself, and
// the peer is told.
class FaultyRuntime : public net::Runtime {
 public:
  FaultyRuntime(net::Runtime& host, FaultLedger& ledger)
      : host_(host), network_(host, ledger), resolver_(host, ledger) {}

  net::asio::any_io_executor executor() override { return host_.executor(); }
  net::Clock& clock() override { return host_.clock(); }
  net::Network& network() override { return network_; }
  net::Resolver& resolver() override { return resolver_; }
  net::Interfaces& interfaces() override { return host_.interfaces(); }
  net::Entropy& entropy() override { return host_.entropy(); }
  net::Log& log() override { return host_.log(); }

 private:
  // Errors: timed_out, at `deadline`; operation_aborted.
  static net::Task<net::Error> silence(net::Runtime& host, net::TimePoint deadline);

  struct Network : net::Network {
    Network(net::Runtime& of, FaultLedger& noted) : host(of), ledger(noted) {}
    net::Task<net::Result<net::StreamPtr>> connect(const net::Endpoint& remote,
                                                   const net::Egress& egress,
                                                   net::TimePoint deadline) override;
    net::Result<net::ListenerPtr> listen(const net::Endpoint& local,
                                         const net::ListenOptions& options) override;
    net::Result<net::ListenerPtr> listen_local(const std::string& path,
                                               const net::LocalListenOptions& options) override;
    // Does not wait: silent, it succeeds.
    net::Result<net::StreamPtr> connect_local(const std::string& path) override;
    net::Result<net::DatagramPtr> open_datagram(const net::DatagramOptions& options) override;
    bool can_bind_to_device() const override { return host.network().can_bind_to_device(); }

    net::Runtime& host;
    FaultLedger& ledger;
  };
  struct Resolver : net::Resolver {
    Resolver(net::Runtime& of, FaultLedger& noted) : host(of), ledger(noted) {}
    net::Task<net::Result<std::vector<net::ResolvedAddress>>> resolve(
        net::ResolveQuery query) override;

    net::Runtime& host;
    FaultLedger& ledger;
  };

  net::Runtime& host_;
  Network network_;
  Resolver resolver_;
};

}  // namespace dispatch::proxy

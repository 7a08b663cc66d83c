// A host whose look-ups and connection attempts are written down, and fail where a test says so.
#pragma once

#include "engine/net/runtime.hpp"

#include <boost/asio/error.hpp>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dispatch::proxy {

// Everything else is the host's own. What the fault function returns is the operation's error,
// where it is one; `kSilence` makes the operation end only when it is cancelled.
class SpyRuntime : public net::Runtime {
 public:
  struct Operation {
    net::Duration at{};  // since the spy was made
    std::string what;    // "A www.example", "AAAA www.example", "192.0.2.1:80"
    std::string way;     // the device or the source that it is bound to

    friend bool operator==(const Operation&, const Operation&) = default;
  };
  // Called with the number of the operation, from 0 on.
  using Fault = std::function<net::Error(std::size_t)>;

  static inline const net::Error kSilence = net::asio::error::would_block;

  explicit SpyRuntime(net::Runtime& host)
      : host_(host), began_(host.clock().now()), network_(*this), resolver_(*this) {}

  net::asio::any_io_executor executor() override { return host_.executor(); }
  net::Clock& clock() override { return host_.clock(); }
  net::Network& network() override { return network_; }
  net::Resolver& resolver() override { return resolver_; }
  net::Interfaces& interfaces() override { return host_.interfaces(); }
  net::Entropy& entropy() override { return host_.entropy(); }
  net::Log& log() override { return host_.log(); }

  std::vector<Operation> operations;
  std::size_t open = 0;  // operations that have not ended
  Fault fault = [](std::size_t) { return net::Error{}; };

  std::vector<Operation> connects() const { return operations_that(true); }
  std::vector<Operation> questions() const { return operations_that(false); }

 private:
  struct Open {
    explicit Open(SpyRuntime& of) : spy(of) { ++spy.open; }
    ~Open() { --spy.open; }
    SpyRuntime& spy;
  };

  net::Error note(std::string what, const net::Egress& egress) {
    auto way = !egress.device.empty() ? egress.device
               : egress.source        ? egress.source->to_string()
                                      : "any";
    operations.push_back({host_.clock().now() - began_, std::move(what), std::move(way)});
    return fault(operations.size() - 1);
  }

  std::vector<Operation> operations_that(bool connect) const {
    std::vector<Operation> chosen;
    for (const auto& each : operations) {
      const bool question = each.what.starts_with("A");
      if (question != connect) chosen.push_back(each);
    }
    return chosen;
  }

  // Errors: timed_out, at `deadline`; operation_aborted.
  net::Task<net::Error> silence(net::TimePoint deadline) {
    const auto error = co_await host_.clock().sleep_until(deadline);
    co_return error ? error : net::Error{net::asio::error::timed_out};
  }

  struct Network : net::Network {
    explicit Network(SpyRuntime& of) : spy(of) {}

    net::Task<net::Result<net::StreamPtr>> connect(const net::Endpoint& remote,
                                                   const net::Egress& egress,
                                                   net::TimePoint deadline) override {
      const Open opened(spy);
      const auto error = spy.note(net::to_string(remote), egress);
      if (error == kSilence) {
        co_return co_await spy.silence(deadline);
      }
      if (error) co_return error;
      co_return co_await spy.host_.network().connect(remote, egress, deadline);
    }
    net::Result<net::ListenerPtr> listen(const net::Endpoint& local,
                                         const net::ListenOptions& options) override {
      return spy.host_.network().listen(local, options);
    }
    net::Result<net::ListenerPtr> listen_local(const std::string& path,
                                               const net::LocalListenOptions& options) override {
      return spy.host_.network().listen_local(path, options);
    }
    net::Result<net::StreamPtr> connect_local(const std::string& path) override {
      return spy.host_.network().connect_local(path);
    }
    net::Result<net::DatagramPtr> open_datagram(const net::DatagramOptions& options) override {
      return spy.host_.network().open_datagram(options);
    }
    bool can_bind_to_device() const override { return spy.host_.network().can_bind_to_device(); }

    SpyRuntime& spy;
  };

  struct Resolver : net::Resolver {
    explicit Resolver(SpyRuntime& of) : spy(of) {}

    net::Task<net::Result<std::vector<net::ResolvedAddress>>> resolve(
        net::ResolveQuery query) override {
      const Open opened(spy);
      const auto what = std::string(query.v4 ? "A" : "") + (query.v6 ? "AAAA" : "");
      const auto error = spy.note(what + " " + query.name, query.egress);
      if (error == kSilence) {
        (void)co_await spy.silence(net::kNever);
        co_return net::Error{net::asio::error::operation_aborted};
      }
      if (error) co_return error;
      co_return co_await spy.host_.resolver().resolve(std::move(query));
    }

    SpyRuntime& spy;
  };

  net::Runtime& host_;
  net::TimePoint began_;
  Network network_;
  Resolver resolver_;
};

inline std::ostream& operator<<(std::ostream& out, const SpyRuntime::Operation& operation) {
  return out << operation.at / std::chrono::microseconds(1) << "us " << operation.what << " via "
             << operation.way;
}

}  // namespace dispatch::proxy

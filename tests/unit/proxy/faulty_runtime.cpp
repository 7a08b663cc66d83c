#include "tests/unit/proxy/faulty_runtime.hpp"

#include "engine/net/condition.hpp"

#include <array>

namespace dispatch::proxy {
namespace {

namespace errc = boost::system::errc;
using net::Error;
using net::Result;
using net::Task;

// Counts itself, for as long as it lives.
class Counted {
 public:
  explicit Counted(std::size_t& count) : count_(count) { ++count_; }
  ~Counted() { --count_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

 private:
  std::size_t& count_;
};

// A write of so few bytes never waits: nothing else has been written that would fill the kernel's
// buffer before an answer of SOCKS, or to CONNECT.
constexpr std::size_t kRoomForAnAnswer = 64;

class FaultyStream : public net::Stream {
 public:
  FaultyStream(net::StreamPtr inner, FaultLedger& ledger, net::Runtime& host)
      : inner_(std::move(inner)),
        ledger_(ledger),
        clock_(host.clock()),
        open_(ledger.streams),
        aborted_(host.executor()) {}

  Task<Result<std::size_t>> read_some(std::span<std::byte> buffer,
                                      net::TimePoint deadline) override {
    const Counted under_way(ledger_.under_way);
    const auto error = next(OperationKind::read);
    if (error == FaultLedger::kSilence) {
      co_return co_await silence(deadline);
    }
    if (error) co_return error;
    co_return co_await inner_->read_some(buffer, deadline);
  }
  Task<Result<std::size_t>> write_some(std::span<const std::byte> data,
                                       net::TimePoint deadline) override {
    const Counted under_way(ledger_.under_way);
    auto error = next(OperationKind::write);
    if (error == FaultLedger::kSilence && data.size() <= kRoomForAnAnswer) error = {};
    if (error == FaultLedger::kSilence) {
      co_return co_await silence(deadline);
    }
    if (error) co_return error;
    co_return co_await inner_->write_some(data, deadline);
  }
  net::Status shutdown_write() override {
    if (const auto error = next(OperationKind::shutdown)) return error;
    return inner_->shutdown_write();
  }
  void abort() override {
    inner_->abort();
    is_aborted_ = true;
    aborted_.notify_all();
  }
  void keep_alive(const net::KeepAlive& options) override { inner_->keep_alive(options); }
  void no_delay(bool on) override { inner_->no_delay(on); }
  void user_timeout(net::Duration most) override { inner_->user_timeout(most); }
  net::Endpoint local_endpoint() const override { return inner_->local_endpoint(); }
  net::Endpoint remote_endpoint() const override { return inner_->remote_endpoint(); }
  std::optional<net::TransportInfo> transport_info() const override {
    return inner_->transport_info();
  }

 private:
  Error next(OperationKind kind) {
    auto error = ledger_.next(kind);
    if (error && error != FaultLedger::kSilence) inner_->abort();
    return error;
  }

  // Until it is aborted or the operation cancelled: the inner stream then ends the operation.
  Task<net::Status> silence(net::TimePoint deadline) {
    while (!is_aborted_) {
      if (const auto error = co_await aborted_.wait_until(clock_, deadline)) co_return error;
    }
    co_return net::asio::error::operation_aborted;
  }

  net::StreamPtr inner_;
  FaultLedger& ledger_;
  net::Clock& clock_;
  Counted open_;
  net::Condition aborted_;
  bool is_aborted_ = false;
};

class FaultyListener : public net::Listener {
 public:
  FaultyListener(net::ListenerPtr inner, FaultLedger& ledger, net::Runtime& host)
      : inner_(std::move(inner)), ledger_(ledger), host_(host), open_(ledger.listeners) {}

  Task<Result<net::StreamPtr>> accept() override {
    // Not counted as under way: a server accepts for ever.
    if (const auto error = ledger_.next(OperationKind::accept)) co_return error;
    auto stream = co_await inner_->accept();
    if (!stream) co_return stream.error();
    co_return faulty_stream(std::move(*stream), ledger_, host_);
  }
  // One event loop is enough for these tests.
  Result<net::ListenerPtr> share(net::Network&) override {
    return errc::make_error_code(errc::operation_not_supported);
  }
  net::Endpoint local_endpoint() const override { return inner_->local_endpoint(); }
  void close() override { inner_->close(); }

 private:
  net::ListenerPtr inner_;
  FaultLedger& ledger_;
  net::Runtime& host_;
  Counted open_;
};

}  // namespace

Error error_of(OperationKind kind, std::size_t severity) {
  using Errors = std::array<Error, kSeverities>;
  const auto errors = [&]() -> Errors {
    switch (kind) {
      case OperationKind::connect:
        return {net::errno_error(ECONNREFUSED), net::errno_error(EMFILE),
                net::errno_error(ETIMEDOUT)};
      case OperationKind::accept:
        return {net::errno_error(EMFILE), net::errno_error(ECONNABORTED),
                net::errno_error(ENOBUFS)};
      case OperationKind::listen:
        return {net::errno_error(EADDRINUSE), net::errno_error(EMFILE),
                net::errno_error(EADDRNOTAVAIL)};
      case OperationKind::open_datagram:
        return {net::errno_error(EMFILE), net::errno_error(EADDRNOTAVAIL),
                net::errno_error(ENOBUFS)};
      case OperationKind::resolve:
        return {net::ResolveError::server_failure, net::ResolveError::timed_out,
                net::ResolveError::unreachable};
      case OperationKind::read:
        return {net::errno_error(ECONNRESET), net::errno_error(ETIMEDOUT),
                net::errno_error(EHOSTUNREACH)};
      case OperationKind::write:
        return {net::errno_error(EPIPE), net::errno_error(ECONNRESET), net::errno_error(ETIMEDOUT)};
      case OperationKind::shutdown:
        return {net::errno_error(ENOTCONN), net::errno_error(EPIPE), net::errno_error(ECONNRESET)};
    }
    return {};
  }();
  return errors[severity];
}

std::string_view to_string(OperationKind kind) {
  constexpr std::string_view kNames[] = {"connect", "accept", "listen", "open_datagram",
                                         "resolve", "read",   "write",  "shutdown"};
  return kNames[static_cast<std::size_t>(kind)];
}

Error FaultLedger::next(OperationKind kind) {
  if (operations++ != plan.operation) return {};
  failed = kind;
  if (!plan.silent) return error_of(kind, plan.severity);
  const bool waits = kind == OperationKind::connect || kind == OperationKind::resolve ||
                     kind == OperationKind::read || kind == OperationKind::write;
  return waits ? kSilence : Error{};
}

net::StreamPtr faulty_stream(net::StreamPtr stream, FaultLedger& ledger, net::Runtime& host) {
  return std::make_unique<FaultyStream>(std::move(stream), ledger, host);
}

Task<net::Error> FaultyRuntime::silence(net::Runtime& host, net::TimePoint deadline) {
  const auto error = co_await host.clock().sleep_until(deadline);
  co_return error ? error : net::Error{net::asio::error::timed_out};
}

Task<Result<net::StreamPtr>> FaultyRuntime::Network::connect(const net::Endpoint& remote,
                                                             const net::Egress& egress,
                                                             net::TimePoint deadline) {
  const Counted under_way(ledger.under_way);
  const auto error = ledger.next(OperationKind::connect);
  if (error == FaultLedger::kSilence) {
    co_return co_await silence(host, deadline);
  }
  if (error) co_return error;
  auto stream = co_await host.network().connect(remote, egress, deadline);
  if (!stream) co_return stream.error();
  co_return faulty_stream(std::move(*stream), ledger, host);
}

Result<net::ListenerPtr> FaultyRuntime::Network::listen(const net::Endpoint& local,
                                                        const net::ListenOptions& options) {
  if (const auto error = ledger.next(OperationKind::listen)) return error;
  auto listener = host.network().listen(local, options);
  if (!listener) return listener.error();
  return net::ListenerPtr(std::make_unique<FaultyListener>(std::move(*listener), ledger, host));
}

Result<net::ListenerPtr> FaultyRuntime::Network::listen_local(
    const std::string& path, const net::LocalListenOptions& options) {
  if (const auto error = ledger.next(OperationKind::listen)) return error;
  auto listener = host.network().listen_local(path, options);
  if (!listener) return listener.error();
  return net::ListenerPtr(std::make_unique<FaultyListener>(std::move(*listener), ledger, host));
}

Result<net::StreamPtr> FaultyRuntime::Network::connect_local(const std::string& path) {
  const auto error = ledger.next(OperationKind::connect);
  if (error && error != FaultLedger::kSilence) return error;
  auto stream = host.network().connect_local(path);
  if (!stream) return stream.error();
  return faulty_stream(std::move(*stream), ledger, host);
}

Result<net::DatagramPtr> FaultyRuntime::Network::open_datagram(
    const net::DatagramOptions& options) {
  if (const auto error = ledger.next(OperationKind::open_datagram)) return error;
  return host.network().open_datagram(options);
}

Task<Result<std::vector<net::ResolvedAddress>>> FaultyRuntime::Resolver::resolve(
    net::ResolveQuery query) {
  const Counted under_way(ledger.under_way);
  const auto error = ledger.next(OperationKind::resolve);
  if (error == FaultLedger::kSilence) {
    co_return co_await silence(host, net::kNever);
  }
  if (error) co_return error;
  co_return co_await host.resolver().resolve(std::move(query));
}

}  // namespace dispatch::proxy

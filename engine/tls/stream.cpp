#include "engine/tls/stream.hpp"

#include "engine/net/condition.hpp"
#include "engine/net/deadline.hpp"
#include "engine/tls/session.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/system/errc.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace dispatch::tls {
namespace {

using net::Result;
using net::Status;
using net::Task;
using State = Session::Step::State;
namespace errc = boost::system::errc;

// Two records and more: a read of bulk.
constexpr std::size_t kRecordsBytes = 36 * 1024;
// Of text at a time: four records.
constexpr std::size_t kTextBytes = 64 * 1024;

}  // namespace

// Its records leave by a task of their own, one at a time: neither a writer that is cancelled nor a
// reader whose session has something to say leaves half a record behind.
struct Stream::Connection {
  using Pointer = std::shared_ptr<Connection>;

  Connection(net::Runtime& of, Session its, net::StreamPtr stream)
      : runtime(of), session(std::move(its)), below(std::move(stream)), sent(runtime.executor()) {}

  void feed_early(std::span<const std::byte> bytes);
  Task<Status> receive(net::TimePoint deadline = net::kNever);
  Task<Status> drained(net::TimePoint deadline = net::kNever);

  // The sender.
  static void send_output(const Pointer& self);
  static Task<void> send_all(Pointer self);
  static Task<void> watch(Pointer self);
  Task<void> send();

  net::Runtime& runtime;
  Session session;
  net::StreamPtr below;
  // Where the beginning of a record is waited for, so that an idle connection needs no buffer.
  std::array<std::byte, 128> little;
  std::unique_ptr<std::byte[]> records;  // null between records
  std::vector<std::byte> leaving;        // on their way to `below`, from `begin`
  std::size_t begin = 0;
  bool sending = false;
  bool closing = false;    // shutdown_write was called
  bool aborted = false;    // abort was called
  bool abandoned = false;  // its Stream is gone
  net::Error failure;      // of sending
  net::Condition sent;     // sending has ended
};

void Stream::Connection::feed_early(std::span<const std::byte> bytes) {
  records = std::make_unique_for_overwrite<std::byte[]>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), records.get());
  session.feed({records.get(), bytes.size()});
}

// After the session has said that it needs input.
Task<Status> Stream::Connection::receive(net::TimePoint deadline) {
  if (session.is_between_records()) {
    records.reset();
  } else {
    records = std::make_unique_for_overwrite<std::byte[]>(kRecordsBytes);
  }
  const auto space = records ? std::span(records.get(), kRecordsBytes) : std::span(little);
  const auto got = co_await below->read_some(space, deadline);
  if (!got) co_return got.error();
  if (*got == 0) co_return Status{net::asio::ssl::error::stream_truncated};
  session.feed(space.first(*got));
  co_return Status{};
}

// Waits until what is being sent has gone. Errors: timed_out; operation_aborted; those of sending.
Task<Status> Stream::Connection::drained(net::TimePoint deadline) {
  while (sending) {
    if (const auto stopped = co_await sent.wait_until(runtime.clock(), deadline)) {
      co_return stopped;
    }
  }
  co_return failure;
}

// What has come meanwhile goes too.
Task<void> Stream::Connection::send() {
  for (;;) {
    if (begin == leaving.size()) {
      begin = 0;
      leaving = std::exchange(session.output(), {});
      if (leaving.empty()) break;
    }
    const auto taken = co_await below->write_some(std::span(leaving).subspan(begin));
    if (!taken) {
      failure = taken.error();
      co_return;
    }
    begin += *taken;
  }
  if (closing) failure = below->shutdown_write();
}

Task<void> Stream::Connection::send_all(Pointer self) {
  struct Sending {
    Connection& connection;
    ~Sending() {
      connection.sending = false;
      connection.sent.notify_all();
    }
  } guard{*self};
  co_await self->send();
}

// What its Stream has left to be sent when it goes does not keep the connection for ever.
Task<void> Stream::Connection::watch(Pointer self) {
  const auto until_drained = [](Connection& connection) -> Task<void> {
    (void)co_await connection.drained();
  };
  auto& clock = self->runtime.clock();
  for (;;) {
    const auto deadline = clock.now() + kCloseTimeout;
    const auto ended = co_await net::run_until(clock, deadline, until_drained(*self));
    if (ended != net::Ended::at_deadline) co_return;
    if (self->abandoned) co_return self->below->abort();
  }
}

// Begins at once, from within the call: what finds room has been sent when this returns.
void Stream::Connection::send_output(const Pointer& self) {
  const bool any = self->closing || !self->session.output().empty();
  if (self->sending || self->failure || !any) return;
  self->sending = true;
  net::asio::co_spawn(self->runtime.executor(), send_all(self), [](std::exception_ptr) {});
}

Stream::Stream(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}

Stream::~Stream() {
  connection_->abandoned = true;
  if (connection_->sending && !connection_->closing) connection_->below->abort();
}

Task<Result<net::StreamPtr>> Stream::shake_hands(std::shared_ptr<Connection> connection) {
  auto& self = *connection;
  net::StreamPtr stream(new Stream(connection));
  for (;;) {
    const auto step = self.session.handshake();
    Connection::send_output(connection);
    if (const auto error = co_await self.drained()) co_return error;
    if (step.state == State::done) co_return std::move(stream);
    if (step.state != State::needs_input) co_return step.error;
    if (const auto error = co_await self.receive()) co_return error;
  }
}

Task<Result<net::StreamPtr>> Stream::accept(net::Runtime& runtime,
                                            std::shared_ptr<const Context> context,
                                            net::StreamPtr stream, std::vector<std::byte> early) {
  auto connection =
      std::make_shared<Connection>(runtime, Session::server(*context), std::move(stream));
  if (!early.empty()) connection->feed_early(early);
  co_return co_await shake_hands(std::move(connection));
}

Task<Result<net::StreamPtr>> Stream::connect(net::Runtime& runtime,
                                             std::shared_ptr<const Context> context,
                                             net::StreamPtr stream, std::string name) {
  auto connection =
      std::make_shared<Connection>(runtime, Session::client(*context, name), std::move(stream));
  co_return co_await shake_hands(std::move(connection));
}

Task<Result<std::size_t>> Stream::read_some(std::span<std::byte> buffer, net::TimePoint deadline) {
  auto& self = *connection_;
  for (;;) {
    if (self.aborted) co_return net::Error{net::asio::error::operation_aborted};
    const auto step = self.session.read(buffer);
    Connection::send_output(connection_);
    if (step.state == State::done) co_return step.bytes;
    if (step.state == State::ended) co_return std::size_t{0};
    if (step.state == State::failed) co_return step.error;
    if (const auto error = co_await self.receive(deadline)) co_return error;
  }
}

Task<Result<std::size_t>> Stream::write_some(std::span<const std::byte> data,
                                             net::TimePoint deadline) {
  auto& self = *connection_;
  if (const auto error = co_await self.drained(deadline)) co_return error;
  if (self.aborted || self.closing) co_return errc::make_error_code(errc::broken_pipe);
  std::size_t bytes = 0;
  while (bytes < std::min(data.size(), kTextBytes)) {
    const auto step = self.session.write(data.subspan(bytes));
    if (step.state == State::failed) co_return step.error;
    // There is no renegotiation that it could wait for.
    if (step.state != State::done) co_return errc::make_error_code(errc::protocol_error);
    bytes += step.bytes;
  }
  Connection::send_output(connection_);
  // Where the wait is cancelled, it is taken all the same.
  (void)co_await self.drained(deadline);
  if (self.failure) co_return self.failure;
  co_return bytes;
}

Task<net::RelayEnd> Stream::relay_to(net::Stream& sink, net::Meter meter) {
  using Side = net::RelayEnd::Side;
  auto& self = *connection_;
  for (;;) {
    if (self.aborted) {
      co_return net::RelayEnd{Side::source, net::asio::error::operation_aborted};
    }
    const auto ready = self.session.peek();
    Connection::send_output(connection_);
    if (ready.state == State::ended) co_return net::RelayEnd{};
    if (ready.state == State::failed) co_return net::RelayEnd{Side::source, ready.error};
    if (ready.state == State::needs_input) {
      if (const auto error = co_await self.receive()) {
        co_return net::RelayEnd{Side::source, error};
      }
      continue;
    }
    const auto text = std::make_unique_for_overwrite<std::byte[]>(kTextBytes);
    std::size_t bytes = 0;
    while (bytes < kTextBytes) {
      const auto step = self.session.read({text.get() + bytes, kTextBytes - bytes});
      if (step.state != State::done) break;  // the next peek says why
      bytes += step.bytes;
    }
    auto left = std::span<const std::byte>(text.get(), bytes);
    meter.show(left);
    while (!left.empty()) {
      auto part = left;
      if (meter.is_paced()) {
        part = left.first(meter.pace->portion(left.size()));
        const auto error = co_await meter.pace->pass(part.size());
        if (error) co_return net::RelayEnd{Side::sink, error};
      }
      const auto taken = co_await sink.write_some(part);
      if (!taken) co_return net::RelayEnd{Side::sink, taken.error()};
      meter.took(*taken, part.size());
      left = left.subspan(*taken);
    }
  }
}

Status Stream::shutdown_write() {
  auto& self = *connection_;
  if (self.aborted) return errc::make_error_code(errc::not_connected);
  if (self.closing) return {};
  self.session.close();
  self.closing = true;
  Connection::send_output(connection_);
  if (self.sending) {
    net::asio::co_spawn(self.runtime.executor(), Connection::watch(connection_),
                        [](std::exception_ptr) {});
  }
  return self.failure;
}

void Stream::abort() {
  connection_->aborted = true;
  connection_->below->abort();
}

void Stream::keep_alive(const net::KeepAlive& options) {
  connection_->below->keep_alive(options);
}

void Stream::no_delay(bool on) {
  connection_->below->no_delay(on);
}

void Stream::user_timeout(net::Duration most) {
  connection_->below->user_timeout(most);
}

net::Endpoint Stream::local_endpoint() const {
  return connection_->below->local_endpoint();
}

net::Endpoint Stream::remote_endpoint() const {
  return connection_->below->remote_endpoint();
}

bool Stream::peer_is_verified() const {
  return connection_->session.peer_is_verified();
}

std::optional<net::TransportInfo> Stream::transport_info() const {
  return connection_->below->transport_info();
}

}  // namespace dispatch::tls

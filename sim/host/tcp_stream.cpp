#include "sim/host/tcp_stream.hpp"

#include "sim/core/simulation.hpp"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>
#include <vector>

namespace dispatch::sim {
namespace {

constexpr std::size_t kRelayBytes = 256 * 1024;

net::Endpoint shown(const net::Endpoint& endpoint, bool mapped) {
  if (!mapped || !endpoint.address.is_v4()) return endpoint;
  return {net::asio::ip::make_address_v6(net::asio::ip::v4_mapped, endpoint.address.to_v4()),
          endpoint.port};
}

// A slow program takes or gives what it may in a twentieth of a second, and rests.
std::size_t portion(const std::optional<DataRate>& rate, std::size_t most) {
  constexpr std::uint64_t kPortionsPerSecond = 20;
  if (!rate) return most;
  const auto portion = rate->bits_per_second() / 8 / kPortionsPerSecond;
  return std::min<std::size_t>(most, std::max<std::uint64_t>(portion, 1));
}

std::span<const std::byte> first_of(std::span<const std::byte> data, std::size_t count) {
  return data.first(count);
}
Slice first_of(const Slice& data, std::size_t count) {
  return count == data.size() ? data : data.part(0, count);
}

// In place of a buffer: so many bytes that are forgotten.
struct Discard {
  std::size_t most;
  std::size_t size() const { return most; }
  Discard first(std::size_t count) const { return {count}; }
};

void take(const Slice& from, std::size_t count, std::span<std::byte> into) {
  from.copy_to(into.data(), count);
}
void take(const Slice&, std::size_t, Discard) {}
std::size_t take(tcp::Connection& from, std::span<std::byte> into, net::TimePoint now) {
  return from.read(into, now);
}
std::size_t take(tcp::Connection& from, Discard into, net::TimePoint now) {
  return from.discard(into.most, now);
}

net::Duration rest(const std::optional<DataRate>& rate, std::size_t bytes) {
  if (!rate) return {};
  constexpr std::uint64_t kNanoseconds = 1'000'000'000;
  return net::Duration(
      static_cast<std::int64_t>(bytes * 8 * kNanoseconds / rate->bits_per_second()));
}

// Keeps what was read and not yet used; gives it back to the socket however the task ends, unless a
// witness has it.
class Remainder {
 public:
  Remainder(std::shared_ptr<TcpSocket> socket, Slice slice, bool is_seen)
      : left(std::move(slice)), socket_(std::move(socket)), is_seen_(is_seen) {}
  ~Remainder() {
    if (!left.empty() && !is_seen_) socket_->put_back = std::move(left);
  }
  Remainder(const Remainder&) = delete;
  Remainder& operator=(const Remainder&) = delete;

  Slice left;

 private:
  std::shared_ptr<TcpSocket> socket_;
  bool is_seen_;
};

void show(const Slice& slice, net::Meter& meter) {
  if (meter.witness == nullptr) return;
  std::vector<std::byte> bytes(slice.size());
  slice.copy_to(bytes.data(), bytes.size());
  meter.show(bytes);
}

}  // namespace

net::Task<net::Result<Slice>> TcpStream::read_slice(std::size_t most) {
  const auto socket = socket_;
  for (;;) {
    if (aborted_ || socket->detached()) co_return net::Error{net::asio::error::operation_aborted};
    if (!socket->put_back.empty()) co_return std::exchange(socket->put_back, {});
    if (socket->kernel().read_rate && socket->now() < socket->reads_at) {
      if (const auto error = co_await socket->clock().sleep_until(socket->reads_at)) {
        co_return error;
      }
      continue;
    }
    auto& connection = socket->connection();
    const auto& rate = socket->kernel().read_rate;
    auto slice = connection.read_slice(portion(rate, most), socket->now());
    if (!slice.empty()) {
      socket->reads_at = socket->now() + rest(rate, slice.size());
      socket->pump();  // the window may have opened
      co_return slice;
    }
    if (connection.at_end()) co_return Slice{};
    if (const auto error = socket->read_error()) co_return error;
    if (const auto error = co_await socket->wait_readable(net::kNever)) {
      co_return error;
    }
  }
}

net::Task<net::Result<std::size_t>> TcpStream::read_some(std::span<std::byte> buffer,
                                                         net::TimePoint deadline) {
  return read(buffer, deadline);
}

net::Task<net::Result<std::size_t>> TcpStream::discard_some(std::size_t most) {
  return read(Discard{most}, net::kNever);
}

template <typename Into>
net::Task<net::Result<std::size_t>> TcpStream::read(Into into, net::TimePoint deadline) {
  const auto socket = socket_;
  for (;;) {
    if (aborted_ || socket->detached()) co_return net::Error{net::asio::error::operation_aborted};
    if (auto& kept = socket->put_back; !kept.empty()) {
      const auto count = std::min(kept.size(), into.size());
      take(kept, count, into);
      kept.remove_prefix(count);
      co_return count;
    }
    if (socket->kernel().read_rate && socket->now() < socket->reads_at) {
      const auto until = std::min(socket->reads_at, deadline);
      if (const auto error = co_await socket->clock().sleep_until(until)) co_return error;
      if (until < socket->reads_at) co_return net::Error{net::asio::error::timed_out};
      continue;
    }
    auto& connection = socket->connection();
    const auto& rate = socket->kernel().read_rate;
    const auto part = into.first(portion(rate, into.size()));
    if (const auto count = take(connection, part, socket->now()); count > 0) {
      socket->reads_at = socket->now() + rest(rate, count);
      socket->pump();
      co_return count;
    }
    if (connection.at_end()) co_return std::size_t{0};
    if (const auto error = socket->read_error()) co_return error;
    if (const auto error = co_await socket->wait_readable(deadline)) {
      co_return error;
    }
  }
}

template <typename Data>
net::Task<net::Result<std::size_t>> TcpStream::write(Data data, net::TimePoint deadline) {
  const auto socket = socket_;
  for (;;) {
    if (aborted_) co_return net::errno_error(EPIPE);
    if (socket->detached()) co_return net::Error{net::asio::error::operation_aborted};
    if (const auto error = socket->write_error()) co_return error;
    if (shut_down_) co_return net::errno_error(EPIPE);
    const auto& rate = socket->kernel().write_rate;
    if (rate && socket->now() < socket->writes_at) {
      const auto until = std::min(socket->writes_at, deadline);
      if (const auto error = co_await socket->clock().sleep_until(until)) co_return error;
      if (until < socket->writes_at) co_return net::Error{net::asio::error::timed_out};
      continue;
    }
    const auto part = first_of(data, portion(rate, data.size()));
    if (const auto count = socket->connection().write(part, socket->now()); count > 0) {
      socket->writes_at = socket->now() + rest(rate, count);
      socket->pump();
      co_return count;
    }
    if (const auto error = co_await socket->wait_writable(deadline)) {
      co_return error;
    }
  }
}

net::Task<net::Result<std::size_t>> TcpStream::write_some(std::span<const std::byte> data,
                                                          net::TimePoint deadline) {
  return write(data, deadline);
}

net::Task<net::Result<std::size_t>> TcpStream::write_blank(std::size_t most) {
  return write(Slice::blank(most), net::kNever);
}

net::Task<net::RelayEnd> TcpStream::relay_to(net::Stream& sink, net::Meter meter) {
  auto* to = dynamic_cast<TcpStream*>(&sink);
  return to == nullptr ? Stream::relay_to(sink, meter) : hand_over(*to, meter);
}

net::Task<net::RelayEnd> TcpStream::hand_over(TcpStream& to, net::Meter meter) {
  for (;;) {
    const auto most = meter.is_paced() ? meter.pace->portion(kRelayBytes) : kRelayBytes;
    auto got = co_await read_slice(most);
    if (!got) co_return net::RelayEnd{net::RelayEnd::Side::source, got.error()};
    if (got->empty()) co_return net::RelayEnd{};
    show(*got, meter);
    Remainder remainder(socket_, std::move(*got), meter.witness != nullptr);
    if (meter.is_paced()) {
      const auto error = co_await meter.pace->pass(remainder.left.size());
      if (error) co_return net::RelayEnd{net::RelayEnd::Side::sink, error};
    }
    while (!remainder.left.empty()) {
      const auto taken = co_await to.write(remainder.left, net::kNever);
      if (!taken) co_return net::RelayEnd{net::RelayEnd::Side::sink, taken.error()};
      meter.counter->add(*taken);
      remainder.left.remove_prefix(*taken);
    }
  }
}

net::Status TcpStream::shutdown_write() {
  if (aborted_ || socket_->detached()) return net::errno_error(ENOTCONN);
  if (socket_->connection().error()) return net::errno_error(ENOTCONN);
  shut_down_ = true;
  socket_->connection().shutdown_write(socket_->now());
  socket_->pump();
  return {};
}

void TcpStream::abort() {
  if (std::exchange(aborted_, true) || socket_->detached()) return;
  const auto socket = socket_;
  socket->connection().abort(socket->now());
  socket->pump();
  socket->notify();
}

void TcpStream::keep_alive(const net::KeepAlive& options) {
  if (aborted_ || socket_->detached()) return;
  socket_->connection().keep_alive(options, socket_->now());
  socket_->pump();
}

void TcpStream::no_delay(bool on) {
  if (aborted_ || socket_->detached()) return;
  socket_->connection().no_delay(on);
  socket_->pump();
}

void TcpStream::user_timeout(net::Duration most) {
  if (aborted_ || socket_->detached()) return;
  socket_->connection().user_timeout(most);
}

net::Endpoint TcpStream::local_endpoint() const {
  return shown(socket_->tuple().local, mapped_);
}

net::Endpoint TcpStream::remote_endpoint() const {
  return shown(socket_->tuple().remote, mapped_);
}

std::optional<net::TransportInfo> TcpStream::transport_info() const {
  auto info = socket_->connection().info();
  info.since_last_ack = socket_->connection().since_last_ack(socket_->now());
  return info;
}

}  // namespace dispatch::sim

#include "sim/host/tcp_socket.hpp"

#include "sim/host/tcp_layer.hpp"
#include "sim/host/tcp_listener.hpp"

#include <cerrno>
#include <utility>

namespace dispatch::sim {
namespace {

constexpr EventLabel kTimerLabel{"tcp-timer"};

tcp::EcnMark mark_of(const Packet& packet) {
  switch (packet.ecn) {
    case Ecn::ce:
      return tcp::EcnMark::congestion;
    case Ecn::ect_0:
    case Ecn::ect_1:
      return tcp::EcnMark::capable;
    case Ecn::not_ect:
      break;
  }
  return tcp::EcnMark::none;
}

}  // namespace

TcpSocket::TcpSocket(TcpLayer& layer, std::uint64_t id, const FourTuple& tuple, std::string device,
                     const tcp::Options& options, std::uint32_t initial_sequence)
    : layer_(layer),
      id_(id),
      tuple_(tuple),
      device_(std::move(device)),
      connection_(options, tuple.local.port, tuple.remote.port, initial_sequence),
      timer_(layer.kernel().simulation, kTimerLabel, [this] { on_timer(); }) {}

net::TimePoint TcpSocket::now() const {
  return layer_.kernel().now();
}

net::Clock& TcpSocket::clock() const {
  return layer_.kernel().clock;
}

const Kernel& TcpSocket::kernel() const {
  return layer_.kernel();
}

void TcpSocket::connect() {
  connection_.connect(now());
  pump();
}

void TcpSocket::accept(const Packet& syn, const std::shared_ptr<TcpListenSocket>& listener) {
  listener_ = listener;
  to_be_accepted_ = true;
  const auto& segment = std::get<tcp::Segment>(syn.transport);
  if (listener->remembers_no_more()) {
    connection_.accept_by_cookie(segment, now(), mark_of(syn));
  } else {
    half_open_ = true;
    ++listener->half_open;
    connection_.accept(segment, now(), mark_of(syn));
  }
  pump();
}

void TcpSocket::leave_half_open() {
  if (!std::exchange(half_open_, false)) return;
  if (const auto listener = listener_.lock()) --listener->half_open;
}

void TcpSocket::receive(const Packet& packet) {
  const auto& segment = std::get<tcp::Segment>(packet.transport);
  if (to_be_accepted_ && segment.ack && !segment.rst) {
    // It would wait for a program that does not take any more.
    if (const auto listener = listener_.lock(); listener && listener->full()) return;
  }
  connection_.receive(segment, now(), mark_of(packet));
  pump();
}

void TcpSocket::unreachable(const IcmpUnreachable& message) {
  connection_.unreachable(message.error(), message.tcp_sequence, message.breaks_path(), now());
  pump();
}

void TcpSocket::set_path_mss(std::uint16_t mss) {
  connection_.set_path_mss(mss);
  pump();
}

void TcpSocket::on_timer() {
  // Deadlines move with every segment; the event is moved only when it comes too early.
  if (connection_.deadline() <= now()) {
    connection_.on_timer(now());
    pump();
  } else {
    arm_timer();
  }
}

void TcpSocket::arm_timer() {
  const auto deadline = connection_.deadline();
  if (deadline < timer_.when()) timer_.schedule(deadline);
}

void TcpSocket::pump() {
  while (auto segment = connection_.next_segment(now())) {
    transmit(std::move(*segment));
  }
  tell();
  if (connection_.finished()) {
    leave_half_open();
    timer_.cancel();
    notify();
    layer_.remove(*this);  // may destroy this
    return;
  }
  arm_timer();
  if (to_be_accepted_ && connection_.established()) {
    to_be_accepted_ = false;
    leave_half_open();
    const auto listener = listener_.lock();
    if (listener == nullptr || listener->closed()) {
      detached_ = true;
      connection_.abort(now());
      return pump();
    }
    listener->established(shared_from_this());
  }
  if (layer_.kernel().frozen) return;
  if (connection_.readable()) readable_.notify_all();
  if (connection_.writable()) writable_.notify_all();
}

TcpView TcpSocket::view() const {
  const auto& kernel = layer_.kernel();
  auto info = connection_.info();
  info.since_last_ack = connection_.since_last_ack(now());
  return {kernel.host_name,    id_,
          tuple_.local,        tuple_.remote,
          connection_.state(), connection_.phase(),
          connection_.error(), info};
}

void TcpSocket::tell() const {
  if (auto* observer = layer_.kernel().tcp_observer) observer->stepped(view());
}

void TcpSocket::notify() {
  if (layer_.kernel().frozen) return;
  readable_.notify_all();
  writable_.notify_all();
}

void TcpSocket::release() {
  if (std::exchange(detached_, true)) return;
  connection_.close(now());
  pump();
}

void TcpSocket::forget() {
  detached_ = true;
  timer_.cancel();
  drop_waiters();
}

net::Task<net::Status> TcpSocket::wait_readable(net::TimePoint deadline) {
  auto& kernel = layer_.kernel();
  return readable_.wait_until(kernel.simulation, kernel.clock, deadline);
}

net::Task<net::Status> TcpSocket::wait_writable(net::TimePoint deadline) {
  auto& kernel = layer_.kernel();
  return writable_.wait_until(kernel.simulation, kernel.clock, deadline);
}

void TcpSocket::drop_waiters() {
  readable_.drop_waiters();
  writable_.drop_waiters();
}

net::Error TcpSocket::write_error() {
  const auto error = connection_.error();
  if (!error) return {};
  return std::exchange(error_told_, true) ? net::errno_error(EPIPE) : error;
}

net::Error TcpSocket::read_error() {
  const auto error = connection_.error();
  if (error) error_told_ = true;
  return error;
}

NetworkInterface* TcpSocket::egress() {
  auto& ip = layer_.ip();
  if (egress_generation_ != ip.generation()) {
    egress_generation_ = ip.generation();
    const auto path =
        ip.find_path_of_socket(tuple_.remote.address, {tuple_.local.address, device_});
    egress_ = path ? path->interface : nullptr;
  }
  return egress_;
}

void TcpSocket::transmit(tcp::Segment&& segment) {
  // Without a way the segment is lost; the retransmission looks for one again.
  auto* out = egress();
  if (out == nullptr) return;
  auto packet = layer_.kernel().packets.make();
  packet->source = tuple_.local.address;
  packet->destination = tuple_.remote.address;
  if (segment.mark == tcp::EcnMark::capable) packet->ecn = Ecn::ect_0;
  packet->transport = std::move(segment);
  layer_.ip().send(*out, std::move(packet));
}

}  // namespace dispatch::sim

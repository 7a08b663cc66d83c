#include "sim/host/tcp_listener.hpp"

#include "sim/host/tcp_layer.hpp"
#include "sim/host/tcp_socket.hpp"
#include "sim/host/tcp_stream.hpp"

#include <utility>

namespace dispatch::sim {

TcpListenSocket::TcpListenSocket(TcpLayer& layer, std::uint64_t id, net::Endpoint local,
                                 net::ListenOptions options)
    : acceptable(layer.kernel().simulation.executor()),
      layer_(layer),
      id_(id),
      local_(std::move(local)),
      options_(std::move(options)) {}

bool TcpListenSocket::full() const {
  return layer_.kernel().backlog_full ||
         waiting_.size() > static_cast<std::size_t>(options_.backlog);
}

void TcpListenSocket::established(std::shared_ptr<TcpSocket> socket) {
  waiting_.push_back(std::move(socket));
  notify();
}

void TcpListenSocket::notify() {
  if (!layer_.kernel().frozen) acceptable.notify_all();
}

std::shared_ptr<TcpSocket> TcpListenSocket::take() {
  while (!waiting_.empty()) {
    auto socket = std::move(waiting_.front());
    waiting_.pop_front();
    if (!socket->detached()) return socket;
  }
  return nullptr;
}

void TcpListenSocket::close() {
  if (std::exchange(closed_, true)) return;
  const auto self = shared_from_this();
  for (auto waiting = std::exchange(waiting_, {}); const auto& socket : waiting) {
    if (socket->detached()) continue;
    socket->connection().abort(layer_.kernel().now());
    socket->release();
  }
  layer_.remove(*this);
  acceptable.notify_all();
}

void TcpListenSocket::forget() {
  closed_ = true;
  waiting_.clear();
  acceptable.drop_waiters();
}

TcpListener::TcpListener(std::shared_ptr<TcpListenSocket> socket)
    : TcpListener(std::make_shared<Shared>(Shared{std::move(socket)})) {}

TcpListener::TcpListener(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {
  ++shared_->open;
}

net::Result<net::ListenerPtr> TcpListener::share(net::Network&) {
  return net::ListenerPtr(new TcpListener(shared_));
}

void TcpListener::close() {
  if (std::exchange(*closed_, true)) return;
  if (--shared_->open == 0) return shared_->socket->close();
  shared_->socket->acceptable.notify_all();
}

net::Task<net::Result<net::StreamPtr>> TcpListener::accept() {
  // This may be destroyed while the task is.
  const auto socket = shared_->socket;
  const auto closed = closed_;
  for (;;) {
    if (*closed || socket->closed()) co_return net::Error{net::asio::error::operation_aborted};
    if (auto taken = socket->take()) {
      const bool mapped = socket->local().address.is_v6() && taken->tuple().remote.address.is_v4();
      net::StreamPtr stream = std::make_unique<TcpStream>(std::move(taken), mapped);
      if (const auto& options = socket->options().keep_alive) stream->keep_alive(*options);
      co_return stream;
    }
    if (const auto error = co_await socket->acceptable.wait()) co_return error;
  }
}

}  // namespace dispatch::sim

#include "tests/bench/bench_target.hpp"

#include <array>
#include <cerrno>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <thread>

namespace dispatch::bench {
namespace {

constexpr std::size_t kBlock = 256 * 1024;
constexpr std::size_t kEcho = 4096;

std::array<char, kBlock>& block() {
  static std::array<char, kBlock> bytes{};
  return bytes;
}

}  // namespace

struct Target::Connection {
  Socket socket;
  Work work{};
  Count count;
};

Target::Target() : listener_(listen_on_loopback()), port_(port_of(listener_)) {
  std::thread([this] { serve(); }).detach();
}

std::vector<std::uint64_t> Target::uploads() const {
  const std::lock_guard lock(guard_);
  std::vector<std::uint64_t> counts;
  for (const auto& each : uploads_) counts.push_back(*each);
  return counts;
}

void Target::forget_uploads() {
  const std::lock_guard lock(guard_);
  uploads_.clear();
}

void Target::serve() {
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  epoll_event listening{EPOLLIN, {.ptr = nullptr}};
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, listener_.get(), &listening);
  std::array<epoll_event, 64> events;
  for (;;) {
    const int count = ::epoll_wait(epoll, events.data(), events.size(), -1);
    for (int i = 0; i < count; ++i) {
      const auto& event = events[static_cast<std::size_t>(i)];
      auto* connection = static_cast<Connection*>(event.data.ptr);
      if (connection == nullptr) {
        accept(epoll);
        continue;
      }
      const bool lives = connection->work == Work{} ? begin(*connection, epoll)
                                                    : take_part(*connection, event.events);
      if (!lives) delete connection;
    }
  }
}

void Target::accept(int epoll) {
  Socket socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (socket.get() < 0) return;
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const int descriptor = socket.get();
  epoll_event event{EPOLLIN, {.ptr = new Connection{std::move(socket), {}, {}}}};
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

bool Target::begin(Connection& connection, int epoll) {
  char first = 0;
  const auto got = ::recv(connection.socket.get(), &first, 1, 0);
  if (got < 0 && errno == EAGAIN) return true;
  if (got <= 0) return false;
  connection.work = Work{first};
  if (connection.work == Work::upload) {
    connection.count = std::make_shared<std::atomic<std::uint64_t>>();
    const std::lock_guard lock(guard_);
    uploads_.push_back(connection.count);
  }
  epoll_event event{connection.work == Work::download ? EPOLLOUT : EPOLLIN, {.ptr = &connection}};
  ::epoll_ctl(epoll, EPOLL_CTL_MOD, connection.socket.get(), &event);
  return true;
}

// One turn, whatever there is: whether it goes on.
bool Target::take_part(Connection& connection, unsigned events) {
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) return false;
  const int socket = connection.socket.get();
  if (connection.work == Work::download) {
    const auto sent = ::send(socket, block().data(), kBlock, MSG_NOSIGNAL);
    return sent > 0 || errno == EAGAIN;
  }
  if (connection.work == Work::upload) {
    const auto got = ::recv(socket, nullptr, kBlock, MSG_TRUNC);
    if (got > 0) *connection.count += static_cast<std::uint64_t>(got);
    return got > 0 || (got < 0 && errno == EAGAIN);
  }
  std::array<char, kEcho> bytes;
  const auto got = ::recv(socket, bytes.data(), bytes.size(), 0);
  if (got <= 0) return got < 0 && errno == EAGAIN;
  // Small messages, one at a time: there is always room.
  return ::send(socket, bytes.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL) == got;
}

}  // namespace dispatch::bench

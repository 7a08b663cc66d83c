#include "tests/bench/reference_relay.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <unistd.h>

namespace dispatch::bench {
namespace {

constexpr int kPipeBytes = 1024 * 1024;
constexpr std::size_t kBudget = 512 * 1024;  // of one connection's turn

using Octet = unsigned char;

void no_delay(int socket) {
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

bool say(int socket, const void* bytes, std::size_t size) {
  return ::send(socket, bytes, size, MSG_NOSIGNAL) == static_cast<ssize_t>(size);
}

bool answer(int socket, std::uint16_t port) {
  const std::array<Octet, 10> bytes{
      5, 0, 0, 1, 127, 0, 0, 1, static_cast<Octet>(port >> 8), static_cast<Octet>(port)};
  return say(socket, bytes.data(), bytes.size());
}

}  // namespace

struct ReferenceRelay::Connection {
  Socket client;
  Socket target;
  State state = State::greeting;
  Direction up;
  Direction down;
  bool waits_for_turn = false;
  std::unique_ptr<ReferenceDatagrams> datagrams;
};

ReferenceRelay::ReferenceRelay(std::uint16_t port)
    : listener_(listen_on_loopback(port)), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  listener_.set_nonblocking();
  epoll_event event{EPOLLIN, {.ptr = nullptr}};
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_.get(), &event);
}

ReferenceRelay::~ReferenceRelay() = default;

void ReferenceRelay::run() {
  std::array<epoll_event, 128> events;
  for (;;) {
    const int wait = again_.empty() ? -1 : 0;
    const int count = ::epoll_wait(epoll_, events.data(), events.size(), wait);
    for (int i = 0; i < count; ++i) {
      auto* connection = static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr);
      if (connection == nullptr) {
        accept();
      } else {
        advance(*connection);
      }
    }
    for (auto turns = again_.size(); turns != 0; --turns) {
      auto* connection = again_.front();
      again_.pop_front();
      connection->waits_for_turn = false;
      advance(*connection);
    }
    ended_.clear();
  }
}

void ReferenceRelay::watch(int descriptor, Connection& connection, unsigned events) {
  epoll_event event{events, {.ptr = &connection}};
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event);
}

void ReferenceRelay::accept() {
  for (;;) {
    Socket socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (socket.get() < 0) return;
    no_delay(socket.get());
    auto* connection = new Connection{std::move(socket), {}, State::greeting, {}, {}, false, {}};
    watch(connection->client.get(), *connection, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
  }
}

void ReferenceRelay::advance(Connection& connection) {
  if (connection.client.get() < 0) return;  // ended in this round
  bool lives = true;
  for (auto before = connection.state; lives; before = connection.state) {
    switch (connection.state) {
      case State::greeting:
        lives = greet(connection);
        break;
      case State::request:
        lives = take_request(connection);
        break;
      case State::connecting:
        lives = finish_connect(connection);
        break;
      case State::relaying:
        lives = relay(connection);
        break;
      case State::association:
        connection.datagrams->move();
        char byte = 0;
        lives = ::recv(connection.client.get(), &byte, 1, 0) != 0;
        break;
    }
    if (connection.state == before) break;
  }
  if (!lives) end(connection);
}

bool ReferenceRelay::greet(Connection& connection) {
  std::array<Octet, 3> greeting{};
  const auto got = ::recv(connection.client.get(), greeting.data(), greeting.size(), 0);
  if (got < 0) return errno == EAGAIN;
  constexpr std::array<Octet, 2> kMethod{5, 0};
  connection.state = State::request;
  return got == 3 && say(connection.client.get(), kMethod.data(), kMethod.size());
}

bool ReferenceRelay::take_request(Connection& connection) {
  std::array<Octet, 10> request{};
  const auto got = ::recv(connection.client.get(), request.data(), request.size(), 0);
  if (got < 0) return errno == EAGAIN;
  if (got != 10) return false;
  if (request[1] == 3) {
    connection.datagrams = std::make_unique<ReferenceDatagrams>();
    connection.state = State::association;
    watch(connection.datagrams->descriptor(), connection, EPOLLIN);
    return answer(connection.client.get(), connection.datagrams->port());
  }
  const auto address = loopback(static_cast<std::uint16_t>(request[8] << 8 | request[9]));
  connection.target = Socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  no_delay(connection.target.get());
  const int connected = ::connect(connection.target.get(),
                                  reinterpret_cast<const sockaddr*>(&address), sizeof address);
  if (connected != 0 && errno != EINPROGRESS) return false;
  connection.state = State::connecting;
  watch(connection.target.get(), connection, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
  return true;
}

bool ReferenceRelay::finish_connect(Connection& connection) {
  tcp_info info{};
  socklen_t size = sizeof info;
  ::getsockopt(connection.target.get(), IPPROTO_TCP, TCP_INFO, &info, &size);
  if (info.tcpi_state == TCP_SYN_SENT) return true;
  if (info.tcpi_state != TCP_ESTABLISHED && info.tcpi_state != TCP_CLOSE_WAIT) return false;
  connection.state = State::relaying;
  return answer(connection.client.get(), port_of(connection.target));
}

bool ReferenceRelay::relay(Connection& connection) {
  const int client = connection.client.get();
  const int target = connection.target.get();
  std::size_t budget = kBudget;
  if (!pump(connection.up, client, target, budget)) return false;
  std::size_t budget_down = kBudget;
  if (!pump(connection.down, target, client, budget_down)) return false;
  if (connection.up.ended && connection.down.ended) return false;
  if ((budget == 0 || budget_down == 0) && !connection.waits_for_turn) {
    connection.waits_for_turn = true;
    again_.push_back(&connection);
  }
  return true;
}

// False: the connection has failed.
bool ReferenceRelay::pump(Direction& direction, int from, int to, std::size_t& budget) {
  constexpr unsigned kFlags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;
  while (!direction.ended && budget != 0) {
    if (direction.held == 0) {
      if (direction.pipe.read < 0) direction.pipe = take_pipe();
      const auto got = ::splice(from, nullptr, direction.pipe.write, nullptr, budget, kFlags);
      if (got <= 0) {
        give_back(direction.pipe);
        if (got < 0) return errno == EAGAIN;
        direction.ended = true;
        ::shutdown(to, SHUT_WR);
        return true;
      }
      direction.held = static_cast<std::size_t>(got);
    }
    const auto sent = ::splice(direction.pipe.read, nullptr, to, nullptr, direction.held, kFlags);
    if (sent < 0) return errno == EAGAIN;
    direction.held -= static_cast<std::size_t>(sent);
    budget -= std::min(budget, static_cast<std::size_t>(sent));
  }
  if (direction.held == 0) give_back(direction.pipe);
  return true;
}

void ReferenceRelay::end(Connection& connection) {
  for (auto* direction : {&connection.up, &connection.down}) {
    if (direction->held == 0) {
      give_back(direction->pipe);
    } else {
      ::close(direction->pipe.read);
      ::close(direction->pipe.write);
    }
  }
  if (connection.waits_for_turn) std::erase(again_, &connection);
  connection.client = Socket();
  connection.target = Socket();
  connection.datagrams.reset();
  ended_.emplace_back(&connection);
}

ReferenceRelay::Pipe ReferenceRelay::take_pipe() {
  if (!pipes_.empty()) {
    const auto pipe = pipes_.back();
    pipes_.pop_back();
    return pipe;
  }
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) fail("pipe");
  ::fcntl(ends[1], F_SETPIPE_SZ, kPipeBytes);
  return {ends[0], ends[1]};
}

void ReferenceRelay::give_back(Pipe& pipe) {
  if (pipe.read >= 0) pipes_.push_back(pipe);
  pipe = {};
}

}  // namespace dispatch::bench

#include "tests/bench/bench_load.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <sys/epoll.h>
#include <thread>
#include <unistd.h>

namespace dispatch::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kBlock = 256 * 1024;
constexpr std::size_t kPing = 64;
constexpr int kAtATime = 16;
// Until all have begun, and windows have grown.
constexpr double kWarmUp = 0.3;

double since(Clock::time_point when) {
  return std::chrono::duration<double>(Clock::now() - when).count();
}

void begin(const Socket& socket, Work work) {
  if (!socket.send_all(&work, 1)) fail("begin");
}

class Crowd {
 public:
  Crowd(const Connect& connect, int connections, bool up)
      : up_(up),
        epoll_(::epoll_create1(EPOLL_CLOEXEC)),
        bytes_(static_cast<std::size_t>(connections)) {
    for (int i = 0; i < connections; ++i) {
      auto socket = connect();
      begin(socket, up ? Work::upload : Work::download);
      socket.set_nonblocking();
      epoll_event event{up ? EPOLLOUT : EPOLLIN, {.u32 = static_cast<std::uint32_t>(i)}};
      ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, socket.get(), &event);
      sockets_.push_back(std::move(socket));
    }
  }

  void run_for(double seconds) {
    const auto began = Clock::now();
    std::array<epoll_event, 64> events;
    while (since(began) < seconds) {
      const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), 10);
      for (int i = 0; i < count; ++i) move(events[static_cast<std::size_t>(i)].data.u32);
    }
  }

  const std::vector<double>& bytes() const { return bytes_; }

 private:
  void move(std::uint32_t index) {
    const int socket = sockets_[index].get();
    const auto moved = up_ ? ::send(socket, block_.data(), kBlock, MSG_NOSIGNAL)
                           : ::recv(socket, nullptr, kBlock, MSG_TRUNC);
    if (moved == 0 || (moved < 0 && errno != EAGAIN)) fail("bulk");
    if (moved > 0) bytes_[index] += static_cast<double>(moved);
  }

  bool up_;
  Socket epoll_;
  std::vector<Socket> sockets_;
  std::vector<double> bytes_;  // of downloads; of uploads what the target has counts
  std::vector<char> block_ = std::vector<char>(kBlock, 'x');
};

}  // namespace

double jain_index(const std::vector<double>& values) {
  double sum = 0;
  double squares = 0;
  for (const auto value : values) {
    sum += value;
    squares += value * value;
  }
  return squares == 0 ? 1 : sum * sum / (static_cast<double>(values.size()) * squares);
}

Bulk bulk(const Connect& connect, Target& target, int connections, bool up, double seconds) {
  target.forget_uploads();
  Crowd crowd(connect, connections, up);
  const auto counts = [&] {
    if (!up) return crowd.bytes();
    const auto uploads = target.uploads();
    return std::vector<double>(uploads.begin(), uploads.end());
  };
  crowd.run_for(kWarmUp);
  const auto before = counts();
  const auto began = Clock::now();
  crowd.run_for(seconds);
  Bulk result;
  result.seconds = since(began);
  auto moved = counts();
  for (const auto each : moved) result.all_bytes += each;
  for (std::size_t i = 0; i < before.size(); ++i) moved[i] -= before[i];
  for (const auto each : moved) result.bytes += each;
  result.jain = jain_index(moved);
  return result;
}

Socket used_connection(const Connect& connect) {
  auto socket = connect();
  begin(socket, Work::echo);
  char byte = 'x';
  if (!socket.send_all(&byte, 1) || !socket.receive_all(&byte, 1)) fail("one byte");
  return socket;
}

double short_connections(const Connect& connect, int count) {
  const auto began = Clock::now();
  std::vector<std::thread> threads;
  for (int i = 0; i < kAtATime; ++i) {
    threads.emplace_back([&] {
      for (int each = 0; each < count / kAtATime; ++each) {
        used_connection(connect);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  return count / since(began);
}

double ping_pong(const Connect& connect, int count) {
  const auto socket = connect();
  begin(socket, Work::echo);
  std::array<char, kPing> message{};
  std::vector<double> times;
  for (int i = 0; i < count; ++i) {
    const auto began = Clock::now();
    if (!socket.send_all(message.data(), message.size()) ||
        !socket.receive_all(message.data(), message.size())) {
      fail("ping");
    }
    times.push_back(since(began) * 1e6);
  }
  std::nth_element(times.begin(), times.begin() + count / 2, times.end());
  return times[times.size() / 2];
}

}  // namespace dispatch::bench

// One transfer over this kernel's TCP, as the simulation's programs do it: 16 kB at a time, no
// option set but the congestion control.
//
//     transfer serve ADDRESS CONGESTION BYTES     (0: without end) prints "retransmits N rtt MS"
//     transfer fetch ADDRESS CONGESTION SECONDS [BYTES]
//         prints "bytes N ms T silent S until U", S and U in seconds: the longest time without a
//         byte, and when, by CLOCK_MONOTONIC, it was over; stops then
#include <algorithm>
#include <arpa/inet.h>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <linux/tcp.h>
#include <sched.h>
#include <string>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <vector>

namespace {

constexpr std::size_t kWriteBytes = 16 * 1024;
constexpr std::size_t kReadBytes = 64 * 1024;
constexpr double kSample = 0.1;  // seconds

double now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(2);
}

tcp_info info_of(int socket) {
  tcp_info info{};
  socklen_t size = sizeof info;
  getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size);
  return info;
}

int serve(int listener, std::uint64_t bytes) {
  if (listen(listener, 1) != 0) fail("transfer: listen");
  std::puts("ready");
  std::fflush(stdout);
  const int client = accept(listener, nullptr, nullptr);
  const std::vector<char> block(kWriteBytes, 'x');
  const bool endless = bytes == 0;
  double rtt = 0;
  int samples = 0;
  for (double next = 0; endless || bytes > 0;) {
    const auto part = endless ? block.size() : std::min<std::uint64_t>(bytes, block.size());
    const auto sent = send(client, block.data(), part, MSG_NOSIGNAL);
    if (sent <= 0) break;
    if (!endless) bytes -= static_cast<std::uint64_t>(sent);
    if (now() < next) continue;
    next = now() + kSample;
    rtt += info_of(client).tcpi_rtt * 1e-3;
    ++samples;
  }
  char rest = 0;
  if (!endless) static_cast<void>(recv(client, &rest, 1, 0));
  std::printf("retransmits %u rtt %.1f\n", info_of(client).tcpi_total_retrans,
              samples > 0 ? rtt / samples : 0);
  return 0;
}

int fetch(int socket, const sockaddr_in& server, double seconds, std::uint64_t wanted) {
  const double begin = now();
  if (connect(socket, reinterpret_cast<const sockaddr*>(&server), sizeof server) != 0) {
    fail("transfer: connect");
  }
  const timeval patience{0, 100'000};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  std::vector<char> buffer(kReadBytes);
  std::uint64_t bytes = 0;
  double last = begin;
  double silent = 0;
  double until = begin;
  while (now() < begin + seconds && bytes < wanted) {
    const auto got = recv(socket, buffer.data(), buffer.size(), 0);
    if (got == 0) break;
    if (got < 0) continue;
    bytes += static_cast<std::uint64_t>(got);
    const double time = now();
    if (bytes > static_cast<std::uint64_t>(got) && time - last > silent) {
      silent = time - last;
      until = time;
    }
    last = time;
  }
  const linger at_once{1, 0};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  std::printf("bytes %llu ms %.1f silent %.3f until %.3f\n", static_cast<unsigned long long>(bytes),
              (last - begin) * 1e3, silent, until);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5 && argc != 6) {
    std::fprintf(stderr, "usage: transfer serve|fetch ADDRESS CONGESTION BYTES|SECONDS\n");
    return 2;
  }
  sched_param priority{};
  priority.sched_priority = 20;
  sched_setscheduler(0, SCHED_FIFO, &priority);
  const int socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const std::string congestion = argv[3];
  if (setsockopt(socket_, IPPROTO_TCP, TCP_CONGESTION, congestion.data(),
                 static_cast<socklen_t>(congestion.size())) != 0) {
    fail("transfer: congestion control");
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(80);
  if (inet_pton(AF_INET, argv[2], &address.sin_addr) != 1) fail("transfer: address");
  if (argv[1] == std::string("fetch")) {
    const auto wanted = argc == 6 ? std::strtoull(argv[5], nullptr, 10) : UINT64_MAX;
    return fetch(socket_, address, std::atof(argv[4]), wanted);
  }
  if (bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fail("transfer: bind");
  }
  return serve(socket_, std::strtoull(argv[4], nullptr, 10));
}

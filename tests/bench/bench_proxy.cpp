// What dispatch costs, beside no proxy at all, on this machine's loopback, in one interleaved run.
//
//     bench_proxy PATH_OF_DISPATCH [ROUNDS]
//
// Bulk: bytes per second, and CPU seconds of the proxy per gigabyte, for 1, 8 and 64 connections.
// Connections: opened, one byte each way, closed, 16 at a time: how many per second, and the
// proxy's CPU time for each. Idle: user memory and descriptors for each of 1000 connections that do
// nothing. Rates depend on the machine and its load; ratios and CPU times travel better.

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <map>
#include <netinet/tcp.h>
#include <signal.h>
#include <spawn.h>
#include <sstream>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kBlock = 256 * 1024;
constexpr int kIdleConnections = 1000;
constexpr int kConnectionsPerRound = 4000;
constexpr int kConcurrentConnections = 16;
constexpr std::uint64_t kBulkBytes = 2'000'000'000;

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "bench_proxy: %s: %s\n", what.c_str(), std::strerror(errno));
  std::exit(1);
}

class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  ~Socket() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int get() const { return descriptor_; }

  bool send_all(const void* data, std::size_t size) const {
    const auto* next = static_cast<const char*>(data);
    while (size != 0) {
      const auto sent = ::send(descriptor_, next, size, MSG_NOSIGNAL);
      if (sent <= 0) return false;
      next += sent;
      size -= static_cast<std::size_t>(sent);
    }
    return true;
  }
  bool receive_all(void* data, std::size_t size) const {
    return ::recv(descriptor_, data, size, MSG_WAITALL) == static_cast<ssize_t>(size);
  }

 private:
  int descriptor_;
};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

Socket connect_to(std::uint16_t port) {
  Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto address = loopback(port);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fail("connect to port " + std::to_string(port));
  }
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return socket;
}

// Answers each request, an 8-byte count, with that many bytes; a thread for each connection.
class Target {
 public:
  Target() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    auto address = loopback(0);
    socklen_t size = sizeof address;
    if (::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listener_.get(), 4096) != 0 ||
        ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      fail("listen");
    }
    port_ = ntohs(address.sin_port);
    std::thread([this] {
      for (;;) {
        const int accepted = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
        if (accepted >= 0) std::thread([accepted] { serve(Socket(accepted)); }).detach();
      }
    }).detach();
  }
  std::uint16_t port() const { return port_; }

 private:
  static void serve(Socket socket) {
    static const std::vector<char> block(kBlock, 'x');
    std::uint64_t wanted = 0;
    while (socket.receive_all(&wanted, sizeof wanted)) {
      while (wanted != 0) {
        const auto part = std::min<std::uint64_t>(wanted, block.size());
        if (!socket.send_all(block.data(), part)) return;
        wanted -= part;
      }
    }
  }

  Socket listener_;
  std::uint16_t port_ = 0;
};

// `dispatch start` on a free port, ended with this object.
class Proxy {
 public:
  explicit Proxy(const char* program) {
    port_ = free_port();
    start(program);
    const auto address = loopback(port_);
    for (int i = 0; i < 500; ++i) {
      const Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
          0) {
        return;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    fail("dispatch did not start to listen");
  }
  ~Proxy() {
    ::kill(process_, SIGTERM);
    ::waitpid(process_, nullptr, 0);
  }
  std::uint16_t port() const { return port_; }

  double cpu_seconds() const {
    std::ifstream file("/proc/" + std::to_string(process_) + "/stat");
    std::string text((std::istreambuf_iterator<char>(file)), {});
    std::istringstream fields(text.substr(text.rfind(')') + 2));
    std::string skipped;
    for (int i = 0; i < 11; ++i) fields >> skipped;
    double user = 0;
    double kernel = 0;
    fields >> user >> kernel;
    return (user + kernel) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  }

  double private_kilobytes() const {
    std::ifstream file("/proc/" + std::to_string(process_) + "/smaps_rollup");
    double total = 0;
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with("Private_")) total += std::atof(line.c_str() + line.find(':') + 1);
    }
    return total;
  }

  int descriptors() const {
    int count = 0;
    const auto folder = "/proc/" + std::to_string(process_) + "/fd";
    for (int i = 0; i < 1 << 16; ++i) {
      if (::access((folder + "/" + std::to_string(i)).c_str(), F_OK) == 0) ++count;
    }
    return count;
  }

 private:
  static std::uint16_t free_port() {
    const Socket probe(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    auto address = loopback(0);
    socklen_t size = sizeof address;
    ::bind(probe.get(), reinterpret_cast<sockaddr*>(&address), size);
    ::getsockname(probe.get(), reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
  }

  void start(const char* program) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    const auto port = std::to_string(port_);
    const char* arguments[] = {program, "start", "--port", port.c_str(), "127.0.0.1", nullptr};
    if (::posix_spawn(&process_, program, &actions, nullptr, const_cast<char* const*>(arguments),
                      environ) != 0) {
      fail(std::string("start ") + program);
    }
  }

  pid_t process_ = -1;
  std::uint16_t port_ = 0;
};

// How a connection to the target is made: directly, or through the proxy by SOCKS5.
using Connect = std::function<Socket()>;

Socket connect_by_socks5(std::uint16_t proxy, std::uint16_t target) {
  auto socket = connect_to(proxy);
  const std::array<unsigned char, 3> greeting{5, 1, 0};
  std::array<unsigned char, 2> method{};
  const std::array<unsigned char, 10> request{5,
                                              1,
                                              0,
                                              1,
                                              127,
                                              0,
                                              0,
                                              1,
                                              static_cast<unsigned char>(target >> 8),
                                              static_cast<unsigned char>(target)};
  std::array<unsigned char, 10> answer{};
  if (!socket.send_all(greeting.data(), greeting.size()) ||
      !socket.receive_all(method.data(), method.size()) ||
      !socket.send_all(request.data(), request.size()) ||
      !socket.receive_all(answer.data(), answer.size()) || answer[1] != 0) {
    fail("SOCKS5 handshake");
  }
  return socket;
}

void run_parallel(int count, const std::function<void(int)>& work) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back(work, i);
  for (auto& thread : threads) thread.join();
}

// Gigabytes per second.
double bulk(const Connect& connect, int connections) {
  const auto began = Clock::now();
  run_parallel(connections, [&](int) {
    const auto socket = connect();
    std::uint64_t left = kBulkBytes / static_cast<unsigned>(connections);
    socket.send_all(&left, sizeof left);
    std::vector<char> block(kBlock);
    while (left != 0) {
      const auto got = ::recv(socket.get(), block.data(), block.size(), 0);
      if (got <= 0) fail("bulk download");
      left -= static_cast<std::uint64_t>(got);
    }
  });
  return kBulkBytes / 1e9 / std::chrono::duration<double>(Clock::now() - began).count();
}

// Connections per second.
double short_connections(const Connect& connect) {
  const auto began = Clock::now();
  run_parallel(kConcurrentConnections, [&](int) {
    for (int i = 0; i < kConnectionsPerRound / kConcurrentConnections; ++i) {
      const auto socket = connect();
      const std::uint64_t one = 1;
      char byte = 0;
      if (!socket.send_all(&one, sizeof one) || !socket.receive_all(&byte, 1)) fail("one byte");
    }
  });
  return kConnectionsPerRound / std::chrono::duration<double>(Clock::now() - began).count();
}

// Figures by name, printed as medians of all rounds.
class Figures {
 public:
  void add(const std::string& name, double value) {
    if (!values_.contains(name)) order_.push_back(name);
    values_[name].push_back(value);
  }
  double median(const std::string& name) {
    auto& values = values_[name];
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
  }

 private:
  std::map<std::string, std::vector<double>> values_;
  std::vector<std::string> order_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    std::fprintf(stderr, "usage: bench_proxy PATH_OF_DISPATCH [ROUNDS]\n");
    return 2;
  }
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);

  const int rounds = argc == 3 ? std::max(1, std::atoi(argv[2])) : 3;
  const Target target;
  const Proxy proxy(argv[1]);
  const Connect direct = [&] { return connect_to(target.port()); };
  const Connect proxied = [&] { return connect_by_socks5(proxy.port(), target.port()); };
  Figures figures;
  const std::array kCounts{1, 8, 64};

  for (int round = 0; round < rounds; ++round) {
    for (const int count : kCounts) {
      const auto suffix = std::to_string(count);
      figures.add("direct" + suffix, bulk(direct, count));
      const auto before = proxy.cpu_seconds();
      figures.add("proxy" + suffix, bulk(proxied, count));
      figures.add("cpu" + suffix, (proxy.cpu_seconds() - before) / (kBulkBytes / 1e9));
    }
    figures.add("direct_conn", short_connections(direct));
    const auto before = proxy.cpu_seconds();
    figures.add("proxy_conn", short_connections(proxied));
    figures.add("cpu_conn", (proxy.cpu_seconds() - before) / kConnectionsPerRound * 1e6);
  }

  const auto memory_before = proxy.private_kilobytes();
  const auto descriptors_before = proxy.descriptors();
  std::vector<Socket> idle;
  for (int i = 0; i < kIdleConnections; ++i) idle.push_back(proxied());
  const auto memory = (proxy.private_kilobytes() - memory_before) / kIdleConnections;
  const auto descriptors =
      static_cast<double>(proxy.descriptors() - descriptors_before) / kIdleConnections;

  std::printf("medians of %d rounds            direct   dispatch   ratio   proxy's CPU\n", rounds);
  for (const int count : kCounts) {
    const auto suffix = std::to_string(count);
    const auto a = figures.median("direct" + suffix);
    const auto b = figures.median("proxy" + suffix);
    std::printf("bulk, %2d connections, GB/s   %8.2f   %8.2f   %5.2f   %.2f s per GB\n", count, a,
                b, b / a, figures.median("cpu" + suffix));
  }
  const auto a = figures.median("direct_conn");
  const auto b = figures.median("proxy_conn");
  std::printf("connections per second       %8.0f   %8.0f   %5.2f   %.0f us per connection\n", a, b,
              b / a, figures.median("cpu_conn"));
  std::printf("idle connection: %.1f kB of user memory, %.1f descriptors\n", memory, descriptors);
  std::fflush(stdout);
  // The target's threads still wait on their sockets: no orderly end for them.
  idle.clear();
  return 0;
}

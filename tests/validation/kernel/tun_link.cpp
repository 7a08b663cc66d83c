// A link between two network namespaces, in user space: rate, delay, a drop-tail queue in bytes,
// and random loss of what the first one sends.
//
//     tun_link NAMESPACE NAMESPACE MBIT/S DELAY_MS QUEUE_BYTES LOSS SEED
//
// Each namespace gets the interface "lnk". Prints "ready", and at SIGTERM a line of counts for each
// direction. At SIGUSR1 the link goes dark: everything vanishes, also what is under way; at SIGUSR2
// it heals. Runs with real-time priority, so that packets are late by less than 0.3 ms.
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <random>
#include <sched.h>
#include <string>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <vector>

namespace {

using Nanoseconds = std::int64_t;

constexpr Nanoseconds kSecond = 1'000'000'000;
constexpr std::size_t kLargestPacket = 70'000;

volatile std::sig_atomic_t stopped = 0;
volatile std::sig_atomic_t dark = 0;

Nanoseconds now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * kSecond + time.tv_nsec;
}

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "tun_link: %s: %s\n", what.c_str(), std::strerror(errno));
  std::exit(2);
}

int open_interface(const std::string& name) {
  const auto path = "/var/run/netns/" + name;
  const int space = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (space < 0 || setns(space, CLONE_NEWNET) != 0) fail(path);
  close(space);
  const int tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  ifreq request{};
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  std::strcpy(request.ifr_name, "lnk");
  if (tun < 0 || ioctl(tun, TUNSETIFF, &request) != 0) fail("/dev/net/tun");
  return tun;
}

struct Packet {
  Nanoseconds due;
  std::vector<char> bytes;
};

class Direction {
 public:
  Direction(int in, int out, double mbit, double delay_ms, std::size_t queue_bytes, double loss)
      : in_(in),
        out_(out),
        rate_(mbit * 1e6),
        delay_(static_cast<Nanoseconds>(delay_ms * 1e6)),
        queue_bytes_(queue_bytes),
        loss_(loss) {}

  void take_arrivals(std::mt19937_64& dice) {
    std::vector<char> buffer(kLargestPacket);
    for (;;) {
      const auto size = read(in_, buffer.data(), buffer.size());
      if (size <= 0) return;
      if ((buffer[0] >> 4 & 15) != 4) continue;  // IPv6 talks to itself
      ++packets_;
      if (dark != 0) continue;
      if (loss_ > 0 && std::uniform_real_distribution<>(0, 1)(dice) < loss_) {
        ++lost_;
      } else {
        enqueue({buffer.begin(), buffer.begin() + size});
      }
    }
  }

  // Hands over what has arrived; when to look again.
  Nanoseconds deliver() {
    serialise(now());
    while (!flying_.empty() && flying_.front().due <= now()) {
      late_.push_back(now() - flying_.front().due);
      const auto& bytes = flying_.front().bytes;
      if (dark == 0 && write(out_, bytes.data(), bytes.size()) < 0) std::perror("tun_link: write");
      flying_.pop_front();
    }
    auto next = now() + kSecond / 10;
    if (!queue_.empty()) next = std::min(next, queue_.front().due);
    if (!flying_.empty()) next = std::min(next, flying_.front().due);
    return next;
  }

  void report() {
    std::sort(late_.begin(), late_.end());
    const auto late = late_.empty() ? 0 : late_[late_.size() * 99 / 100];
    std::printf("packets %ld dropped %ld lost %ld late_p99_us %ld\n", packets_, dropped_, lost_,
                static_cast<long>(late / 1000));
  }

  int in() const { return in_; }

 private:
  void enqueue(std::vector<char> bytes) {
    const auto time = now();
    serialise(time);
    if (queued_ + bytes.size() > queue_bytes_) {
      ++dropped_;
      return;
    }
    busy_until_ = std::max(busy_until_, time) +
                  static_cast<Nanoseconds>(static_cast<double>(bytes.size()) * 8e9 / rate_);
    queued_ += bytes.size();
    queue_.push_back({busy_until_, std::move(bytes)});
  }

  // What has left the queue by `time` is on the wire.
  void serialise(Nanoseconds time) {
    while (!queue_.empty() && queue_.front().due <= time) {
      auto packet = std::move(queue_.front());
      queue_.pop_front();
      queued_ -= packet.bytes.size();
      packet.due += delay_;
      flying_.push_back(std::move(packet));
    }
  }

  int in_;
  int out_;
  double rate_;
  Nanoseconds delay_;
  std::size_t queue_bytes_;
  double loss_;
  std::deque<Packet> queue_;
  std::deque<Packet> flying_;
  std::size_t queued_ = 0;
  Nanoseconds busy_until_ = 0;
  long packets_ = 0;
  long dropped_ = 0;
  long lost_ = 0;
  std::vector<Nanoseconds> late_;
};

void run(Direction& there, Direction& back, std::uint64_t seed) {
  std::mt19937_64 dice(seed);
  while (stopped == 0) {
    there.take_arrivals(dice);
    back.take_arrivals(dice);
    const auto next = std::min(there.deliver(), back.deliver());
    const auto wait = std::max<Nanoseconds>(0, next - now());
    const timespec timeout{wait / kSecond, wait % kSecond};
    pollfd both[] = {{there.in(), POLLIN, 0}, {back.in(), POLLIN, 0}};
    ppoll(both, 2, &timeout, nullptr);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 8) {
    std::fprintf(stderr, "usage: tun_link NS NS MBIT/S DELAY_MS QUEUE_BYTES LOSS SEED\n");
    return 2;
  }
  const int a = open_interface(argv[1]);
  const int b = open_interface(argv[2]);
  const auto rate = std::atof(argv[3]);
  const auto delay = std::atof(argv[4]);
  const auto queue = std::strtoull(argv[5], nullptr, 10);
  Direction there(a, b, rate, delay, queue, std::atof(argv[6]));
  Direction back(b, a, rate, delay, queue, 0);
  sched_param priority{};
  priority.sched_priority = 50;
  if (sched_setscheduler(0, SCHED_FIFO, &priority) != 0) std::perror("tun_link: priority");
  mlockall(MCL_CURRENT | MCL_FUTURE);
  std::signal(SIGTERM, [](int) { stopped = 1; });
  std::signal(SIGUSR1, [](int) { dark = 1; });
  std::signal(SIGUSR2, [](int) { dark = 0; });
  std::puts("ready");
  std::fflush(stdout);
  run(there, back, std::strtoull(argv[7], nullptr, 10));
  there.report();
  back.report();
}

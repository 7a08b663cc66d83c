#include "tests/bench/bench_datagrams.hpp"

#include "tests/bench/bench_socket.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <netinet/udp.h>
#include <poll.h>
#include <thread>
#include <vector>

namespace dispatch::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kUnderWay = 256;
constexpr int kBatch = 32;
constexpr std::size_t kHeader = 10;  // RFC 1928 7, IPv4
constexpr std::size_t kCoalescedMax = 60'000;
constexpr std::size_t kDatagramMax = 2048;
// A datagram that has not come for so long is lost.
constexpr auto kLost = std::chrono::milliseconds(200);

// Counts what comes, until it is destroyed.
class Sink {
 public:
  Sink() : socket_(datagram_socket()), thread_([this] { count(); }) {}
  ~Sink() {
    ends_ = true;
    thread_.join();
  }
  std::uint16_t port() const { return port_of(socket_); }
  int received() const { return received_; }

 private:
  void count() {
    std::vector<std::array<char, kDatagramMax>> buffers(kBatch);
    std::array<iovec, kBatch> parts;
    std::array<mmsghdr, kBatch> messages{};
    for (std::size_t i = 0; i < kBatch; ++i) {
      parts[i] = {buffers[i].data(), buffers[i].size()};
      messages[i].msg_hdr.msg_iov = &parts[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    while (!ends_) {
      pollfd wait{socket_.get(), POLLIN, 0};
      if (::poll(&wait, 1, 20) != 1) continue;
      const int got = ::recvmmsg(socket_.get(), messages.data(), kBatch, MSG_DONTWAIT, nullptr);
      if (got > 0) received_ += got;
    }
  }

  Socket socket_;
  std::atomic<int> received_ = 0;
  std::atomic<bool> ends_ = false;
  std::thread thread_;
};

class Sender {
 public:
  Sender(std::uint16_t to, std::uint16_t target, std::size_t payload)
      : socket_(datagram_socket()), datagram_(kHeader + payload, 'x') {
    const auto address = loopback(to);
    if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
        0) {
      fail("datagrams to the proxy");
    }
    const std::array<unsigned char, kHeader> header{0,
                                                    0,
                                                    0,
                                                    1,
                                                    127,
                                                    0,
                                                    0,
                                                    1,
                                                    static_cast<unsigned char>(target >> 8),
                                                    static_cast<unsigned char>(target)};
    std::memcpy(datagram_.data(), header.data(), header.size());
  }

  void send_each(int count) {
    iovec part{datagram_.data(), datagram_.size()};
    std::array<mmsghdr, kBatch> messages{};
    for (auto& each : messages) {
      each.msg_hdr.msg_iov = &part;
      each.msg_hdr.msg_iovlen = 1;
    }
    for (int left = count; left > 0;) {
      const int sent = ::sendmmsg(socket_.get(), messages.data(),
                                  static_cast<unsigned>(std::min(left, kBatch)), 0);
      if (sent < 0 && errno != EAGAIN && errno != ENOBUFS) fail("sendmmsg");
      left -= std::max(sent, 0);
    }
  }

  void send_coalesced(int count) {
    const auto most = std::min<std::size_t>(64, kCoalescedMax / datagram_.size());
    const std::vector<iovec> parts(most, iovec{datagram_.data(), datagram_.size()});
    while (count > 0) {
      const auto now = std::min<std::size_t>(most, static_cast<std::size_t>(count));
      alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(std::uint16_t))> control{};
      msghdr message{};
      message.msg_iov = const_cast<iovec*>(parts.data());
      message.msg_iovlen = now;
      message.msg_control = control.data();
      message.msg_controllen = control.size();
      auto* option = CMSG_FIRSTHDR(&message);
      option->cmsg_level = IPPROTO_UDP;
      option->cmsg_type = UDP_SEGMENT;
      option->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
      const auto size = static_cast<std::uint16_t>(datagram_.size());
      std::memcpy(CMSG_DATA(option), &size, sizeof size);
      if (::sendmsg(socket_.get(), &message, 0) < 0) fail("sendmsg with UDP_SEGMENT");
      count -= static_cast<int>(now);
    }
  }

 private:
  Socket socket_;
  std::vector<char> datagram_;
};

}  // namespace

Datagrams send_datagrams(std::uint16_t proxy, std::size_t payload, int count, bool coalesced) {
  const auto association = associate(proxy);
  Sink sink;
  Sender sender(association.port, sink.port(), payload);
  const auto began = Clock::now();
  int sent = 0;
  int settled = 0;  // received or given up
  int seen = 0;
  auto moved = began;
  while (settled < count) {
    const int room = std::min(kUnderWay - (sent - settled), count - sent);
    if (room >= std::min(kUnderWay / 2, count - sent) && room > 0) {
      if (coalesced) {
        sender.send_coalesced(room);
      } else {
        sender.send_each(room);
      }
      sent += room;
    }
    const int received = sink.received();
    if (received != seen) moved = Clock::now();
    settled += received - seen;
    seen = received;
    if (Clock::now() - moved > kLost) {
      settled = sent;
      moved = Clock::now();
    }
    std::this_thread::yield();
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
  return {static_cast<double>(sent), static_cast<double>(sink.received()), seconds};
}

}  // namespace dispatch::bench

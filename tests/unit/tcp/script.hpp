// One TCP connection whose peer is a script: the test says what arrives and when, and reads what
// was sent in answer as text. As packetdrill does it, with segments in place of sequence numbers.
#pragma once

#include "sim/tcp/connection.hpp"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>

namespace dispatch::sim::tcp::test {

using namespace std::chrono_literals;

// Full segments of our stream, [first, last), counted from 0: what the peer reports by SACK.
using Block = std::pair<int, int>;

class Script {
 public:
  static constexpr int kSegment = 1448;  // bytes, timestamps on
  static constexpr auto kRtt = 40ms;

  // Established by connecting, with a round trip of kRtt; the clock then shows 0.
  explicit Script(const Options& options = {}, std::uint16_t peer_window = 65535);

  // Runs the timers up to `ms` milliseconds after the handshake.
  void at(double ms);
  std::size_t write(std::size_t bytes);
  // The peer acknowledges `bytes` of our stream; its window is what was said last.
  void ack_bytes(std::size_t bytes, std::initializer_list<Block> sack = {});
  void ack(int segments, std::initializer_list<Block> sack = {}) {
    ack_bytes(static_cast<std::size_t>(segments) * kSegment, sack);
  }
  // Bytes [first, first + count) of the peer's stream arrive.
  void data(std::size_t first, std::size_t count, bool push = false);
  void read();                    // the application takes all there is
  void receive(Segment segment);  // ports, timestamps and acknowledgment are filled in
  void peer_window(std::uint16_t scaled) { window_ = scaled; }

  // What was sent since the last call, as "40: 3 4 5(100)" with a line break between moments: the
  // time in milliseconds, the index of each data segment, with its bytes where it is not full; a
  // segment without data is "ack" (bytes of the peer's stream), with its SACK blocks, or "old"
  // where its sequence number is (a window or keep-alive probe); "+fin" and "rst" as they are.
  std::string sent();

  Connection& connection() { return connection_; }
  TimePoint now() const { return now_; }

 private:
  void drain();
  void describe(const Segment& segment);

  Connection connection_;
  TimePoint now_{};
  TimePoint start_{};
  std::uint32_t echo_ = 0;  // of our newest timestamp
  std::uint32_t clock_ = 0;
  std::uint16_t window_;
  std::uint32_t acked_ = 1001;
  std::uint32_t next_ = 5001;
  bool established_ = false;
  double line_ms_ = -1;
  std::string text_;
};

}  // namespace dispatch::sim::tcp::test

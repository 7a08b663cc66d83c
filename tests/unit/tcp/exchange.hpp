// Two TCP connections joined by a scripted path, in virtual time.
#pragma once

#include "sim/tcp/connection.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

namespace dispatch::sim::tcp::test {

using namespace std::chrono_literals;

using net::Error;

enum class Side : std::uint8_t { client, server };

constexpr Side other(Side side) {
  return side == Side::client ? Side::server : Side::client;
}

// What the path does with a segment.
struct Fate {
  bool dropped = false;
  int copies = 1;
  Duration late{};      // beyond the path's delay
  bool marked = false;  // as a congested queue does it (RFC 3168)
};

// A segment as it was sent.
struct Sent {
  TimePoint when;
  Side from;
  Segment segment;
  bool dropped;
};

class Exchange {
 public:
  explicit Exchange(const Options& client = {}, const Options& server = {},
                    std::uint32_t client_sequence = 1000, std::uint32_t server_sequence = 5000);

  Duration one_way = 20ms;
  // Decides over each segment; `number` counts those of its sender from 0.
  std::function<Fate(Side from, int number, const Segment& segment)> path;
  // Called after every event: the applications.
  std::function<void()> applications;
  bool listening = true;  // the server side accepts a SYN

  Connection& at(Side side) { return side == Side::client ? client_ : *server_; }
  Connection& client() { return client_; }
  Connection& server() { return *server_; }
  bool has_server() const { return server_.has_value(); }
  TimePoint now() const { return now_; }

  void connect();                                // starts the client's handshake
  void connect_both();                           // simultaneous open
  void establish();                              // connects and runs until both are established
  void inject(Side to, const Segment& segment);  // now
  void settle();  // sends what both have to send, runs the applications

  // Runs events until `done` (true) or until nothing happens before `limit` (false).
  bool run_until(const std::function<bool()>& done, Duration limit = 3600s);
  void run_for(Duration time);

  const std::vector<Sent>& sent() const { return sent_; }
  std::vector<Sent> sent_by(Side side) const;
  // Those that carry payload.
  std::vector<Sent> data_sent_by(Side side) const;
  bool keep_records = true;

 private:
  void step(TimePoint when);
  void drain(Side side);
  void deliver(Side to, const Segment& segment, EcnMark mark = EcnMark::none);
  TimePoint next_event() const;

  Options server_options_;
  std::uint32_t server_sequence_;
  Connection client_;
  std::optional<Connection> server_;
  TimePoint now_{};
  std::multimap<TimePoint, std::pair<Side, Segment>> flying_;
  std::vector<Sent> sent_;
  int numbers_[2] = {0, 0};
};

// One direction of a transfer: writes `size` bytes of a pattern, reads and checks them.
class Transfer {
 public:
  Transfer(Exchange& exchange, Side from, std::size_t size, bool then_shut = false)
      : exchange_(exchange), from_(from), size_(size), then_shut_(then_shut) {}

  void work();  // one turn of both applications
  bool reading = true;
  bool complete() const { return received_ == size_ && (!then_shut_ || ended_); }
  bool intact() const { return intact_; }
  std::size_t written() const { return written_; }
  std::size_t received() const { return received_; }

 private:
  Exchange& exchange_;
  Side from_;
  std::size_t size_;
  bool then_shut_;
  std::size_t written_ = 0;
  std::size_t received_ = 0;
  bool intact_ = true;
  bool ended_ = false;
};

// A small generator of its own (xorshift64*), the same on every machine.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15u + 1) {}
  std::uint32_t next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return static_cast<std::uint32_t>((state_ * 0x2545F4914F6CDD1Du) >> 32);
  }
  std::uint32_t below(std::uint32_t bound) { return next() % bound; }
  bool one_in(std::uint32_t n) { return below(n) == 0; }

 private:
  std::uint64_t state_;
};

std::vector<std::byte> pattern(std::size_t position, std::size_t size);

inline double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}
inline double seconds(TimePoint time) {
  return seconds(time.time_since_epoch());
}

}  // namespace dispatch::sim::tcp::test

// Frames of one stream in any order, with losses, copies, jumps and parity, honest and not; and any
// bytes as a report, and as parity.
//
// Beyond not crashing: numbers only rise, the figures add up, and as long as all parity is honest a
// payload is what was sent under its number, however it was come by.

#include "engine/stream/parity.hpp"
#include "engine/stream/reassembly.hpp"
#include "engine/stream/report.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>

namespace dispatch::stream {
namespace {

using fuzz::require;
using Bytes = std::vector<std::byte>;

void check_report(std::span<const std::byte> bytes) {
  const auto report = decode_report(bytes);
  if (!report) return;
  const auto back = encode_report(*report);
  require(back.size() == bytes.size(), "a report is as long as it was");
  require(decode_report(back) == report, "a report comes back as it was");
}

// What the sender sends under that number.
Frame frame_of(std::uint64_t sequence, Bytes& payload) {
  payload.resize(sequence * 7 % 40);
  for (std::size_t i = 0; i < payload.size(); ++i) {
    payload[i] = static_cast<std::byte>(sequence * 31 + i);
  }
  Frame frame;
  frame.sequence = sequence;
  frame.time = sequence * 3;
  frame.payload = payload;
  return frame;
}

class Receiver {
 public:
  explicit Receiver(std::uint64_t base) : base_(base) {}

  // Three bytes of the input each.
  void step(std::uint8_t what, std::uint8_t a, std::uint8_t b) {
    now_ += net::Duration(std::chrono::milliseconds(what >> 4));
    const auto number = base_ + (a | (b & 15) << 8);
    switch (what & 7) {
      case 0:
      case 1:
      case 2:
        data(number, (b & 16) != 0);
        break;
      case 3:
        parity(number, 1 + (b >> 4), 1 + (b >> 6));
        break;
      case 4:
        lie(number, a, b);
        break;
      case 5:
        if (b == 255) base_ += std::uint64_t{a} << (a % 40);
        order_.probe(number, now_);
        break;
      case 6:
        if ((a & b) == 255) end(number);
        break;
      case 7:
        ask();
        break;
    }
    pop();
  }

  void finish() {
    now_ += kPatience;
    pop();
    require(!order_.has_gaps(), "nothing is waited for for longer than that");
    const auto figures = order_.figures();
    require(figures.received == popped_ + dropped_, "what has come has gone on");
    require(figures.repaired <= figures.received, "what is made good is received");
  }

 private:
  static constexpr net::Duration kPatience = std::chrono::milliseconds(100);

  void data(std::uint64_t number, bool again) {
    make_room(number);
    auto frame = frame_of(number, payload_);
    frame.again = again;
    order_.data(frame, now_);
  }

  void parity(std::uint64_t first, unsigned data, unsigned rows) {
    ParityMaker maker({data, rows, {}});
    for (unsigned i = 0; i < data; ++i) maker.add(frame_of(first + i, payload_), now_);
    for (const auto& each : maker.close()) {
      Frame frame;
      frame.sequence = first;
      frame.payload = each;
      const auto made = decode_parity(frame);
      require(made.has_value(), "what the maker makes is parity");
      order_.parity(*made, now_);
    }
  }

  void lie(std::uint64_t first, std::uint8_t a, std::uint8_t b) {
    const Bytes payload{std::byte{a}, std::byte(b % 3),
                        std::byte{3}, {},
                        {},           std::byte{a},
                        std::byte{b}, {},
                        {},           {},
                        std::byte{b}, {},
                        {},           {},
                        {},           {}};
    Frame frame;
    frame.sequence = first;
    frame.payload = payload;
    if (const auto lie = decode_parity(frame)) {
      honest_ = false;
      order_.parity(*lie, now_);
    }
  }

  void end(std::uint64_t count) {
    if (count != 0) make_room(count - 1);
    order_.end(count, now_);
  }

  void make_room(std::uint64_t number) {
    if (order_.make_room_for(number)) pop();
  }

  void ask() {
    std::uint64_t above = 0;
    for (const auto& range : order_.ask(now_)) {
      require(range.count != 0, "nothing is not asked for");
      require(range.first >= above, "ranges are in order, and apart");
      above = range.first + range.count;
    }
    require(above <= Reassembly::kWindow, "what is asked for is in the window");
  }

  void pop() {
    while (const auto frame = order_.pop(now_)) {
      require(!last_ || frame->sequence > *last_, "the order is that of the numbers");
      last_ = frame->sequence;
      ++popped_;
      if (!honest_) continue;
      const auto sent = frame_of(frame->sequence, payload_);
      require(std::ranges::equal(frame->payload, sent.payload), "it is what was sent");
      require(frame->time == sent.time, "when it was sent");
    }
    require(order_.figures().received >= popped_, "what goes on has come");
  }

  std::uint64_t base_;
  Reassembly order_{kPatience};
  net::TimePoint now_{std::chrono::seconds(1)};
  bool honest_ = true;
  std::optional<std::uint64_t> last_;
  std::uint64_t popped_ = 0;
  std::uint64_t dropped_ = 0;
  Bytes payload_;
};

}  // namespace
}  // namespace dispatch::stream

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dispatch::stream;
  const auto bytes = dispatch::fuzz::bytes_of(data, size);
  check_report(bytes);
  Frame frame;
  frame.payload = bytes;
  (void)decode_parity(frame);
  (void)frame_of_symbol(bytes);
  if (size == 0) return dispatch::fuzz::kDone;
  Receiver receiver(data[0] < 128 ? 0 : std::uint64_t{data[0]} << (data[0] % 57));
  for (std::size_t at = 1; at + 3 <= size; at += 3) {
    receiver.step(data[at], data[at + 1], data[at + 2]);
  }
  receiver.finish();
  return dispatch::fuzz::kDone;
}

#include "tests/unit/tcp/script.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace dispatch::sim::tcp::test {
namespace {

constexpr std::uint32_t kOurs = 1001;    // the first byte's sequence number
constexpr std::uint32_t kTheirs = 5001;  // of the peer's
constexpr std::uint8_t kScale = 7;

}  // namespace

Script::Script(const Options& options, std::uint16_t peer_window)
    : connection_(options, 40000, 80, kOurs - 1), window_(peer_window) {
  connection_.connect(now_);
  drain();
  now_ += kRtt;
  Segment answer;
  answer.syn = true;
  answer.sequence = kTheirs - 1;
  answer.mss = 1460;
  answer.window_scale = kScale;
  answer.sack_permitted = true;
  receive(answer);
  start_ = now_;
  established_ = true;
}

void Script::at(double ms) {
  const auto end =
      start_ + std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::milli>(ms));
  while (connection_.deadline() <= end) {
    now_ = std::max(now_, connection_.deadline());
    connection_.on_timer(now_);
    drain();
  }
  now_ = std::max(now_, end);
}

std::size_t Script::write(std::size_t bytes) {
  const std::string data(bytes, 'x');
  const auto taken = connection_.write(std::as_bytes(std::span(data)), now_);
  drain();
  return taken;
}

void Script::ack_bytes(std::size_t bytes, std::initializer_list<Block> sack) {
  acked_ = std::max(acked_, kOurs + static_cast<std::uint32_t>(bytes));
  Segment segment;
  segment.sequence = next_;
  for (const auto& [first, last] : sack) {
    segment.sack[segment.sack_count++] = {kOurs + static_cast<std::uint32_t>(first * kSegment),
                                          kOurs + static_cast<std::uint32_t>(last * kSegment)};
  }
  receive(segment);
}

void Script::data(std::size_t first, std::size_t count, bool push) {
  const std::string bytes(count, 'y');
  Segment segment;
  segment.sequence = kTheirs + static_cast<std::uint32_t>(first);
  segment.payload.slices[0] = Slice::copy_of(std::as_bytes(std::span(bytes)));
  segment.psh = push;
  next_ = std::max(next_, segment.sequence + static_cast<std::uint32_t>(count));
  receive(segment);
}

void Script::read() {
  std::array<std::byte, 64 * 1024> buffer;
  while (connection_.read(buffer, now_) > 0) continue;
  drain();
}

void Script::receive(Segment segment) {
  segment.source_port = 80;
  segment.destination_port = 40000;
  segment.ack = !segment.rst || segment.ack;
  segment.acknowledgment = acked_;
  segment.window = window_;
  clock_ = static_cast<std::uint32_t>(now_.time_since_epoch() / 1ms) + 1;
  if (!segment.timestamps) segment.timestamps = Timestamps{clock_, echo_};
  connection_.receive(segment, now_);
  drain();
}

void Script::drain() {
  while (const auto segment = connection_.next_segment(now_)) {
    if (segment->timestamps) echo_ = segment->timestamps->value;
    if (established_) describe(*segment);
  }
}

void Script::describe(const Segment& segment) {
  const auto ms = std::chrono::duration<double, std::milli>(now_ - start_).count();
  if (ms != line_ms_) text_ += fmt::format("{}{:.0f}:", text_.empty() ? "" : "\n", ms);
  line_ms_ = ms;
  const auto offset = segment.sequence - kOurs;
  const auto size = segment.payload.size();
  if (segment.rst) {
    text_ += " rst";
  } else if (static_cast<std::int32_t>(offset) < 0) {
    text_ += " old";
  } else if (size > 0) {
    text_ += fmt::format(" {}", offset / kSegment);
    if (offset % kSegment != 0) text_ += fmt::format("+{}", offset % kSegment);
    if (size != kSegment) text_ += fmt::format("({})", size);
  } else if (!segment.fin) {
    text_ += fmt::format(" ack {}", segment.acknowledgment - kTheirs);
    for (int i = 0; i < segment.sack_count; ++i) {
      const auto& block = segment.sack[static_cast<std::size_t>(i)];
      text_ += fmt::format(" {}-{}", block.begin - kTheirs, block.end - kTheirs);
    }
  }
  if (segment.fin) text_ += "+fin";
}

std::string Script::sent() {
  line_ms_ = -1;
  return std::exchange(text_, {});
}

}  // namespace dispatch::sim::tcp::test

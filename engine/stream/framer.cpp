#include "engine/stream/framer.hpp"

#include <algorithm>
#include <utility>

namespace dispatch::stream {
namespace {

// Requests for the same frame that come closer together are of two reports that crossed.
constexpr net::Duration kPause = std::chrono::milliseconds(5);

// As long as the shortest report: who asks in another's name makes nobody send him more.
constexpr std::array<std::byte, Report::kBytesLeast> kProbe{};

}  // namespace

Framer::Framer(Hub& from, Hub& to, net::Clock& clock, net::asio::any_io_executor executor,
               const FramerOptions& options)
    : from_(from),
      to_(to),
      clock_(clock),
      options_(options),
      sent_(options.repair, kKeptMost),
      parity_(options.parity),
      changed_(std::move(executor)) {
  from_.add(*this);
  to_.feeds_from(from_);
}

Framer::~Framer() {
  from_.remove(*this);
}

std::uint64_t Framer::wall_now() const {
  return static_cast<std::uint64_t>(clock_.wall_now().time_since_epoch().count());
}

void Framer::take(std::span<const Chunk> chunks) {
  const auto time = wall_now();
  const auto now = clock_.now();
  for (const auto& chunk : chunks) {
    chunk.for_each(0, [&](std::span<const std::byte> datagram) { add_data(datagram, time, now); });
  }
  flush();
}

void Framer::add_data(std::span<const std::byte> datagram, std::uint64_t time, net::TimePoint now) {
  const Frame frame{Frame::Kind::data, options_.stream, next_++, time, datagram};
  add(frame);
  if (options_.repair != net::Duration::zero()) sent_.add(frame, now);
  if (options_.parity.data == 0) return;
  if (!ParityMaker::fits(datagram.size())) {
    if (!parity_.empty()) close_group();
    return;
  }
  if (parity_.empty()) changed_.notify_all();
  parity_.add(frame, now);
  if (parity_.is_due(now)) close_group();
}

// The payloads are the maker's, and are sent before it makes others.
void Framer::close_group() {
  const auto time = wall_now();
  const auto first = parity_.first();
  for (const auto& payload : parity_.close()) {
    add({Frame::Kind::parity, options_.stream, first, time, payload});
  }
  flush();
}

void Framer::add(const Frame& frame) {
  headers_[count_] = encode_frame_header(frame);
  frames_[count_] = {frame.payload, 0, headers_[count_]};
  if (++count_ == kBatch) flush();
}

void Framer::flush() {
  if (count_ != 0) to_.pass(std::span(frames_).first(std::exchange(count_, 0)));
}

void Framer::flush_to(Sink& sink) {
  if (count_ != 0) sink.take(std::span(frames_).first(std::exchange(count_, 0)));
}

void Framer::probe() {
  for (auto* way : ways_) {
    add({Frame::Kind::probe, options_.stream, next_, wall_now(), kProbe});
    flush_to(*way);
  }
}

net::Task<void> Framer::run() {
  auto probe_at = options_.probes ? clock_.now() : net::kNever;
  for (;;) {
    if (clock_.now() >= probe_at) {
      probe();
      probe_at = clock_.now() + kProbeInterval;
    }
    if (parity_.is_due(clock_.now())) close_group();
    const auto next = parity_.empty() ? probe_at : std::min(probe_at, parity_.due());
    const auto status = co_await changed_.wait_until(clock_, next);
    if (net::is_cancelled(status)) co_return;
  }
}

std::optional<Report> Framer::hear(std::span<const std::byte> datagram, Sink& to) {
  const auto frame = decode_frame(datagram);
  if (!frame || frame->kind != Frame::Kind::report || frame->stream != options_.stream) {
    return std::nullopt;
  }
  auto report = decode_report(frame->payload);
  if (report) heed(*report, frame->sequence, to);
  return report;
}

void Framer::heed(const Report& report, std::uint64_t number, Sink& to) {
  if (receivers_.size() == kReceiversMost && !receivers_.contains(report.receiver)) return;
  auto& receiver = receivers_[report.receiver];
  receiver.gone = false;
  receiver.to = &to;
  if (report.complete && !std::exchange(receiver.complete, true)) changed_.notify_all();
  if (number < receiver.heeded || number == UINT64_MAX) return;
  receiver.heeded = number + 1;
  const auto now = clock_.now();
  for (const auto& range : report.missing) {
    const auto first = report.settled + range.first;
    if (first < report.settled) continue;
    const auto end = std::min(first + range.count, next_);
    for (auto each = std::max(first, sent_.first()); each < end; ++each) {
      auto frame = sent_.find(each, now, kPause);
      if (!frame) continue;
      frame->stream = options_.stream;
      frame->again = true;
      headers_[count_] = encode_frame_header(*frame);
      frames_[count_] = {frame->payload, 0, headers_[count_]};
      ++sent_again_;
      if (++count_ == kBatch) flush_to(to);
    }
  }
  flush_to(to);
}

void Framer::left(const Sink& to) {
  for (auto& [name, receiver] : receivers_) {
    if (receiver.to == &to) receiver.gone = true;
  }
  changed_.notify_all();
}

bool Framer::is_satisfied() const {
  return !receivers_.empty() && std::ranges::all_of(receivers_, [](const auto& each) {
    return each.second.complete || each.second.gone;
  });
}

net::Task<void> Framer::finish() {
  if (!parity_.empty()) close_group();
  const auto until = clock_.now() + options_.repair;
  for (int told = 0;; ++told) {
    const bool is_over = options_.repair == net::Duration::zero()
                             ? told == kEnds
                             : is_satisfied() || clock_.now() >= until;
    if (is_over) co_return;
    add({Frame::Kind::end, options_.stream, next_, wall_now(), {}});
    flush();
    if (options_.repair == net::Duration::zero()) continue;
    const auto status = co_await changed_.wait_until(clock_, clock_.now() + kEndInterval);
    if (net::is_cancelled(status)) co_return;
  }
}

}  // namespace dispatch::stream

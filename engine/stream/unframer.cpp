#include "engine/stream/unframer.hpp"

#include <algorithm>
#include <utility>

namespace dispatch::stream {

Unframer::Unframer(Hub& from, HubOf hub_of, net::Clock& clock, net::asio::any_io_executor executor,
                   const UnframerOptions& options)
    : from_(from),
      hub_of_(std::move(hub_of)),
      clock_(clock),
      options_(options),
      gap_(std::move(executor)) {
  from_.add(*this);
}

Unframer::~Unframer() {
  from_.remove(*this);
}

void Unframer::take(std::span<const Chunk> chunks) {
  now_ = clock_.now();
  for (const auto& chunk : chunks) {
    chunk.for_each(0, [&](std::span<const std::byte> datagram) { take(chunk, datagram); });
  }
  flush();
}

Unframer::Stream* Unframer::stream_of(std::uint32_t number) {
  const auto found = streams_.find(number);
  if (found != streams_.end()) return &found->second;
  if (streams_.size() == kStreamsMost) return nullptr;
  auto& stream = streams_[number];
  if (options_.repair != net::Duration::zero()) {
    stream.order = std::make_unique<Reassembly>(options_.repair);
  }
  stream.hub = &hub_of_(number);
  stream.hub->feeds_from(from_);
  return &stream;
}

// Null: it came over none, or there are too many.
Unframer::Way* Unframer::way_of(Stream& stream, const Chunk& chunk) {
  if (chunk.from == nullptr || chunk.socket == nullptr) return nullptr;
  auto way = std::ranges::find_if(stream.ways, [&](const Way& each) {
    return each.socket == chunk.socket && each.sender == *chunk.from;
  });
  if (way == stream.ways.end()) {
    std::erase_if(stream.ways, [&](const Way& each) { return now_ - each.heard > kWayLasts; });
    if (stream.ways.size() == kWaysMost) return nullptr;
    way = stream.ways.insert(stream.ways.end(), Way{*chunk.from, chunk.socket, now_});
  }
  way->heard = now_;
  return &*way;
}

void Unframer::take(const Chunk& chunk, std::span<const std::byte> datagram) {
  const auto frame = decode_frame(datagram);
  auto* stream = frame && frame->kind != Frame::Kind::report ? stream_of(frame->stream) : nullptr;
  if (stream == nullptr) {
    ++strangers_;
    return;
  }
  auto* way = way_of(*stream, chunk);
  switch (frame->kind) {
    case Frame::Kind::data:
      return take_data(*stream, *frame);
    case Frame::Kind::parity:
      if (const auto parity = decode_parity(*frame); parity && stream->order) {
        stream->order->parity(*parity, now_);
        pass_on(*stream);
      }
      return;
    case Frame::Kind::end:
      if (stream->order) {
        put_in_order(*stream, *frame);
      } else {
        stream->log.end(frame->sequence);
      }
      // A sender that repeats it has not heard that all is there.
      if (stream->told && stream->order) report_to_all(frame->stream, *stream, {});
      return tell_end(frame->stream, *stream);
    case Frame::Kind::probe:
      if (stream->order) stream->order->probe(frame->sequence, now_);
      if (way == nullptr) return;
      way->probe = frame->time;
      return report(frame->stream, *stream, *way, {});
    case Frame::Kind::report:
      return;
  }
}

void Unframer::take_data(Stream& stream, const Frame& frame) {
  if (stream.order) {
    put_in_order(stream, frame);
    return tell_end(frame.stream, stream);
  }
  if (stream.log.take(frame.sequence)) pass(*stream.hub, frame.payload);
}

// A data frame, or an end.
void Unframer::put_in_order(Stream& stream, const Frame& frame) {
  auto& order = *stream.order;
  const bool is_end = frame.kind == Frame::Kind::end;
  const auto last = is_end ? std::max<std::uint64_t>(frame.sequence, 1) - 1 : frame.sequence;
  if (order.make_room_for(last)) pass_on(stream);
  if (is_end) {
    order.end(frame.sequence, now_);
  } else {
    order.data(frame, now_);
  }
  pass_on(stream);
}

void Unframer::pass_on(Stream& stream) {
  while (const auto next = stream.order->pop(now_)) pass(*stream.hub, next->payload);
  if (stream.order->has_gaps() && !std::exchange(tended_, true)) gap_.notify_all();
}

void Unframer::pass(Hub& hub, std::span<const std::byte> payload) {
  if (hub_ != &hub || count_ == kBatch) flush();
  hub_ = &hub;
  payloads_[count_++] = {payload, 0, {}};
}

void Unframer::flush() {
  if (count_ != 0) hub_->pass(std::span(payloads_).first(std::exchange(count_, 0)));
}

void Unframer::tell_end(std::uint32_t number, Stream& stream) {
  const bool has_ended = stream.order ? stream.order->is_complete() : stream.log.has_ended();
  if (!has_ended || std::exchange(stream.told, true)) return;
  if (stream.order) {
    for (int i = 0; i < kCompletions; ++i) report_to_all(number, stream, {});
  }
  if (ended_) ended_();
}

void Unframer::report(std::uint32_t number, Stream& stream, Way& way,
                      const std::vector<Report::Range>& missing) {
  Report report;
  report.receiver = options_.receiver;
  report.complete = stream.order ? stream.order->is_complete() : stream.log.is_complete();
  report.settled = stream.order ? stream.order->settled() : 0;
  report.echo = way.probe;
  report.missing = missing;
  const auto payload = encode_report(report);
  const auto time = static_cast<std::uint64_t>(clock_.wall_now().time_since_epoch().count());
  const auto header =
      encode_frame_header({Frame::Kind::report, number, stream.reports, time, payload});
  const net::DatagramOut out{payload, way.sender, header};
  (void)way.socket->try_send(std::span(&out, 1));  // what is lost is told again
}

void Unframer::report_to_all(std::uint32_t number, Stream& stream,
                             const std::vector<Report::Range>& missing) {
  ++stream.reports;
  for (auto& way : stream.ways) {
    if (clock_.now() - way.heard <= kWayLasts) report(number, stream, way, missing);
  }
}

// Whether anything is missing.
bool Unframer::tend() {
  now_ = clock_.now();
  bool has_gaps = false;
  for (auto& [number, stream] : streams_) {
    if (!stream.order || !stream.order->has_gaps()) continue;
    while (const auto next = stream.order->pop(now_)) pass(*stream.hub, next->payload);
    const auto missing = stream.order->ask(now_);
    if (!missing.empty()) report_to_all(number, stream, missing);
    tell_end(number, stream);
    has_gaps = has_gaps || stream.order->has_gaps();
  }
  flush();
  return has_gaps;
}

net::Task<void> Unframer::run() {
  for (;;) {
    const bool has_gaps = tend();
    tended_ = has_gaps;
    const auto next = has_gaps ? clock_.now() + kInterval : net::kNever;
    const auto status = co_await gap_.wait_until(clock_, next);
    if (net::is_cancelled(status)) co_return;
  }
}

bool Unframer::has_room() const {
  return std::ranges::all_of(streams_,
                             [](const auto& each) { return each.second.hub->has_room(); });
}

std::map<std::uint32_t, SequenceFigures> Unframer::figures() const {
  std::map<std::uint32_t, SequenceFigures> all;
  for (const auto& [number, stream] : streams_) {
    all[number] = stream.order ? stream.order->figures() : stream.log.figures();
  }
  return all;
}

bool Unframer::all_ended() const {
  return !streams_.empty() && std::ranges::all_of(streams_, [](const auto& each) {
    const auto& stream = each.second;
    return stream.order ? stream.order->is_complete() : stream.log.has_ended();
  });
}

}  // namespace dispatch::stream

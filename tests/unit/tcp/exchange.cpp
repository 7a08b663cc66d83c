#include "tests/unit/tcp/exchange.hpp"

#include <algorithm>

namespace dispatch::sim::tcp::test {

namespace {

constexpr std::uint16_t kClientPort = 40000;
constexpr std::uint16_t kServerPort = 80;

std::byte pattern_at(std::size_t i) {
  return static_cast<std::byte>((i * 2654435761u >> 13) ^ (i >> 7));
}

}  // namespace

std::vector<std::byte> pattern(std::size_t position, std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = pattern_at(position + i);
  return bytes;
}

Exchange::Exchange(const Options& client, const Options& server, std::uint32_t client_sequence,
                   std::uint32_t server_sequence)
    : server_options_(server),
      server_sequence_(server_sequence),
      client_(client, kClientPort, kServerPort, client_sequence) {}

void Exchange::connect() {
  client_.connect(now_);
  settle();
}

void Exchange::connect_both() {
  server_.emplace(server_options_, kServerPort, kClientPort, server_sequence_);
  client_.connect(now_);
  server_->connect(now_);
  settle();
}

void Exchange::establish() {
  connect();
  run_until([&] { return server_ && server_->established() && client_.established(); });
}

void Exchange::inject(Side to, const Segment& segment) {
  deliver(to, segment);
  settle();
}

void Exchange::settle() {
  drain(Side::client);
  if (server_) drain(Side::server);
  if (applications) {
    applications();
    drain(Side::client);
    if (server_) drain(Side::server);
  }
}

void Exchange::drain(Side side) {
  while (auto segment = at(side).next_segment(now_)) {
    const auto number = numbers_[static_cast<int>(side)]++;
    const auto fate = path ? path(side, number, *segment) : Fate{};
    if (keep_records) sent_.push_back({now_, side, *segment, fate.dropped});
    if (fate.dropped) continue;
    for (int i = 0; i < fate.copies; ++i) {
      auto copy = *segment;
      if (fate.marked && copy.mark == EcnMark::capable) copy.mark = EcnMark::congestion;
      flying_.emplace(now_ + one_way + fate.late, std::pair{other(side), std::move(copy)});
    }
  }
}

void Exchange::deliver(Side to, const Segment& segment, EcnMark mark) {
  if (to == Side::client) return client_.receive(segment, now_, mark);
  if (server_) return server_->receive(segment, now_, mark);
  if (listening && segment.syn && !segment.ack) {
    server_.emplace(server_options_, kServerPort, kClientPort, server_sequence_);
    server_->accept(segment, now_);
  } else if (!segment.rst) {
    flying_.emplace(now_ + one_way, std::pair{Side::client, refusal(segment)});
  }
}

TimePoint Exchange::next_event() const {
  auto when = flying_.empty() ? net::kNever : flying_.begin()->first;
  when = std::min(when, client_.deadline());
  if (server_) when = std::min(when, server_->deadline());
  return when;
}

void Exchange::step(TimePoint when) {
  now_ = std::max(now_, when);
  if (!flying_.empty() && flying_.begin()->first <= now_) {
    auto node = flying_.extract(flying_.begin());
    deliver(node.mapped().first, node.mapped().second, node.mapped().second.mark);
  } else {
    if (client_.deadline() <= now_) client_.on_timer(now_);
    if (server_ && server_->deadline() <= now_) server_->on_timer(now_);
  }
  settle();
}

bool Exchange::run_until(const std::function<bool()>& done, Duration limit) {
  const auto end = now_ + limit;
  settle();
  while (!done()) {
    const auto when = next_event();
    if (when == net::kNever || when > end) return false;
    step(when);
  }
  return true;
}

void Exchange::run_for(Duration time) {
  const auto end = now_ + time;
  run_until([] { return false; }, time);
  now_ = end;
}

std::vector<Sent> Exchange::sent_by(Side side) const {
  std::vector<Sent> result;
  std::copy_if(sent_.begin(), sent_.end(), std::back_inserter(result),
               [&](const Sent& sent) { return sent.from == side; });
  return result;
}

std::vector<Sent> Exchange::data_sent_by(Side side) const {
  auto result = sent_by(side);
  std::erase_if(result, [](const Sent& sent) { return sent.segment.payload.size() == 0; });
  return result;
}

void Transfer::work() {
  auto& sender = exchange_.at(from_);
  while (sender.established() && !sender.error() && written_ < size_) {
    const auto chunk = pattern(written_, std::min<std::size_t>(size_ - written_, 10000));
    const auto taken = sender.write(chunk, exchange_.now());
    written_ += taken;
    if (taken == 0) break;
  }
  if (then_shut_ && sender.established() && written_ == size_) {
    sender.shutdown_write(exchange_.now());
  }
  if (!reading || (other(from_) == Side::server && !exchange_.has_server())) return;
  auto& receiver = exchange_.at(other(from_));
  for (;;) {
    const auto slice = receiver.read_slice(SIZE_MAX, exchange_.now());
    if (slice.empty()) break;
    const auto expected = pattern(received_, slice.size());
    intact_ = intact_ && std::equal(expected.begin(), expected.end(), slice.bytes().begin());
    received_ += slice.size();
  }
  if (receiver.at_end()) ended_ = true;
}

}  // namespace dispatch::sim::tcp::test

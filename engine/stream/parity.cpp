#include "engine/stream/parity.hpp"

#include "engine/stream/erasure_code.hpp"
#include "engine/stream/number.hpp"

#include <algorithm>
#include <utility>

namespace dispatch::stream {
namespace {

constexpr std::size_t kUdpPayloadMost = 65'507;
constexpr std::size_t kPayloadMost = kUdpPayloadMost - kFrameHeaderBytes;
constexpr std::size_t kSymbolTimeAt = 2;

}  // namespace

SymbolHeader symbol_header(std::uint64_t time, std::size_t payload_bytes) {
  SymbolHeader header;
  put_number(header, 0, static_cast<std::uint16_t>(payload_bytes));
  put_number(header, kSymbolTimeAt, time);
  return header;
}

std::optional<Frame> frame_of_symbol(std::span<const std::byte> symbol) {
  if (symbol.size() < kSymbolHeaderBytes) return std::nullopt;
  const auto length = get_number<std::uint16_t>(symbol, 0);
  if (length > symbol.size() - kSymbolHeaderBytes) return std::nullopt;
  Frame frame;
  frame.time = get_number<std::uint64_t>(symbol, kSymbolTimeAt);
  frame.payload = symbol.subspan(kSymbolHeaderBytes, length);
  return frame;
}

std::optional<ParityFrame> decode_parity(const Frame& frame) {
  const auto payload = frame.payload;
  if (payload.size() < kParityHeaderBytes + kSymbolHeaderBytes) return std::nullopt;
  ParityFrame parity;
  parity.first = frame.sequence;
  parity.data = static_cast<unsigned>(payload[0]);
  parity.row = static_cast<unsigned>(payload[1]);
  parity.rows = static_cast<unsigned>(payload[2]);
  parity.symbol = payload.subspan(kParityHeaderBytes);
  if (parity.data == 0 || parity.data > kColumnsMost || parity.rows > kRowsMost) {
    return std::nullopt;
  }
  if (parity.row >= parity.rows || parity.first > UINT64_MAX - kColumnsMost) return std::nullopt;
  return parity;
}

ParityMaker::ParityMaker(const ParityShape& shape) : shape_(shape), payloads_(shape.parity) {}

bool ParityMaker::fits(std::size_t payload_bytes) {
  return payload_bytes <= kPayloadMost - kParityHeaderBytes - kSymbolHeaderBytes;
}

void ParityMaker::add(const Frame& frame, net::TimePoint now) {
  constexpr auto kHeaders = kParityHeaderBytes + kSymbolHeaderBytes;
  if (count_ == 0) {
    first_ = frame.sequence;
    begun_ = now;
    for (auto& each : payloads_) each.assign(kHeaders, std::byte{0});
  }
  const auto header = symbol_header(frame.time, frame.payload.size());
  for (unsigned row = 0; row < payloads_.size(); ++row) {
    auto& payload = payloads_[row];
    payload.resize(std::max(payload.size(), kHeaders + frame.payload.size()));
    const auto factor = coefficient(row, count_);
    add_scaled(std::span(payload).subspan(kParityHeaderBytes), header, factor);
    add_scaled(std::span(payload).subspan(kHeaders), frame.payload, factor);
  }
  ++count_;
}

std::span<const std::vector<std::byte>> ParityMaker::close() {
  const auto count = std::exchange(count_, 0);
  for (unsigned row = 0; row < payloads_.size(); ++row) {
    payloads_[row][0] = static_cast<std::byte>(count);
    payloads_[row][1] = static_cast<std::byte>(row);
    payloads_[row][2] = static_cast<std::byte>(payloads_.size());
  }
  return payloads_;
}

}  // namespace dispatch::stream

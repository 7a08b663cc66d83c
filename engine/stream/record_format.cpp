#include "engine/stream/record_format.hpp"

#include "engine/stream/number.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstring>

namespace dispatch::stream {
namespace {

static_assert(std::endian::native == std::endian::little);  // as the blocks say they are

using Bytes = std::vector<std::byte>;

// Blocks of pcapng, draft-ietf-opsawg-pcapng section 4.
constexpr std::uint32_t kSectionHeader = 0x0A0D0D0A;
constexpr std::uint32_t kByteOrder = 0x1A2B3C4D;
constexpr std::uint32_t kInterfaceDescription = 1;
constexpr std::uint32_t kEnhancedPacket = 6;
constexpr std::uint16_t kLinkTypeRaw = 101;  // packets begin with their IP header
constexpr std::uint16_t kOptionTimeResolution = 9;
constexpr std::byte kNanoseconds{9};
constexpr std::size_t kUdpHeaderBytes = 8;
constexpr std::size_t kV4HeaderBytes = 20;
constexpr std::size_t kV6HeaderBytes = 40;
constexpr std::size_t kMostV4 = 65'535 - kV4HeaderBytes - kUdpHeaderBytes;
constexpr std::size_t kMostV6 = 65'535 - kUdpHeaderBytes;
constexpr std::byte kHops{64};
constexpr std::byte kUdp{17};

template <typename Number>
void append(Bytes& to, Number value) {
  const auto at = to.size();
  to.resize(at + sizeof value);
  std::memcpy(to.data() + at, &value, sizeof value);
}

void append_text(Bytes& to, std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  to.insert(to.end(), bytes.begin(), bytes.end());
}

std::size_t begin_block(Bytes& to, std::uint32_t type) {
  const auto at = to.size();
  append(to, type);
  append(to, std::uint32_t{0});
  return at;
}

// Its length, before and behind it.
void end_block(Bytes& to, std::size_t begun) {
  to.resize(begun + (to.size() - begun + 3) / 4 * 4);
  const auto length = static_cast<std::uint32_t>(to.size() - begun + sizeof(std::uint32_t));
  std::memcpy(to.data() + begun + 4, &length, sizeof length);
  append(to, length);
}

// RFC 1071, of an even number of bytes.
std::uint16_t internet_sum(std::span<const std::byte> bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) sum += get_number<std::uint16_t>(bytes, i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

template <typename Octets>
void put_octets(std::span<std::byte> to, std::size_t at, const Octets& octets) {
  std::memcpy(to.data() + at, octets.data(), octets.size());
}

void append_v4_header(Bytes& to, const net::Endpoint& from, const net::Endpoint& local,
                      std::size_t payload) {
  std::array<std::byte, kV4HeaderBytes> header{};
  header[0] = std::byte{0x45};
  put_number(header, 2, static_cast<std::uint16_t>(kV4HeaderBytes + kUdpHeaderBytes + payload));
  header[8] = kHops;
  header[9] = kUdp;
  put_octets(header, 12,
             from.address.is_v4() ? from.address.to_v4().to_bytes() : net::AddressV4().to_bytes());
  put_octets(
      header, 16,
      local.address.is_v4() ? local.address.to_v4().to_bytes() : net::AddressV4().to_bytes());
  put_number(header, 10, internet_sum(header));
  to.insert(to.end(), header.begin(), header.end());
}

void append_v6_header(Bytes& to, const net::Endpoint& from, const net::Endpoint& local,
                      std::size_t payload) {
  std::array<std::byte, kV6HeaderBytes> header{};
  header[0] = std::byte{0x60};
  put_number(header, 4, static_cast<std::uint16_t>(kUdpHeaderBytes + payload));
  header[6] = kUdp;
  header[7] = kHops;
  put_octets(header, 8, from.address.to_v6().to_bytes());
  if (local.address.is_v6()) put_octets(header, 24, local.address.to_v6().to_bytes());
  to.insert(to.end(), header.begin(), header.end());
}

// Without a sum: of UDP over IPv4 that is allowed (RFC 768), and over IPv6 tools say so.
void append_udp_header(Bytes& to, const net::Endpoint& from, const net::Endpoint& local,
                       std::size_t payload) {
  std::array<std::byte, kUdpHeaderBytes> header{};
  put_number(header, 0, from.port);
  put_number(header, 2, local.port);
  put_number(header, 4, static_cast<std::uint16_t>(kUdpHeaderBytes + payload));
  to.insert(to.end(), header.begin(), header.end());
}

void append_packet(net::WallTime time, const net::Endpoint& from, const net::Endpoint& local,
                   std::span<const std::byte> datagram, Bytes& to) {
  const bool v6 = from.address.is_v6();
  const auto headers = (v6 ? kV6HeaderBytes : kV4HeaderBytes) + kUdpHeaderBytes;
  datagram = datagram.first(std::min(datagram.size(), v6 ? kMostV6 : kMostV4));
  const auto at = begin_block(to, kEnhancedPacket);
  const auto stamp = static_cast<std::uint64_t>(time.time_since_epoch().count());
  append(to, std::uint32_t{0});  // the interface
  append(to, static_cast<std::uint32_t>(stamp >> 32));
  append(to, static_cast<std::uint32_t>(stamp));
  append(to, static_cast<std::uint32_t>(headers + datagram.size()));  // captured
  append(to, static_cast<std::uint32_t>(headers + datagram.size()));  // on the wire
  (v6 ? append_v6_header : append_v4_header)(to, from, local, datagram.size());
  append_udp_header(to, from, local, datagram.size());
  to.insert(to.end(), datagram.begin(), datagram.end());
  end_block(to, at);
}

}  // namespace

std::vector<std::byte> record_preamble(RecordFormat format) {
  Bytes bytes;
  if (format != RecordFormat::pcapng) return bytes;
  auto at = begin_block(bytes, kSectionHeader);
  append(bytes, kByteOrder);
  append(bytes, std::uint16_t{1});  // version 1.0
  append(bytes, std::uint16_t{0});
  append(bytes, UINT64_MAX);  // of a length that nobody knows
  end_block(bytes, at);
  at = begin_block(bytes, kInterfaceDescription);
  append(bytes, kLinkTypeRaw);
  append(bytes, std::uint16_t{0});
  append(bytes, std::uint32_t{0});  // packets are not cut
  append(bytes, kOptionTimeResolution);
  append(bytes, std::uint16_t{1});
  bytes.push_back(kNanoseconds);
  bytes.resize((bytes.size() + 3) / 4 * 4);
  append(bytes, std::uint32_t{0});  // the end of the options
  end_block(bytes, at);
  return bytes;
}

std::string record_time(net::WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

void append_record(RecordFormat format, net::WallTime time, const net::Endpoint& from,
                   const net::Endpoint& local, std::span<const std::byte> datagram,
                   std::vector<std::byte>& to) {
  if (format == RecordFormat::pcapng) return append_packet(time, from, local, datagram, to);
  if (format == RecordFormat::timed) {
    const bool is_known = from.port != 0;
    append_text(to, fmt::format("{} {} {}\n", record_time(time),
                                is_known ? net::to_string(from) : "-", datagram.size()));
  }
  to.insert(to.end(), datagram.begin(), datagram.end());
  if (format == RecordFormat::timed) append_text(to, "\n");
}

Recorder::Recorder(Hub& from, net::asio::any_io_executor executor, net::Clock& clock,
                   RecordFormat format)
    : from_(from), to_(std::move(executor)), clock_(clock), format_(format) {
  from_.add(*this);
  to_.feeds_from(from_);
}

Recorder::~Recorder() {
  from_.remove(*this);
}

void Recorder::take(std::span<const Chunk> chunks) {
  static const net::Endpoint kNobody{net::AddressV4(), 0};
  bytes_.clear();
  sizes_.clear();
  chunks_.clear();
  const auto now = clock_.wall_now();
  for (const auto& chunk : chunks) {
    const auto local = chunk.socket == nullptr ? kNobody : chunk.socket->local_endpoint();
    chunk.for_each(0, [&](std::span<const std::byte> datagram) {
      const auto before = bytes_.size();
      append_record(format_, now, chunk.from == nullptr ? kNobody : *chunk.from, local, datagram,
                    bytes_);
      sizes_.push_back(bytes_.size() - before);
    });
  }
  std::span<const std::byte> left(bytes_);
  for (const auto size : sizes_) {
    chunks_.push_back({left.first(size), 0, {}});
    left = left.subspan(size);
  }
  if (!chunks_.empty()) to_.pass(chunks_);
}

}  // namespace dispatch::stream

#include "sim/capture/pcapng.hpp"

namespace dispatch::sim::pcapng {
namespace {

enum BlockType : std::uint32_t {
  kSectionHeader = 0x0a0d0d0a,
  kInterfaceDescription = 1,
  kInterfaceStatistics = 5,
  kEnhancedPacket = 6,
};

// Of any block; those of the others begin at 2.
constexpr std::uint16_t kEnd = 0;
constexpr std::uint16_t kComment = 1;

class Block {
 public:
  Block(BlockType type, ByteVector& out) : out_(out), begin_(out.size()) {
    u32(type);
    u32(0);  // its length, later
  }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;
  ~Block() {
    const auto length = static_cast<std::uint32_t>(out_.size() - begin_ + 4);
    for (std::size_t i = 0; i < 4; ++i) out_[begin_ + 4 + i] = byte_of(length, i);
    u32(length);
  }

  void u16(std::uint16_t value) { number(value, 2); }
  void u32(std::uint32_t value) { number(value, 4); }
  void u64(std::uint64_t value) { number(value, 8); }
  // The high half first, as the format has it.
  void time(net::WallTime when) {
    const auto nanoseconds = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(when.time_since_epoch()).count());
    u32(static_cast<std::uint32_t>(nanoseconds >> 32));
    u32(static_cast<std::uint32_t>(nanoseconds));
  }
  void padded(std::span<const std::byte> data) {
    out_.insert(out_.end(), data.begin(), data.end());
    out_.insert(out_.end(), (4 - data.size() % 4) % 4, std::byte{});
  }

  void option(std::uint16_t code, std::string_view text) {
    constexpr std::size_t kMost = 65535;
    const auto cut = text.substr(0, kMost);
    if (cut.empty()) return;
    u16(code);
    u16(static_cast<std::uint16_t>(cut.size()));
    padded(std::as_bytes(std::span(cut)));
  }
  template <typename Number>
  void option_number(std::uint16_t code, Number value) {
    u16(code);
    u16(sizeof(value));
    number(value, sizeof(value));
    static_assert(sizeof(value) % 4 == 0);
  }
  void end_options() { u32(kEnd); }

 private:
  static std::byte byte_of(std::uint64_t value, std::size_t index) {
    return static_cast<std::byte>(value >> 8 * index);
  }
  void number(std::uint64_t value, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i) out_.push_back(byte_of(value, i));
  }

  ByteVector& out_;
  std::size_t begin_;
};

}  // namespace

void append_section(std::string_view program, ByteVector& out) {
  constexpr std::uint32_t kByteOrder = 0x1a2b3c4d;
  constexpr std::uint16_t kProgram = 4;  // shb_userappl
  Block block(kSectionHeader, out);
  block.u32(kByteOrder);
  block.u16(1);  // version 1.0
  block.u16(0);
  block.u64(UINT64_MAX);  // the section's length is not told
  block.option(kProgram, program);
  block.end_options();
}

void append_interface(std::string_view name, std::string_view description, ByteVector& out) {
  constexpr std::uint16_t kRaw = 101;  // LINKTYPE_RAW
  constexpr std::uint16_t kName = 2;
  constexpr std::uint16_t kDescription = 3;
  constexpr std::uint16_t kResolution = 9;
  constexpr std::uint8_t kNanoseconds = 9;
  Block block(kInterfaceDescription, out);
  block.u16(kRaw);
  block.u16(0);
  block.u32(0);  // nothing is cut off
  block.option(kName, name);
  block.option(kDescription, description);
  block.u16(kResolution);
  block.u16(1);
  block.u32(kNanoseconds);  // with its padding
  block.end_options();
}

void append_packet(std::uint32_t interface, net::WallTime when, Direction direction,
                   std::span<const std::byte> packet, std::string_view comment, ByteVector& out) {
  constexpr std::uint16_t kFlags = 2;
  Block block(kEnhancedPacket, out);
  block.u32(interface);
  block.time(when);
  block.u32(static_cast<std::uint32_t>(packet.size()));
  block.u32(static_cast<std::uint32_t>(packet.size()));
  block.padded(packet);
  block.option(kComment, comment);
  block.option_number(kFlags, static_cast<std::uint32_t>(direction));
  block.end_options();
}

void append_statistics(std::uint32_t interface, net::WallTime when, const Statistics& statistics,
                       std::string_view comment, ByteVector& out) {
  constexpr std::uint16_t kReceived = 4;
  constexpr std::uint16_t kDropped = 5;
  Block block(kInterfaceStatistics, out);
  block.u32(interface);
  block.time(when);
  block.option(kComment, comment);
  block.option_number(kReceived, statistics.received);
  block.option_number(kDropped, statistics.dropped);
  block.end_options();
}

}  // namespace dispatch::sim::pcapng

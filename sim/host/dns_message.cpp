#include "sim/host/dns_message.hpp"

#include <algorithm>
#include <array>

namespace dispatch::sim::dns {
namespace {

constexpr std::size_t kHeaderBytes = 12;
constexpr std::size_t kLabelBytesMax = 63;
constexpr std::size_t kNameBytesMax = 253;  // as text; 255 with length bytes and root
constexpr std::uint16_t kInternet = 1;
constexpr std::uint8_t kPointer = 0xc0;
constexpr std::uint16_t kResponse = 0x8000;
constexpr std::uint16_t kTruncated = 0x0200;
constexpr std::uint16_t kRecursionDesired = 0x0100;
constexpr std::uint16_t kRecursionAvailable = 0x0080;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

class Writer {
 public:
  void u8(std::size_t value) { bytes.push_back(static_cast<std::byte>(value)); }
  void u16(std::size_t value) {
    u8(value >> 8 & 0xff);
    u8(value & 0xff);
  }
  void u32(std::uint32_t value) {
    u16(value >> 16);
    u16(value & 0xffff);
  }
  void name(std::string_view text) {
    while (!text.empty()) {
      const auto label = text.substr(0, text.find('.'));
      u8(label.size());
      for (const char c : label) u8(static_cast<unsigned char>(c));
      text.remove_prefix(std::min(text.size(), label.size() + 1));
    }
    u8(0);
  }
  void record(const Record& record) {
    name(record.name);
    u16(static_cast<std::size_t>(!record.address           ? Type::cname
                                 : record.address->is_v6() ? Type::aaaa
                                                           : Type::a));
    u16(kInternet);
    u32(record.ttl_seconds);
    const auto length_at = bytes.size();
    u16(0);
    if (!record.address) {
      name(record.alias);
    } else if (record.address->is_v6()) {
      for (const auto byte : record.address->to_v6().to_bytes()) u8(byte);
    } else {
      for (const auto byte : record.address->to_v4().to_bytes()) u8(byte);
    }
    const auto length = bytes.size() - length_at - 2;
    bytes[length_at] = static_cast<std::byte>(length >> 8);
    bytes[length_at + 1] = static_cast<std::byte>(length & 0xff);
  }

  std::vector<std::byte> bytes;
};

// Reads past the end give zeroes and make `good` false.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::uint8_t u8() {
    if (at_ >= bytes_.size()) {
      good = false;
      return 0;
    }
    return std::to_integer<std::uint8_t>(bytes_[at_++]);
  }
  std::uint16_t u16() {
    const auto high = u8();
    return static_cast<std::uint16_t>(high << 8 | u8());
  }
  std::uint32_t u32() {
    const auto high = u16();
    return std::uint32_t{high} << 16 | u16();
  }
  std::string name() {
    std::string text;
    std::optional<std::size_t> after;
    for (;;) {
      const auto length = u8();
      if (!good || length == 0) break;
      if ((length & kPointer) == kPointer) {
        const auto target = static_cast<std::size_t>((length & ~kPointer) << 8 | u8());
        if (!after) after = at_;
        // Only backwards: a loop is impossible.
        if (!good || target >= lowest_target_.value_or(at_)) good = false;
        lowest_target_ = target;
        at_ = target;
        continue;
      }
      if (length > kLabelBytesMax || text.size() + length > kNameBytesMax) good = false;
      if (!good) break;
      if (!text.empty()) text += '.';
      for (std::uint8_t i = 0; i < length; ++i) text += lower(static_cast<char>(u8()));
    }
    if (after) at_ = *after;
    lowest_target_.reset();
    return text;
  }
  template <std::size_t N>
  std::array<std::uint8_t, N> raw() {
    std::array<std::uint8_t, N> values{};
    for (auto& value : values) value = u8();
    return values;
  }
  std::size_t position() const { return at_; }
  void seek(std::size_t position) { at_ = position; }

  bool good = true;

 private:
  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;
  std::optional<std::size_t> lowest_target_;
};

// Nothing for a record of another type or class.
std::optional<Record> read_record(Reader& reader) {
  Record record;
  record.name = reader.name();
  const auto type = reader.u16();
  const auto type_class = reader.u16();
  record.ttl_seconds = reader.u32();
  const auto length = reader.u16();
  const auto end = reader.position() + length;
  bool known = type_class == kInternet;
  if (type == static_cast<std::uint16_t>(Type::a) && length == 4) {
    record.address = net::AddressV4(reader.raw<4>());
  } else if (type == static_cast<std::uint16_t>(Type::aaaa) && length == 16) {
    record.address = net::AddressV6(reader.raw<16>());
  } else if (type == static_cast<std::uint16_t>(Type::cname)) {
    record.alias = reader.name();
  } else {
    known = false;
  }
  reader.seek(end);
  return known ? std::optional(record) : std::nullopt;
}

}  // namespace

std::optional<std::string> normal_name(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.empty() || name.size() > kNameBytesMax) return std::nullopt;
  std::string normal;
  std::size_t label = 0;
  for (const char c : name) {
    label = c == '.' ? 0 : label + 1;
    if ((c == '.' && (normal.empty() || normal.back() == '.')) || label > kLabelBytesMax) {
      return std::nullopt;
    }
    normal += lower(c);
  }
  if (normal.back() == '.') return std::nullopt;
  return normal;
}

std::vector<std::byte> encode(const Message& message, std::size_t most) {
  Writer writer;
  const auto write = [&](std::size_t answers, bool truncated) {
    writer.bytes.clear();
    writer.u16(message.id);
    writer.u16(static_cast<std::size_t>(
        (message.response ? kResponse | kRecursionAvailable : 0) | (truncated ? kTruncated : 0) |
        (message.recursion_desired ? kRecursionDesired : 0) | static_cast<int>(message.code)));
    writer.u16(message.question ? 1 : 0);
    writer.u16(answers);
    writer.u16(0);
    writer.u16(0);
    if (message.question) {
      writer.name(message.question->name);
      writer.u16(static_cast<std::size_t>(message.question->type));
      writer.u16(kInternet);
    }
    for (std::size_t i = 0; i < answers; ++i) writer.record(message.answers[i]);
  };
  auto answers = message.answers.size();
  write(answers, message.truncated);
  while (writer.bytes.size() > most && answers > 0) write(--answers, true);
  return writer.bytes;
}

std::optional<Message> decode(std::span<const std::byte> bytes) {
  if (bytes.size() < kHeaderBytes) return std::nullopt;
  Reader reader(bytes);
  Message message;
  message.id = reader.u16();
  const auto flags = reader.u16();
  message.response = (flags & kResponse) != 0;
  message.truncated = (flags & kTruncated) != 0;
  message.recursion_desired = (flags & kRecursionDesired) != 0;
  message.code = static_cast<Code>(flags & 0x000f);
  const auto questions = reader.u16();
  const auto answers = reader.u16();
  reader.u32();  // authority and additional records, which nobody here reads
  if (questions > 1) return std::nullopt;
  if (questions == 1) {
    Question question;
    question.name = reader.name();
    question.type = static_cast<Type>(reader.u16());
    if (reader.u16() != kInternet) return std::nullopt;
    message.question = question;
  }
  for (std::uint16_t i = 0; i < answers && reader.good; ++i) {
    if (auto record = read_record(reader)) message.answers.push_back(std::move(*record));
  }
  if (!reader.good) return std::nullopt;
  return message;
}

std::vector<std::byte> with_length(std::span<const std::byte> message) {
  std::vector<std::byte> framed(2 + message.size());
  framed[0] = static_cast<std::byte>(message.size() >> 8);
  framed[1] = static_cast<std::byte>(message.size() & 0xff);
  std::copy(message.begin(), message.end(), framed.begin() + 2);
  return framed;
}

}  // namespace dispatch::sim::dns

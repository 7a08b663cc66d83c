#include "engine/fleet/websocket_frame.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>

namespace dispatch::fleet::websocket {
namespace {

constexpr std::size_t kIdleBuffer = 512;
constexpr std::size_t kBufferStep = 64 * 1024;
constexpr unsigned kFinalBit = 0x80;
constexpr unsigned kReservedBits = 0x70;
constexpr unsigned kMaskBit = 0x80;
constexpr unsigned kLength16 = 126;
constexpr unsigned kLength64 = 127;

unsigned octet(std::span<const std::byte> bytes, std::size_t at) {
  return std::to_integer<unsigned>(bytes[at]);
}

std::uint64_t number(std::span<const std::byte> bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) value = value << 8 | octet(bytes, i);
  return value;
}

bool is_control(Opcode opcode) {
  return static_cast<unsigned>(opcode) >= 8;
}

bool is_known(unsigned opcode) {
  return opcode <= 2 || (opcode >= 8 && opcode <= 10);
}

// Eight at a time: a large message is mostly this. `mask` as it stands on the wire.
void apply_mask(char* bytes, std::size_t count, std::array<unsigned char, 4> mask) {
  std::uint32_t word = 0;
  std::memcpy(&word, mask.data(), sizeof word);
  const std::uint64_t both = static_cast<std::uint64_t>(word) << 32 | word;
  std::size_t i = 0;
  for (; i + sizeof both <= count; i += sizeof both) {
    std::uint64_t part = 0;
    std::memcpy(&part, bytes + i, sizeof part);
    part ^= both;
    std::memcpy(bytes + i, &part, sizeof part);
  }
  for (; i < count; ++i) bytes[i] = static_cast<char>(bytes[i] ^ mask[i % 4]);
}

std::array<unsigned char, 4> octets_of(std::uint32_t mask) {
  return {static_cast<unsigned char>(mask >> 24), static_cast<unsigned char>(mask >> 16),
          static_cast<unsigned char>(mask >> 8), static_cast<unsigned char>(mask)};
}

// 7.4: 1004 to 1006 and 1015 are never sent; those up to 2999 are the protocol's own.
bool may_be_sent(std::uint16_t code) {
  if (code >= 3000 && code <= 4999) return true;
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}

}  // namespace

bool is_utf8(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size();) {
    const auto first = static_cast<unsigned char>(bytes[i]);
    if (first < 0x80) {
      ++i;
      continue;
    }
    const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || bytes.size() - i < size) return false;
    std::uint32_t point = first & (0xffu >> (size + 1));
    for (std::size_t k = 1; k < size; ++k) {
      const auto next = static_cast<unsigned char>(bytes[i + k]);
      if ((next & 0xc0) != 0x80) return false;
      point = point << 6 | (next & 0x3fu);
    }
    constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    if (point < kLeast[size] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) {
      return false;
    }
    i += size;
  }
  return true;
}

std::span<std::byte> Decoder::room() {
  if (begin_ == end_) begin_ = end_ = 0;
  if (begin_ != 0) {
    std::memmove(storage_.data(), storage_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  // A busy connection keeps what it has grown to, an idle one gives it back.
  if (end_ == 0 && wanted_ == 0 && !was_filled_ && storage_.size() > kIdleBuffer) storage_ = {};
  if (end_ == storage_.size() || (was_filled_ && storage_.size() < kBufferStep)) {
    // What is missing of the frame, but not on the word of its head alone.
    const auto missing = std::max<std::uint64_t>(wanted_, end_ + 1) - end_;
    const auto more = std::clamp<std::uint64_t>(missing, std::max(end_, kIdleBuffer),
                                                std::max(end_, kBufferStep));
    storage_.resize(static_cast<std::size_t>(end_ + more));
  }
  return std::span(storage_).subspan(end_);
}

void Decoder::arrived(std::size_t count) {
  assert(count <= storage_.size() - end_);
  end_ += count;
  was_filled_ = end_ == storage_.size();
}

void Decoder::feed(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const auto to = room();
    const auto count = std::min(to.size(), bytes.size());
    std::memcpy(to.data(), bytes.data(), count);
    arrived(count);
    bytes = bytes.subspan(count);
  }
}

Event Decoder::violation(std::uint16_t code, std::string_view what) {
  ended_ = true;
  return {Event::Kind::violation, {}, std::string(what), code};
}

std::optional<Decoder::Head> Decoder::read_head(Event& wrong) {
  const auto bytes = buffered();
  if (bytes.size() < 2) return std::nullopt;
  const auto first = octet(bytes, 0);
  const auto second = octet(bytes, 1);
  const auto fail = [&](std::uint16_t code, std::string_view what) -> std::optional<Head> {
    wrong = violation(code, what);
    return std::nullopt;
  };
  if ((first & kReservedBits) != 0) return fail(kProtocolError, "a reserved bit is set");
  if (!is_known(first & 0x0f)) return fail(kProtocolError, "an unknown opcode");
  Head head;
  head.final = (first & kFinalBit) != 0;
  head.opcode = static_cast<Opcode>(first & 0x0f);
  const bool masked = (second & kMaskBit) != 0;
  if (masked != (role_ == Role::server)) {
    return fail(kProtocolError, masked ? "a server's frame with a mask" : "a frame without a mask");
  }
  const auto short_length = second & 0x7fu;
  if (is_control(head.opcode) && (!head.final || short_length > kControlPayloadMax)) {
    return fail(kProtocolError, "a control frame that is long or in fragments");
  }
  const std::size_t extended = short_length == kLength16 ? 2 : short_length == kLength64 ? 8 : 0;
  head.size = 2 + extended + (masked ? 4 : 0);
  if (bytes.size() < head.size) return std::nullopt;
  head.length = extended == 0 ? short_length : number(bytes.subspan(2, extended));
  if ((extended == 2 && head.length < kLength16) || (extended == 8 && head.length <= 0xffff)) {
    return fail(kProtocolError, "a length that is not in its shortest form");
  }
  if (head.length > message_max_ || message_.size() > message_max_ - head.length) {
    return fail(kTooBig, "a message that is too large");
  }
  if (masked) head.mask = static_cast<std::uint32_t>(number(bytes.subspan(2 + extended, 4)));
  const bool continues = head.opcode == Opcode::continuation;
  if (!is_control(head.opcode) && continues != in_message_) {
    return fail(kProtocolError,
                continues ? "a continuation of nothing" : "a new message within another one");
  }
  return head;
}

Event Decoder::close_event(std::string payload) {
  if (payload.empty()) {
    ended_ = true;
    return {Event::Kind::close, {}, {}, kNoStatus};
  }
  if (payload.size() == 1) return violation(kProtocolError, "half a close code");
  const auto code = static_cast<std::uint16_t>(static_cast<unsigned char>(payload[0]) << 8 |
                                               static_cast<unsigned char>(payload[1]));
  if (!may_be_sent(code)) return violation(kProtocolError, "a close code that is never sent");
  payload.erase(0, 2);
  if (!is_utf8(payload)) return violation(kInvalidPayload, "a reason that is no UTF-8");
  ended_ = true;
  return {Event::Kind::close, {}, std::move(payload), code};
}

Event Decoder::take(const Head& head) {
  const auto bytes = buffered().subspan(head.size, static_cast<std::size_t>(head.length));
  std::string payload(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (role_ == Role::server) apply_mask(payload.data(), payload.size(), octets_of(head.mask));
  begin_ += head.size + bytes.size();
  switch (head.opcode) {
    case Opcode::close:
      return close_event(std::move(payload));
    case Opcode::ping:
      return {Event::Kind::ping, {}, std::move(payload), 0};
    case Opcode::pong:
      return {Event::Kind::pong, {}, std::move(payload), 0};
    case Opcode::text:
    case Opcode::binary:
      message_opcode_ = head.opcode;
      message_ = std::move(payload);
      break;
    case Opcode::continuation:
      message_ += payload;
      break;
  }
  in_message_ = !head.final;
  if (in_message_) return {};
  if (message_opcode_ == Opcode::text && !is_utf8(message_)) {
    return violation(kInvalidPayload, "text that is no UTF-8");
  }
  Event event{Event::Kind::message, message_opcode_, std::move(message_), 0};
  message_.clear();
  return event;
}

Event Decoder::next() {
  while (!ended_) {
    Event wrong;
    const auto head = read_head(wrong);
    if (!head) return wrong;
    const auto whole = head->size + head->length;
    if (buffered().size() < whole) {
      wanted_ = whole;
      return {};
    }
    wanted_ = 0;
    auto event = take(*head);
    if (event.kind != Event::Kind::none) return event;
  }
  return {};
}

void append_frame(std::string& out, Opcode opcode, std::string_view payload,
                  std::optional<std::uint32_t> mask) {
  const auto byte = [&out](std::uint64_t value) { out.push_back(static_cast<char>(value)); };
  const unsigned mask_bit = mask ? kMaskBit : 0;
  byte(kFinalBit | static_cast<unsigned>(opcode));
  if (payload.size() < kLength16) {
    byte(mask_bit | payload.size());
  } else if (payload.size() <= 0xffff) {
    byte(mask_bit | kLength16);
    for (int shift = 8; shift >= 0; shift -= 8) byte(payload.size() >> shift & 0xff);
  } else {
    byte(mask_bit | kLength64);
    for (int shift = 56; shift >= 0; shift -= 8) byte(payload.size() >> shift & 0xff);
  }
  if (!mask) {
    out += payload;
    return;
  }
  const auto octets = octets_of(*mask);
  for (const auto each : octets) byte(each);
  const auto from = out.size();
  out += payload;
  apply_mask(out.data() + from, payload.size(), octets);
}

std::string close_payload(std::uint16_t code, std::string_view reason) {
  std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
  reason = reason.substr(0, kControlPayloadMax - 2);
  while (!is_utf8(reason)) reason.remove_suffix(1);
  return payload.append(reason);
}

}  // namespace dispatch::fleet::websocket

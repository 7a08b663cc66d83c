#include "engine/proxy/repeatable.hpp"

#include "engine/proxy/http_framing.hpp"
#include "engine/proxy/http_head_scanner.hpp"
#include "engine/proxy/octets.hpp"

#include <optional>

namespace dispatch::proxy {
namespace {

constexpr std::uint8_t kHandshakeRecord = 22;  // RFC 8446 5.1
constexpr std::uint8_t kClientHello = 1;       // RFC 8446 4
constexpr std::uint16_t kEarlyData = 42;       // RFC 8446 4.2
constexpr std::size_t kRecordHeaderSize = 5;   // type, version, length
constexpr std::size_t kHandshakeHeaderSize = 4;
constexpr std::size_t kVersionAndRandomSize = 34;

// Takes fields off the front; what is too short for one spoils all that follow.
class HelloFields {
 public:
  explicit HelloFields(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::span<const std::byte> take(std::size_t size) {
    if (size > bytes_.size()) good_ = false;
    const auto taken = bytes_.first(good_ ? size : 0);
    bytes_ = bytes_.subspan(taken.size());
    return taken;
  }
  std::size_t number(std::size_t octets) {
    std::size_t value = 0;
    for (const auto each : take(octets)) value = value << 8 | std::to_integer<std::size_t>(each);
    return value;
  }
  // What has its length, of so many octets, before it.
  std::span<const std::byte> counted(std::size_t octets) { return take(number(octets)); }

  bool good() const { return good_; }
  bool more() const { return good_ && !bytes_.empty(); }

 private:
  std::span<const std::byte> bytes_;
  bool good_ = true;
};

// Without early data.
bool is_plain_hello(std::span<const std::byte> body) {
  HelloFields hello(body);
  hello.take(kVersionAndRandomSize);
  hello.counted(1);  // session id
  hello.counted(2);  // cipher suites
  hello.counted(1);  // compression methods
  if (!hello.more()) return hello.good();
  HelloFields extensions(hello.counted(2));
  while (extensions.more()) {
    if (extensions.number(2) == kEarlyData) return false;
    extensions.counted(2);
  }
  return extensions.good() && hello.good() && !hello.more();
}

Progress judge_tls(std::span<const std::byte> said) {
  if (said.size() < kRecordHeaderSize) return Progress::incomplete;
  const std::size_t length = octet_pair(said, 3);
  if (octet(said, 1) != 3 || length < kHandshakeHeaderSize) return Progress::invalid;
  const auto whole = kRecordHeaderSize + length;
  if (said.size() > whole || whole > kFirstFlightMax) return Progress::invalid;
  if (said.size() < whole) return Progress::incomplete;
  HelloFields message(said.subspan(kRecordHeaderSize));
  const bool is_hello = message.number(1) == kClientHello;
  const auto body = message.counted(3);
  const bool is_alone = message.good() && !message.more();
  return is_hello && is_alone && is_plain_hello(body) ? Progress::complete : Progress::invalid;
}

Progress judge_http(std::span<const std::byte> said) {
  const auto text = text_of(said);
  http::HeadScanner scanner;
  const auto progress = scanner.scan(text);
  if (progress != Progress::complete) return progress;
  if (scanner.size() != text.size()) return Progress::invalid;
  const auto head = http::parse_request_head(text);
  if (!head || !http::is_idempotent(head->method)) return Progress::invalid;
  if (head->fields.find("Upgrade") != nullptr || head->fields.find("Expect") != nullptr) {
    return Progress::invalid;
  }
  const auto framing = http::framing_of(*head);
  return framing && !framing->has_content() ? Progress::complete : Progress::invalid;
}

}  // namespace

Progress judge_first_flight(std::span<const std::byte> said) {
  if (said.empty()) return Progress::incomplete;
  if (said.size() > kFirstFlightMax) return Progress::invalid;
  const auto first = octet(said, 0);
  if (first == kHandshakeRecord) return judge_tls(said);
  return http::may_begin_request(first) ? judge_http(said) : Progress::invalid;
}

bool may_be_said_twice(std::span<const std::byte> said) {
  const auto verdict = judge_first_flight(said);
  if (verdict != Progress::incomplete || said.empty()) return verdict != Progress::invalid;
  return octet(said, 0) == kHandshakeRecord || text_of(said).find('\n') == std::string_view::npos;
}

}  // namespace dispatch::proxy

#include "engine/fleet/websocket_handshake.hpp"

#include "engine/proxy/http_authorization.hpp"

#include <openssl/sha.h>

#include <array>
#include <charconv>

namespace dispatch::fleet::websocket {
namespace {

namespace http = proxy::http;

constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
constexpr std::size_t kKeyBytes = 16;
constexpr std::string_view kProtocolField = "Sec-WebSocket-Protocol";
constexpr std::string_view kTokenProtocol = "dispatch.token.";

// Empty: it is no text in hexadecimal digits.
std::string from_hex(std::string_view digits) {
  std::string text;
  if (digits.size() % 2 != 0) return text;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    unsigned value = 0;
    const auto* end = digits.data() + i + 2;
    const auto parsed = std::from_chars(digits.data() + i, end, value, 16);
    if (parsed.ec != std::errc{} || parsed.ptr != end) return "";
    text.push_back(static_cast<char>(value));
  }
  return text;
}

}  // namespace

std::string accept_of(std::string_view key) {
  const auto text = std::string(key).append(kGuid);
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return http::encode_base64({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::string make_key(net::Entropy& entropy) {
  std::array<std::byte, kKeyBytes> bytes{};
  entropy.fill(bytes);
  return http::encode_base64({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

bool asks_for_upgrade(const http::RequestHead& head) {
  return head.fields.has_member("Upgrade", "websocket");
}

std::string token_of_page(const http::Fields& fields) {
  for (const auto protocol : fields.members(kProtocolField)) {
    if (protocol.starts_with(kTokenProtocol)) {
      return from_hex(protocol.substr(kTokenProtocol.size()));
    }
  }
  return "";
}

http::Checked<http::ResponseHead> accept_upgrade(const http::RequestHead& head) {
  if (head.method != "GET" || head.minor_version == 0 ||
      !head.fields.has_member("Connection", "upgrade") || !asks_for_upgrade(head)) {
    return http::Fault{400,
                       "a WebSocket begins with GET, Upgrade: websocket and "
                       "Connection: Upgrade"};
  }
  const auto* version = head.fields.find("Sec-WebSocket-Version");
  if (version == nullptr || *version != "13") {
    return http::Fault{426, "Sec-WebSocket-Version: 13 is spoken here"};
  }
  const auto* key = head.fields.find("Sec-WebSocket-Key");
  const auto bytes = key == nullptr ? std::nullopt : http::decode_base64(*key);
  if (!bytes || bytes->size() != kKeyBytes || head.fields.count("Sec-WebSocket-Key") != 1) {
    return http::Fault{400, "Sec-WebSocket-Key is not 16 bytes in base64"};
  }
  http::ResponseHead answer{101, "Switching Protocols", 1, {}};
  answer.fields.add("Upgrade", "websocket");
  answer.fields.add("Connection", "Upgrade");
  answer.fields.add("Sec-WebSocket-Accept", accept_of(*key));
  if (head.fields.has_member(kProtocolField, kMonitorProtocol)) {
    answer.fields.add(kProtocolField, kMonitorProtocol);
  }
  return answer;
}

http::RequestHead upgrade_request(std::string_view host, std::string_view target,
                                  std::string_view key) {
  http::RequestHead head{"GET", std::string(target), 1, {}};
  head.fields.add("Host", host);
  head.fields.add("Upgrade", "websocket");
  head.fields.add("Connection", "Upgrade");
  head.fields.add("Sec-WebSocket-Version", "13");
  head.fields.add("Sec-WebSocket-Key", key);
  return head;
}

bool is_accepted(const http::ResponseHead& head, std::string_view key) {
  const auto* accept = head.fields.find("Sec-WebSocket-Accept");
  return head.status == 101 && head.fields.has_member("Upgrade", "websocket") &&
         head.fields.has_member("Connection", "upgrade") && accept != nullptr &&
         *accept == accept_of(key) && head.fields.find("Sec-WebSocket-Extensions") == nullptr;
}

}  // namespace dispatch::fleet::websocket

#include "tests/conformance/name_server.hpp"

#include <array>

namespace dispatch::conformance {
namespace {

constexpr std::size_t kHeaderBytes = 12;  // RFC 1035 4.1.1
constexpr std::uint16_t kTypeA = 1;
constexpr std::uint16_t kTypeAaaa = 28;  // RFC 3596
constexpr std::uint8_t kServerFailure = 2;
constexpr std::uint8_t kNoSuchName = 3;

struct Question {
  std::string name;
  std::uint16_t type = 0;
  std::size_t end = 0;  // offset of what follows it
};

std::uint8_t octet(std::byte value) {
  return std::to_integer<std::uint8_t>(value);
}

std::optional<Question> parse(std::span<const std::byte> message) {
  Question question;
  std::size_t at = kHeaderBytes;
  while (at < message.size() && octet(message[at]) != 0) {
    const std::size_t length = octet(message[at]);
    if (at + 1 + length >= message.size()) return std::nullopt;
    if (!question.name.empty()) question.name += '.';
    for (std::size_t i = 0; i < length; ++i) {
      const auto letter = octet(message[at + 1 + i]);
      question.name += static_cast<char>(letter >= 'A' && letter <= 'Z' ? letter + 32 : letter);
    }
    at += 1 + length;
  }
  if (at + 5 > message.size()) return std::nullopt;
  question.type = static_cast<std::uint16_t>(octet(message[at + 1]) << 8 | octet(message[at + 2]));
  question.end = at + 5;
  return question;
}

void append(std::vector<std::byte>& message, std::initializer_list<unsigned> octets) {
  for (const auto value : octets) message.push_back(static_cast<std::byte>(value));
}

std::vector<std::byte> answer_to(std::span<const std::byte> message, const Question& question) {
  std::vector<std::byte> answer(message.begin(),
                                message.begin() + static_cast<std::ptrdiff_t>(question.end));
  const bool exists =
      question.name == kBothName || question.name == kV4OnlyName || question.name == kV6OnlyName;
  const auto code = exists ? 0 : question.name == kFailingName ? kServerFailure : kNoSuchName;
  std::vector<net::Address> addresses;
  if (question.type == kTypeA) addresses = addresses_of(question.name, net::Family::v4);
  if (question.type == kTypeAaaa) addresses = addresses_of(question.name, net::Family::v6);

  answer[2] = std::byte{0x85};  // a response, authoritative, recursion desired
  answer[3] = static_cast<std::byte>(0x80 | code);
  answer[7] = static_cast<std::byte>(addresses.size());
  answer[9] = answer[11] = std::byte{0};  // no authority, nothing additional
  for (const auto& address : addresses) {
    append(answer, {0xc0, kHeaderBytes, 0, question.type, 0, 1});
    append(answer, {0, 0, kTtlSeconds >> 8, kTtlSeconds & 0xff});
    if (address.is_v6()) {
      append(answer, {0, 16});
      for (const auto value : address.to_v6().to_bytes()) append(answer, {value});
    } else {
      append(answer, {0, 4});
      for (const auto value : address.to_v4().to_bytes()) append(answer, {value});
    }
  }
  return answer;
}

}  // namespace

std::vector<net::Address> addresses_of(const std::string& name, net::Family family) {
  const auto parse = [](const char* text) { return *net::parse_address(text); };
  if (family == net::Family::v4) {
    if (name == kBothName) return {parse("192.0.2.10")};
    if (name == kV4OnlyName) return {parse("192.0.2.20"), parse("192.0.2.21")};
  } else {
    if (name == kBothName) return {parse("2001:db8::10")};
    if (name == kV6OnlyName) return {parse("2001:db8::30")};
  }
  return {};
}

NameServer::NameServer(net::Runtime& runtime, const net::Address& address) {
  net::DatagramOptions options;
  options.local = {address, 0};
  socket_ = std::move(runtime.network().open_datagram(options).value());
}

net::Task<void> NameServer::serve() {
  std::array<std::byte, 512> buffer;
  std::array<net::DatagramIn, 1> in{};
  in[0].buffer = buffer;
  for (;;) {
    const auto received = co_await socket_->receive(in);
    if (!received) co_return;
    askers_.push_back(in[0].from);
    if (silent_) continue;
    const auto message = std::span<const std::byte>(buffer).first(in[0].size);
    const auto question = parse(message);
    if (!question) continue;
    const auto answer = answer_to(message, *question);
    std::array<net::DatagramOut, 1> out{};
    out[0].data = answer;
    out[0].to = in[0].from;
    const auto sent = co_await socket_->send(out);
    if (!sent && net::is_cancelled(sent.error())) co_return;
  }
}

}  // namespace dispatch::conformance

#include "tests/unit/fleet/websocket_case.hpp"

#include <fmt/format.h>

namespace dispatch::fleet::websocket {
namespace {

using Cases = std::vector<WebSocketCase>;

constexpr unsigned kContinuation = 0;
constexpr unsigned kText = 1;
constexpr unsigned kBinary = 2;
constexpr unsigned kClose = 8;
constexpr unsigned kPing = 9;
constexpr unsigned kPong = 10;

std::string shown(const std::string& payload) {
  return payload.size() > 40 ? fmt::format("{} bytes", payload.size()) : payload;
}

std::string code_bytes(unsigned code) {
  return {static_cast<char>(code >> 8 & 0xffu), static_cast<char>(code & 0xffu)};
}

void add_framing(Cases& cases) {
  for (const std::size_t size : {0u, 1u, 125u, 126u, 127u, 128u, 65535u, 65536u, 70000u}) {
    const std::string text(size, '*');
    cases.push_back(
        {fmt::format("1: text of {} bytes", size), {{kText, text}}, {"text:" + shown(text)}});
    const std::string bytes(size, '\xfe');
    cases.push_back({fmt::format("1: binary of {} bytes", size),
                     {{kBinary, bytes}},
                     {"binary:" + shown(bytes)}});
  }
  cases.push_back({"1: a length of 16 bits that 7 would do for",
                   {{kText, "x", true, 0, {}, 16}},
                   {"violation 1002"}});
  cases.push_back({"1: a length of 64 bits that 16 would do for",
                   {{kText, std::string(200, 'x'), true, 0, {}, 64}},
                   {"violation 1002"}});
}

void add_pings(Cases& cases) {
  cases.push_back({"2: an empty ping", {{kPing}}, {"ping:"}});
  cases.push_back({"2: a ping with a payload", {{kPing, "Hello"}}, {"ping:Hello"}});
  cases.push_back({"2: a ping with bytes", {{kPing, "\xff\xfe\x01"}}, {"ping:\xff\xfe\x01"}});
  cases.push_back({"2: the longest ping", {{kPing, std::string(125, 'p')}}, {"ping:125 bytes"}});
  cases.push_back(
      {"2: a ping that is too long", {{kPing, std::string(126, 'p')}}, {"violation 1002"}});
  cases.push_back(
      {"2: a pong that nobody asked for", {{kPong, "x"}, {kPing, "y"}}, {"pong:x", "ping:y"}});
  WebSocketCase ten{"2: ten pings", {}, {}};
  for (int i = 0; i < 10; ++i) {
    ten.sent.push_back({kPing, std::to_string(i)});
    ten.events.push_back(fmt::format("ping:{}", i));
  }
  cases.push_back(std::move(ten));
}

void add_reserved(Cases& cases) {
  for (unsigned bits = 1; bits <= 7; ++bits) {
    for (const auto opcode : {kText, kBinary, kPing, kClose}) {
      cases.push_back({fmt::format("3: the reserved bits {} of opcode {}", bits, opcode),
                       {{kText, "before"}, {opcode, "", true, bits}, {kPing}},
                       {"text:before", "violation 1002"}});
    }
  }
  for (const unsigned opcode : {3u, 4u, 5u, 6u, 7u, 11u, 12u, 13u, 14u, 15u}) {
    cases.push_back({fmt::format("4: the opcode {}", opcode),
                     {{kText, "before"}, {opcode, "x"}, {kPing}},
                     {"text:before", "violation 1002"}});
  }
  cases.push_back({"5.1: a mask that is missing, or too much",
                   {{kText, "x", true, 0, false}},
                   {"violation 1002"}});
}

void add_fragments(Cases& cases) {
  const Cases added{
      {"5.4: a fragmented ping", {{kPing, "x", false}, {kContinuation, "y"}}, {"violation 1002"}},
      {"5.4: a fragmented pong", {{kPong, "x", false}, {kContinuation, "y"}}, {"violation 1002"}},
      {"5.4: a fragmented close", {{kClose, "", false}}, {"violation 1002"}},
      {"5.4: two fragments", {{kText, "one,", false}, {kContinuation, "two"}}, {"text:one,two"}},
      {"5.4: empty fragments",
       {{kText, "", false}, {kContinuation, "", false}, {kContinuation, ""}},
       {"text:"}},
      {"5.4: empty ones around",
       {{kText, "", false}, {kContinuation, "in", false}, {kContinuation, ""}},
       {"text:in"}},
      {"5.4: fragments of bytes",
       {{kBinary, "\x01", false}, {kContinuation, "\x02"}},
       {"binary:\x01\x02"}},
      {"5.4: a ping within a message",
       {{kText, "one,", false}, {kPing, "in"}, {kContinuation, "two"}},
       {"ping:in", "text:one,two"}},
      {"5.4: pings and pongs within a message",
       {{kText, "a", false},
        {kPing, "1"},
        {kContinuation, "b", false},
        {kPong, "2"},
        {kPing, "3"},
        {kContinuation, "c"}},
       {"ping:1", "pong:2", "ping:3", "text:abc"}},
      {"5.4: a close within a message",
       {{kText, "a", false}, {kClose, code_bytes(1000)}, {kContinuation, "b"}},
       {"close 1000:"}},
      {"5.4: a continuation of nothing", {{kContinuation, "x"}, {kPing}}, {"violation 1002"}},
      {"5.4: a fragment of nothing", {{kContinuation, "x", false}}, {"violation 1002"}},
      {"5.4: a continuation after a whole message",
       {{kText, "x"}, {kContinuation, "y"}},
       {"text:x", "violation 1002"}},
      {"5.4: a continuation after the last fragment",
       {{kText, "x", false}, {kContinuation, "y"}, {kContinuation, "z"}},
       {"text:xy", "violation 1002"}},
      {"5.4: a message within a message", {{kText, "x", false}, {kText, "y"}}, {"violation 1002"}},
      {"5.4: a message of another kind within a message",
       {{kText, "x", false}, {kContinuation, "y", false}, {kBinary, "z", false}},
       {"violation 1002"}},
      {"5.4: two messages of fragments",
       {{kText, "a", false}, {kContinuation, "b"}, {kText, "c", false}, {kContinuation, "d"}},
       {"text:ab", "text:cd"}},
  };
  cases.insert(cases.end(), added.begin(), added.end());
}

void add_utf8(Cases& cases) {
  const std::string valid[] = {"Hello-\xc2\xb5@\xc3\x9f\xc3\xb6\xc3\xa4",
                               "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5",
                               std::string(1, '\0'),
                               "\x7f",
                               "\xc2\x80",
                               "\xdf\xbf",
                               "\xe0\xa0\x80",
                               "\xed\x9f\xbf",
                               "\xee\x80\x80",
                               "\xef\xbf\xbd",
                               "\xef\xbf\xbf",
                               "\xf0\x90\x80\x80",
                               "\xf4\x8f\xbf\xbf"};
  for (const auto& text : valid) {
    cases.push_back({"6: valid text " + text, {{kText, text}}, {"text:" + text}});
    // Cut within letters, too.
    WebSocketCase cut{"6: valid text, octet by octet " + text, {}, {"text:" + text}};
    for (std::size_t i = 0; i < text.size(); ++i) {
      cut.sent.push_back({i == 0 ? kText : kContinuation, text.substr(i, 1), i + 1 == text.size()});
    }
    cases.push_back(std::move(cut));
  }
  const std::string broken[] = {"\x80",
                                "\xbf",
                                "\xc0\x80",
                                "\xc1\xbf",
                                "\xc2",
                                "\xc2\x41",
                                "\xe0\x80\x80",
                                "\xe0\x9f\xbf",
                                "\xe1\x80",
                                "\xed\xa0\x80",
                                "\xed\xbf\xbf",
                                "\xf0\x80\x80\x80",
                                "\xf0\x8f\xbf\xbf",
                                "\xf0\x90\x80",
                                "\xf4\x90\x80\x80",
                                "\xf5\x80\x80\x80",
                                "\xf8\x88\x80\x80\x80",
                                "\xfc\x84\x80\x80\x80\x80",
                                "\xfe",
                                "\xff",
                                "good \xce then bad"};
  for (std::size_t i = 0; i < std::size(broken); ++i) {
    const auto& text = broken[i];
    cases.push_back(
        {fmt::format("6: broken text {}", i), {{kText, text}, {kPing}}, {"violation 1007"}});
    cases.push_back({fmt::format("6: broken text {}, in fragments", i),
                     {{kText, text.substr(0, 1), false}, {kContinuation, text.substr(1)}, {kPing}},
                     {"violation 1007"}});
    cases.push_back(
        {fmt::format("6: such bytes are no text {}", i), {{kBinary, text}}, {"binary:" + text}});
    cases.push_back({fmt::format("7: a broken reason {}", i),
                     {{kClose, code_bytes(1000) + text}},
                     {"violation 1007"}});
  }
}

void add_closes(Cases& cases) {
  cases.push_back({"7: an end without a code", {{kClose}, {kPing}}, {"close 1005:"}});
  cases.push_back({"7: half a code", {{kClose, "\x03"}}, {"violation 1002"}});
  cases.push_back({"7: an end with a reason",
                   {{kText, "before"}, {kClose, code_bytes(1000) + "bye"}, {kText, "behind"}},
                   {"text:before", "close 1000:bye"}});
  cases.push_back({"7: the longest reason",
                   {{kClose, code_bytes(1000) + std::string(123, 'r')}},
                   {"close 1000:123 bytes"}});
  cases.push_back({"7: a reason that is too long",
                   {{kClose, code_bytes(1000) + std::string(124, 'r')}},
                   {"violation 1002"}});
  for (const unsigned code : {1000u, 1001u, 1002u, 1003u, 1007u, 1008u, 1009u, 1010u, 1011u, 1012u,
                              1013u, 1014u, 3000u, 3999u, 4000u, 4999u}) {
    cases.push_back({fmt::format("7: the code {}", code),
                     {{kClose, code_bytes(code) + "why"}},
                     {fmt::format("close {}:why", code)}});
  }
  for (const unsigned code :
       {0u, 1u, 999u, 1004u, 1005u, 1006u, 1015u, 1016u, 1100u, 2000u, 2999u, 5000u, 65535u}) {
    cases.push_back({fmt::format("7: the code {}, which is never sent", code),
                     {{kClose, code_bytes(code)}},
                     {"violation 1002"}});
  }
}

// A message may have 100,000 bytes in the tests.
void add_sizes(Cases& cases) {
  const std::string most(100'000, 'x');
  cases.push_back({"9: the largest message", {{kText, most}}, {"text:100000 bytes"}});
  cases.push_back({"9: one that is larger", {{kText, most + "x"}}, {"violation 1009"}});
  WebSocketCase pieces{"9: the largest message, in fragments", {}, {"binary:100000 bytes"}};
  for (std::size_t at = 0; at < most.size(); at += 1000) {
    pieces.sent.push_back(
        {at == 0 ? kBinary : kContinuation, most.substr(at, 1000), at + 1000 == most.size()});
  }
  cases.push_back(pieces);
  pieces.name = "9: one that grows larger";
  pieces.sent.back().final = false;
  pieces.sent.push_back({kContinuation, "x"});
  pieces.events = {"violation 1009"};
  cases.push_back(std::move(pieces));
}

}  // namespace

const std::vector<WebSocketCase>& websocket_cases() {
  static const auto kCases = [] {
    Cases cases;
    add_framing(cases);
    add_pings(cases);
    add_reserved(cases);
    add_fragments(cases);
    add_utf8(cases);
    add_closes(cases);
    add_sizes(cases);
    return cases;
  }();
  return kCases;
}

std::string on_the_wire(const SentFrame& frame, Role sender) {
  const bool of_role = sender == Role::client;
  const bool masked = frame.masked ? *frame.masked == of_role : of_role;
  const auto size = frame.payload.size();
  const auto form = frame.length_form.value_or(size < 126 ? 7 : size <= 0xffff ? 16 : 64);
  std::string wire;
  const auto put = [&](std::uint64_t octet) { wire.push_back(static_cast<char>(octet & 0xff)); };
  put((frame.final ? 0x80u : 0u) | frame.reserved << 4 | frame.opcode);
  put((masked ? 0x80u : 0u) | (form == 7 ? size : form == 16 ? 126 : 127));
  for (int shift = static_cast<int>(form) - 8; form != 7 && shift >= 0; shift -= 8)
    put(size >> shift);
  if (!masked) return wire + frame.payload;
  const unsigned char mask[] = {0x37, 0xfa, 0x21, 0x3d};
  for (const auto each : mask) put(each);
  for (std::size_t i = 0; i < size; ++i) {
    put(static_cast<unsigned char>(frame.payload[i]) ^ static_cast<unsigned>(mask[i % 4]));
  }
  return wire;
}

std::string told(const Event& event) {
  switch (event.kind) {
    case Event::Kind::message:
      return (event.opcode == Opcode::text ? "text:" : "binary:") + shown(event.payload);
    case Event::Kind::ping:
      return "ping:" + shown(event.payload);
    case Event::Kind::pong:
      return "pong:" + shown(event.payload);
    case Event::Kind::close:
      return fmt::format("close {}:{}", event.code, shown(event.payload));
    case Event::Kind::violation:
      return fmt::format("violation {}", event.code);
    case Event::Kind::none:
      break;
  }
  return "nothing";
}

}  // namespace dispatch::fleet::websocket

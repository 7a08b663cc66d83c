// Two sessions whose bytes are carried by hand.
#include "engine/tls/session.hpp"

#include "engine/tls/certificate_error.hpp"
#include "tests/unit/tls/certificate.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace dispatch::tls {
BOOST_AUTO_TEST_SUITE(session)
namespace {

using State = Session::Step::State;

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

struct Pair {
  explicit Pair(const std::string& certified = "proxy.example",
                const std::string& wanted = "proxy.example")
      : identity(make_identity(certified)),
        server(Session::server(*Context::server(identity.certificate, identity.key))),
        client(Session::client(*Context::client(identity.certificate), wanted)) {}

  // Both, until neither has anything to say; `piece` bytes at a time.
  void shake_hands(std::size_t piece = 100'000) {
    client_step = client.handshake();
    for (int round = 0; round < 5; ++round) {
      carry(client, to_server, server, server_step, piece);
      carry(server, to_client, client, client_step, piece);
    }
  }

  static void carry(Session& from, std::vector<std::byte>& way, Session& to, Session::Step& step,
                    std::size_t piece) {
    way = std::exchange(from.output(), {});
    for (std::size_t begin = 0; begin < way.size(); begin += piece) {
      to.feed(std::span(way).subspan(begin, std::min(piece, way.size() - begin)));
      if (step.state == State::needs_input) step = to.handshake();
      if (step.state == State::done) to.peek();  // tickets come behind it
    }
  }

  // What the server reads of what the client has said, and how that ended.
  std::pair<std::string, State> heard(std::size_t piece = 100'000) {
    std::string text;
    State last = State::needs_input;
    const auto read = [&] {
      std::array<std::byte, 1000> buffer;
      for (;;) {
        const auto step = server.read(buffer);
        last = step.state;
        if (step.state != State::done) return;
        text.append(reinterpret_cast<const char*>(buffer.data()), step.bytes);
      }
    };
    to_server = std::exchange(client.output(), {});
    for (std::size_t begin = 0; begin < to_server.size(); begin += piece) {
      server.feed(std::span(to_server).subspan(begin, std::min(piece, to_server.size() - begin)));
      read();
    }
    return {text, last};
  }

  Identity identity;
  Session server;
  Session client;
  Session::Step server_step{State::needs_input, 0, {}};
  Session::Step client_step;
  std::vector<std::byte> to_server;
  std::vector<std::byte> to_client;
};

BOOST_AUTO_TEST_CASE(text_arrives_however_the_records_are_cut) {
  for (const std::size_t piece : {1u, 7u, 1000u, 100'000u}) {
    Pair pair;
    pair.shake_hands(piece);
    BOOST_TEST((pair.server_step.state == State::done));
    BOOST_TEST((pair.client_step.state == State::done));
    const std::string text(40'000, 'x');
    std::size_t written = 0;
    while (written < text.size())
      written += pair.client.write(bytes_of(text).subspan(written)).bytes;
    const auto [got, state] = pair.heard(piece);
    BOOST_TEST(got.size() == text.size());
    BOOST_TEST((state == State::needs_input));
    BOOST_TEST(pair.server.is_between_records());
  }
}

BOOST_AUTO_TEST_CASE(nothing_of_the_text_can_be_seen) {
  Pair pair;
  pair.shake_hands();
  const std::string text(1000, 'x');
  pair.client.write(bytes_of(text));
  const std::string seen(reinterpret_cast<const char*>(pair.client.output().data()),
                         pair.client.output().size());
  BOOST_TEST(seen.size() > text.size());
  BOOST_TEST(seen.find("xxxx") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_end_is_said_and_the_other_way_goes_on) {
  Pair pair;
  pair.shake_hands();
  pair.client.write(bytes_of("last"));
  pair.client.close();
  const auto [got, state] = pair.heard();
  BOOST_TEST(got == "last");
  BOOST_TEST((state == State::ended));
  BOOST_TEST((pair.server.write(bytes_of("answer")).state == State::done));
  const auto records = std::exchange(pair.server.output(), {});
  pair.client.feed(records);
  std::array<std::byte, 100> buffer;
  BOOST_TEST(pair.client.read(buffer).bytes == 6u);
}

BOOST_AUTO_TEST_CASE(half_a_record_is_waited_for) {
  Pair pair;
  pair.shake_hands();
  pair.client.write(bytes_of("text"));
  pair.client.output().resize(8);
  BOOST_TEST((pair.heard().second == State::needs_input));
  BOOST_TEST(!pair.server.is_between_records());
}

BOOST_AUTO_TEST_CASE(a_changed_record_fails) {
  Pair pair;
  pair.shake_hands();
  pair.client.write(bytes_of("text"));
  pair.client.output()[10] ^= std::byte{1};
  const auto [got, state] = pair.heard();
  BOOST_TEST(got == "");
  BOOST_TEST((state == State::failed));
}

BOOST_AUTO_TEST_CASE(a_certificate_of_another_name_is_refused) {
  Pair pair("proxy.example", "bank.example");
  pair.shake_hands();
  BOOST_TEST((pair.client_step.state == State::failed));
  BOOST_TEST((pair.client_step.error.category() == certificate_category()));
  BOOST_TEST(pair.client_step.error.message() == "hostname mismatch");
  BOOST_TEST((pair.server_step.state == State::failed));  // it has been told
}

BOOST_AUTO_TEST_CASE(what_is_no_tls_fails_with_a_reason) {
  Pair pair;
  pair.server.feed(bytes_of("GET / HTTP/1.1\r\n\r\n"));
  const auto step = pair.server.handshake();
  BOOST_TEST((step.state == State::failed));
  BOOST_TEST(step.error.message().find("http request") != std::string::npos);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::tls

// TLS between a laptop and a web server of the simulated world.
#include "engine/tls/stream.hpp"

#include "engine/net/deadline.hpp"
#include "tests/unit/proxy/proxy_world.hpp"
#include "tests/unit/tls/certificate.hpp"

#include <boost/asio/ssl/error.hpp>

namespace dispatch::tls {
BOOST_AUTO_TEST_SUITE(stream)
namespace {

using namespace std::chrono_literals;
using proxy::read_to_end;
using proxy::send_text;

const net::Endpoint kSecureWww = proxy::endpoint("203.0.113.10:80");

struct TlsWorld : proxy::ProxyWorld {
  TlsWorld() {
    ProxyWorld::serve([this](net::StreamPtr stream) { return secure(std::move(stream)); });
  }

  // Each connection at the web server, after its handshake.
  net::Task<void> secure(net::StreamPtr stream) {
    auto secured = co_await Stream::accept(www, server_context, std::move(stream), {});
    server_error = secured.error();
    if (secured) co_await serves(std::move(*secured));
  }

  net::Task<net::StreamPtr> connect() {
    auto below = co_await laptop.network().connect(kSecureWww, net::kAnyEgress);
    auto stream =
        co_await Stream::connect(laptop, client_context, std::move(below.value()), "www.example");
    co_return std::move(stream.value());
  }

  // The same, with what is below kept within reach.
  net::Task<net::StreamPtr> connect(net::Stream*& below) {
    auto stream = co_await laptop.network().connect(kSecureWww, net::kAnyEgress);
    below = stream->get();
    auto secured =
        co_await Stream::connect(laptop, client_context, std::move(stream.value()), "www.example");
    co_return std::move(secured.value());
  }

  Identity identity = make_identity("www.example");
  std::shared_ptr<const Context> server_context =
      Context::server(identity.certificate, identity.key);
  std::shared_ptr<const Context> client_context = Context::client(identity.certificate);
  std::function<net::Task<void>(net::StreamPtr)> serves;
  net::Error server_error;
};

std::string lines(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += std::to_string(i) + "\n";
  return text;
}

BOOST_AUTO_TEST_CASE(both_ways_at_once_byte_by_byte_the_same) {
  TlsWorld world;
  const auto text = lines(100'000);
  proxy::Received at_server;
  world.serves = [&](net::StreamPtr stream) -> net::Task<void> {
    // The reader and the writer are two tasks.
    net::TaskGroup tasks(world.www.executor(), nullptr);
    tasks.spawn(send_text(*stream, text));
    at_server = co_await read_to_end(*stream);
    co_await tasks.idle();
    stream->shutdown_write();
  };
  const auto program = [&]() -> net::Task<void> {
    auto stream = co_await world.connect();
    net::TaskGroup tasks(world.laptop.executor(), nullptr);
    tasks.spawn(send_text(*stream, text));
    std::string got;
    std::vector<std::byte> buffer(5000);
    while (got.size() < text.size()) {
      const auto bytes = co_await stream->read_some(buffer);
      BOOST_REQUIRE((bytes && *bytes > 0));
      got.append(reinterpret_cast<const char*>(buffer.data()), *bytes);
    }
    BOOST_TEST((got == text));
    co_await tasks.idle();
    BOOST_TEST(!stream->shutdown_write());
    const auto rest = co_await read_to_end(*stream);
    BOOST_TEST(!rest.error);
    BOOST_TEST(rest.text == "");
  };
  world.run(program());
  BOOST_TEST((at_server.text == text));
  BOOST_TEST(!at_server.error);
}

BOOST_AUTO_TEST_CASE(half_close_reaches_the_other_side_which_may_go_on) {
  TlsWorld world;
  world.serves = [](net::StreamPtr stream) -> net::Task<void> {
    const auto received = co_await read_to_end(*stream);
    BOOST_TEST(!received.error);
    co_await send_text(*stream, "got " + received.text);
    stream->shutdown_write();
  };
  const auto program = [&]() -> net::Task<void> {
    auto stream = co_await world.connect();
    co_await send_text(*stream, "question");
    BOOST_TEST(!stream->shutdown_write());
    const auto received = co_await read_to_end(*stream);
    BOOST_TEST(received.text == "got question");
    BOOST_TEST(!received.error);
    const auto more = proxy::bytes_of("more");
    const auto written = co_await stream->write_some(more);
    BOOST_TEST(written.error() == boost::system::errc::broken_pipe);
  };
  world.run(program());
}

BOOST_AUTO_TEST_CASE(an_end_that_nobody_said_is_an_error) {
  TlsWorld world;
  proxy::Received at_server;
  world.serves = [&](net::StreamPtr stream) -> net::Task<void> {
    at_server = co_await read_to_end(*stream);
  };
  const auto program = [&]() -> net::Task<void> {
    net::Stream* below = nullptr;
    auto stream = co_await world.connect(below);
    co_await send_text(*stream, "cut off he");
    BOOST_TEST(!below->shutdown_write());  // a FIN, as from someone between the two
    co_await world.laptop.clock().sleep_for(1s);
  };
  world.run(program());
  BOOST_TEST(at_server.text == "cut off he");
  BOOST_TEST((at_server.error == net::asio::ssl::error::stream_truncated));
}

BOOST_AUTO_TEST_CASE(abort_resets_the_peer_and_ends_what_waits) {
  TlsWorld world;
  proxy::Received at_server;
  world.serves = [&](net::StreamPtr stream) -> net::Task<void> {
    at_server = co_await read_to_end(*stream);
  };
  const auto program = [&]() -> net::Task<void> {
    auto stream = co_await world.connect();
    net::Error waited;
    net::TaskGroup tasks(world.laptop.executor(), nullptr);
    const auto wait = [&]() -> net::Task<void> { waited = (co_await read_to_end(*stream)).error; };
    tasks.spawn(wait());
    co_await world.laptop.clock().sleep_for(100ms);
    stream->abort();
    co_await tasks.idle();
    BOOST_TEST(net::is_cancelled(waited));
    co_await world.laptop.clock().sleep_for(1s);
  };
  world.run(program());
  BOOST_TEST(at_server.error == boost::system::errc::connection_reset);
}

BOOST_AUTO_TEST_CASE(a_cancelled_or_late_read_leaves_the_stream_usable) {
  TlsWorld world;
  world.serves = [&](net::StreamPtr stream) -> net::Task<void> {
    co_await world.www.clock().sleep_for(500ms);
    co_await send_text(*stream, "late");
    stream->shutdown_write();
    co_await read_to_end(*stream);
  };
  const auto program = [&]() -> net::Task<void> {
    auto stream = co_await world.connect();
    std::array<std::byte, 100> buffer;
    auto& clock = world.laptop.clock();
    const auto early =
        co_await net::with_deadline(clock, clock.now() + 100ms, stream->read_some(buffer));
    BOOST_TEST((early.error() == net::asio::error::timed_out));
    const auto again = co_await stream->read_some(buffer, clock.now() + 100ms);
    BOOST_TEST((again.error() == net::asio::error::timed_out));
    const auto received = co_await read_to_end(*stream);
    BOOST_TEST(received.text == "late");
    BOOST_TEST(!received.error);
  };
  world.run(program());
}

BOOST_AUTO_TEST_CASE(a_write_to_a_peer_that_reads_nothing_ends_at_its_deadline) {
  TlsWorld world;
  proxy::Received at_server;
  world.serves = [&](net::StreamPtr stream) -> net::Task<void> {
    co_await world.www.clock().sleep_for(30s);
    at_server = co_await read_to_end(*stream);
    BOOST_TEST(!stream->shutdown_write());
  };
  const auto program = [&]() -> net::Task<void> {
    auto stream = co_await world.connect();
    auto& clock = world.laptop.clock();
    const auto text = proxy::bytes_of(std::string(1'000'000, 'x'));
    const auto deadline = clock.now() + 10s;
    std::size_t written = 0;
    for (;;) {
      const auto taken = co_await stream->write_some(text, deadline);
      if (!taken) {
        BOOST_TEST((taken.error() == net::asio::error::timed_out));
        break;
      }
      written += *taken;
    }
    BOOST_TEST((clock.now() - deadline < 1s));
    BOOST_TEST(written > 0u);
    const auto more = co_await stream->write_some(proxy::bytes_of("more"), clock.now() + 60s);
    BOOST_TEST(more.has_value());
    BOOST_TEST(!stream->shutdown_write());
    const auto end = co_await read_to_end(*stream);
    BOOST_TEST(!end.error, end.error.message());
    BOOST_TEST(at_server.text.size() == written + 4);
  };
  world.run(program());
}

BOOST_AUTO_TEST_CASE(a_cancelled_write_leaves_no_half_record) {
  TlsWorld world;
  proxy::Received at_server;
  bool ended = false;
  world.serves = [&](net::StreamPtr stream) -> net::Task<void> {
    co_await send_text(*stream, "go on");
    co_await world.www.clock().sleep_for(45s);  // until then the window is closed
    at_server = co_await read_to_end(*stream);
    ended = true;
  };
  const auto program = [&]() -> net::Task<void> {
    auto stream = co_await world.connect();
    // A socket that is closed with something unread resets, and the server's tickets came first.
    std::array<std::byte, 5> greeting;
    BOOST_TEST((co_await net::read_full(*stream, greeting)).value() == 5u);
    auto& clock = world.laptop.clock();
    const auto text = proxy::bytes_of(std::string(100'000'000, 'x'));
    std::size_t written = 0;
    const auto write = [&]() -> net::Task<net::Result<std::size_t>> {
      for (;;) {
        const auto bytes = co_await stream->write_some(text);
        if (!bytes) co_return bytes.error();
        written += *bytes;
      }
    };
    const auto cut = co_await net::with_deadline(clock, clock.now() + 30s, write());
    BOOST_TEST(!cut);
    BOOST_TEST(written > 0u);
    BOOST_TEST(!stream->shutdown_write());
    stream.reset();  // what was written still arrives, and its end
    co_await clock.sleep_for(60s);
    BOOST_TEST(ended);
    BOOST_TEST(at_server.text.size() == written);
    BOOST_TEST(!at_server.error, at_server.error.message());
  };
  world.run(program());
}

BOOST_AUTO_TEST_CASE(a_destroyed_stream_does_not_wait_for_ever_for_a_peer_that_reads_nothing) {
  TlsWorld world;
  proxy::Received at_server;
  world.serves = [&](net::StreamPtr stream) -> net::Task<void> {
    co_await world.www.clock().sleep_for(4 * Stream::kCloseTimeout);
    at_server = co_await read_to_end(*stream);
  };
  const auto program = [&]() -> net::Task<void> {
    auto stream = co_await world.connect();
    auto& clock = world.laptop.clock();
    const auto text = proxy::bytes_of(std::string(100'000'000, 'x'));
    co_await net::with_deadline(
        clock, clock.now() + 10s,
        [](net::Stream& to, auto& bytes) -> net::Task<net::Result<std::size_t>> {
          for (;;) {
            const auto taken = co_await to.write_some(bytes);
            if (!taken) co_return taken.error();
          }
        }(*stream, text));
    BOOST_TEST(!stream->shutdown_write());
    stream.reset();
    co_await clock.sleep_for(6 * Stream::kCloseTimeout);
  };
  world.run(program());
  BOOST_TEST(at_server.error == boost::system::errc::connection_reset);
}

BOOST_AUTO_TEST_CASE(a_client_that_speaks_no_tls_is_told_by_an_alert) {
  TlsWorld world;
  std::string got;
  const auto program = [&]() -> net::Task<void> {
    auto stream = co_await world.laptop.network().connect(kSecureWww, net::kAnyEgress);
    co_await send_text(**stream, std::string("\x16\x03\x01\x00\x05hello", 10));
    const auto received = co_await read_to_end(**stream);
    got = received.text;
  };
  world.run(program());
  BOOST_TEST(got.substr(0, 1) == "\x15");  // an alert record
  BOOST_TEST(world.server_error);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::tls

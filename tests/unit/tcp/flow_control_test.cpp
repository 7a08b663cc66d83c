// The receiver's window, and the application's back-pressure behind it.
#include "tests/unit/tcp/exchange.hpp"

#include <boost/test/unit_test.hpp>

namespace dispatch::sim::tcp::test {
BOOST_AUTO_TEST_SUITE(tcp_flow_control)
namespace {

constexpr std::size_t kReceiveBuffer = 100'000;          // bytes of memory...
constexpr std::size_t kWindow = kReceiveBuffer * 5 / 8;  // ...and of payload

Options small_receiver() {
  Options options;
  options.receive_buffer = kReceiveBuffer;
  return options;
}

BOOST_AUTO_TEST_CASE(the_window_closes_when_nobody_reads_and_opens_again_with_the_reading) {
  Exchange exchange({}, small_receiver());
  exchange.establish();
  Transfer transfer(exchange, Side::client, 2'000'000);
  transfer.reading = false;
  exchange.applications = [&] { transfer.work(); };
  exchange.run_for(5s);

  const auto closed = exchange.sent_by(Side::server).back().segment;
  BOOST_TEST(closed.window == 0);
  const auto delivered = exchange.server().info().bytes_received;
  BOOST_TEST(delivered <= kWindow);
  BOOST_TEST(delivered > kWindow - 3 * 1448);
  BOOST_TEST(!exchange.client().writable());
  BOOST_TEST(transfer.written() < 2'000'000);

  const auto before = exchange.now();
  transfer.reading = true;
  exchange.settle();
  // Told at once, not by the next probe.
  BOOST_TEST((exchange.sent().back().from == Side::server));
  BOOST_TEST(exchange.sent().back().segment.window > 0);
  BOOST_TEST(exchange.run_until([&] { return transfer.complete(); }));
  BOOST_TEST(transfer.intact());
  BOOST_TEST(seconds(exchange.now() - before) < 2.0);
}

// Either side's window, wherever the peer's sequence numbers begin: below and above half of the
// sequence space, and just before it wraps around.
BOOST_AUTO_TEST_CASE(the_window_holds_for_every_initial_sequence_number) {
  for (const auto reader : {Side::client, Side::server}) {
    for (const std::uint32_t initial : {0u, 5000u, 0x7FFF'FF00u, 0x8000'0000u, 0xFFFF'FF00u}) {
      Exchange exchange(small_receiver(), small_receiver(), initial, initial);
      exchange.establish();
      Transfer transfer(exchange, other(reader), 1'000'000);
      transfer.reading = false;
      exchange.applications = [&] { transfer.work(); };
      exchange.run_for(5s);
      BOOST_TEST(exchange.sent_by(reader).back().segment.window == 0, "initial " << initial);
      BOOST_TEST(exchange.at(reader).info().bytes_received <= kWindow);
      transfer.reading = true;
      exchange.settle();
      BOOST_TEST(exchange.run_until([&] { return transfer.complete(); }), "initial " << initial);
      BOOST_TEST(transfer.intact());
    }
  }
}

BOOST_AUTO_TEST_CASE(a_lost_window_update_is_made_up_for_by_a_probe) {
  Exchange exchange({}, small_receiver());
  exchange.establish();
  Transfer transfer(exchange, Side::client, 500'000);
  transfer.reading = false;
  exchange.applications = [&] { transfer.work(); };
  exchange.run_for(5s);
  transfer.reading = true;
  exchange.path = [](Side from, int, const Segment&) {
    return Fate{.dropped = from == Side::server};
  };
  exchange.settle();
  exchange.path = nullptr;
  BOOST_TEST(!transfer.complete());
  BOOST_TEST(exchange.run_until([&] { return transfer.complete(); }));
  BOOST_TEST(transfer.intact());
}

BOOST_AUTO_TEST_CASE(probes_back_off_and_go_on_while_the_peer_answers) {
  Exchange exchange({}, small_receiver());
  exchange.establish();
  Transfer transfer(exchange, Side::client, 500'000);
  transfer.reading = false;
  exchange.applications = [&] { transfer.work(); };
  exchange.run_for(2s);
  const auto before = exchange.sent_by(Side::client).size();
  exchange.run_for(7200s);
  BOOST_TEST(!exchange.client().error());
  const auto probes = exchange.sent_by(Side::client);
  // About one for each 120 s once the back-off has come to its end.
  BOOST_TEST(probes.size() - before > 55);
  BOOST_TEST(probes.size() - before < 75);
  BOOST_TEST(probes.back().segment.payload.size() == 0);
}

BOOST_AUTO_TEST_CASE(probes_that_nobody_answers_end_the_connection) {
  Exchange exchange({}, small_receiver());
  exchange.establish();
  Transfer transfer(exchange, Side::client, 500'000);
  transfer.reading = false;
  exchange.applications = [&] { transfer.work(); };
  exchange.run_for(2s);
  exchange.path = [](Side, int, const Segment&) { return Fate{.dropped = true}; };
  BOOST_TEST(exchange.run_until([&] { return exchange.client().finished(); }, 7200s));
  BOOST_TEST(exchange.client().error() == net::asio::error::timed_out);
}

BOOST_AUTO_TEST_CASE(no_silly_windows_are_offered_or_used) {
  Exchange exchange({}, small_receiver());
  exchange.establish();
  Transfer transfer(exchange, Side::client, 400'000);
  transfer.reading = false;
  exchange.applications = [&] { transfer.work(); };
  exchange.run_for(2s);
  // A reader of 100 bytes at a time: 40,000 bytes need no more than a few updates.
  const auto before = exchange.sent_by(Side::server).size();
  std::vector<std::byte> buffer(100);
  for (int i = 0; i < 400; ++i) {
    exchange.server().read(buffer, exchange.now());
    exchange.run_for(1ms);
  }
  BOOST_TEST(exchange.sent_by(Side::server).size() - before < 40);
  std::size_t small = 0;
  for (const auto& sent : exchange.data_sent_by(Side::client)) {
    if (sent.segment.payload.size() < 1448) ++small;
  }
  BOOST_TEST(small <= 2);
}

BOOST_AUTO_TEST_CASE(the_right_edge_of_the_window_never_moves_back) {
  Exchange exchange({}, small_receiver());
  exchange.establish();
  Transfer transfer(exchange, Side::client, 1'000'000);
  Dice dice(7);
  exchange.applications = [&] {
    transfer.reading = dice.one_in(4);
    transfer.work();
  };
  exchange.run_for(30s);
  transfer.reading = true;
  std::uint32_t edge = 0;
  for (const auto& sent : exchange.sent_by(Side::server)) {
    if (sent.segment.syn) continue;
    const auto next = sent.segment.acknowledgment + (std::uint32_t{sent.segment.window} << 1);
    BOOST_REQUIRE(static_cast<std::int32_t>(next - edge) >= 0);
    edge = next;
  }
  BOOST_TEST(exchange.server().info().bytes_received > 300'000);
}

BOOST_AUTO_TEST_CASE(the_send_buffer_starts_small_and_follows_the_congestion_window) {
  Exchange exchange;
  exchange.establish();
  // Measured on Linux 6.18: the ten segments of the first flight, and a buffer behind them.
  constexpr std::size_t kAtFirst = 10 * 1448 + 22 * 1448;
  const auto data = pattern(0, 1'000'000);
  exchange.applications = [&] {
    if (exchange.has_server()) exchange.server().read_slice(SIZE_MAX, exchange.now());
  };
  std::size_t written = 0;
  while (const auto taken = exchange.client().write(data, exchange.now())) {
    written += taken;
    exchange.settle();
  }
  BOOST_TEST(written == kAtFirst);
  BOOST_TEST(!exchange.client().writable());
  BOOST_TEST(exchange.client().info().bytes_unacked == kAtFirst);
  exchange.run_for(1s);
  BOOST_TEST(exchange.client().writable());
  BOOST_TEST(exchange.client().info().bytes_unacked == 0);
  BOOST_TEST(exchange.client().info().bytes_acked == kAtFirst);
  written = 0;
  while (const auto taken = exchange.client().write(data, exchange.now())) {
    written += taken;
    exchange.settle();
  }
  BOOST_TEST(written > kAtFirst);
}

BOOST_AUTO_TEST_CASE(a_handed_over_slice_arrives_without_a_copy) {
  Exchange exchange;
  exchange.establish();
  exchange.keep_records = false;
  const auto bytes = pattern(0, 10'000);
  auto slice = Slice::copy_of(bytes);
  const auto* address = slice.bytes().data();
  exchange.client().write(std::move(slice), exchange.now());
  exchange.run_for(100ms);
  const auto read = exchange.server().read_slice(SIZE_MAX, exchange.now());
  BOOST_TEST(read.size() == 10'000);
  BOOST_TEST((read.bytes().data() == address));
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::sim::tcp::test

// Bytes arrive as they were written, whatever the path does; nothing that arrives can crash.
#include "tests/unit/tcp/exchange.hpp"

#include <boost/test/unit_test.hpp>

namespace dispatch::sim::tcp::test {
BOOST_AUTO_TEST_SUITE(tcp_integrity)
namespace {

constexpr std::uint64_t kSeeds = 200;
constexpr std::uint64_t kFuzzSeeds = 400;

// Loss, reordering and duplication, both ways at once, with readers that pause.
BOOST_AUTO_TEST_CASE(both_directions_survive_loss_reordering_and_duplication) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    Dice dice(seed);
    Options options;
    options.sack = seed % 2 == 0;
    options.timestamps = seed % 3 != 0;
    options.window_scaling = seed % 5 != 0;
    options.receive_buffer = seed % 7 == 0 ? 20'000 : 500'000;
    Exchange exchange(options, {}, dice.next(), dice.next());
    exchange.keep_records = false;
    const auto loss = 5 + dice.below(100);
    exchange.path = [&](Side, int, const Segment&) {
      Fate fate;
      fate.dropped = dice.one_in(loss);
      if (dice.one_in(20)) fate.late = std::chrono::microseconds(dice.below(30'000));
      if (dice.one_in(50)) fate.copies = 2;
      return fate;
    };
    exchange.establish();
    Transfer there(exchange, Side::client, 20'000 + dice.below(200'000), true);
    Transfer back(exchange, Side::server, dice.below(100'000), true);
    bool pausing = true;
    exchange.applications = [&] {
      there.reading = !pausing || !dice.one_in(3);
      back.reading = !pausing || !dice.one_in(3);
      there.work();
      back.work();
    };
    const auto complete = [&] { return there.complete() && back.complete(); };
    exchange.run_until(complete);  // ends early where a reader pauses after the last event
    pausing = false;
    const bool done = exchange.run_until(complete);
    BOOST_TEST_INFO("seed " << seed);
    BOOST_REQUIRE(done);
    BOOST_TEST_INFO("seed " << seed);
    BOOST_REQUIRE((there.intact() && back.intact()));
  }
}

Segment random_segment(Dice& dice, std::uint32_t near_sequence, std::uint32_t near_ack) {
  Segment segment;
  const auto around = [&](std::uint32_t center) {
    switch (dice.below(4)) {
      case 0:
        return center;
      case 1:
        return center + dice.below(5) - 2;
      case 2:
        return center + dice.below(200'000) - 100'000;
      default:
        return dice.next();
    }
  };
  segment.source_port = 80;
  segment.destination_port = 40000;
  segment.sequence = around(near_sequence);
  segment.acknowledgment = around(near_ack);
  segment.syn = dice.one_in(8);
  segment.ack = !dice.one_in(8);
  segment.fin = dice.one_in(8);
  segment.rst = dice.one_in(40);
  segment.psh = dice.one_in(2);
  segment.window = static_cast<std::uint16_t>(dice.one_in(4) ? 0 : dice.next());
  if (dice.one_in(4)) segment.mss = static_cast<std::uint16_t>(dice.next());
  if (dice.one_in(4)) segment.window_scale = static_cast<std::uint8_t>(dice.below(256));
  segment.sack_permitted = dice.one_in(2);
  if (dice.one_in(2)) segment.timestamps = Timestamps{dice.next(), dice.next()};
  segment.sack_count = static_cast<std::uint8_t>(dice.below(5));
  for (auto& block : segment.sack) block = {around(near_ack), around(near_ack)};
  if (dice.one_in(2)) {
    segment.payload.slices[0] = Slice::copy_of(pattern(0, 1 + dice.below(2000)));
    if (dice.one_in(3)) segment.payload.slices[1] = Slice::copy_of(pattern(0, 1 + dice.below(500)));
  }
  return segment;
}

// The assertions and the sanitizers are the judges; afterwards everything must still come to rest.
BOOST_AUTO_TEST_CASE(random_segments_in_every_state_do_no_harm) {
  bool seen[10] = {};
  for (std::uint64_t seed = 0; seed < kFuzzSeeds; ++seed) {
    Dice dice(seed + 1'000'000);
    Options options;
    options.sack = dice.one_in(2);
    options.receive_buffer = dice.one_in(2) ? 5'000 : 300'000;
    const auto initial = dice.next();
    const auto peer_initial = dice.next();
    auto peer = peer_initial;
    auto now = TimePoint{} + 1s;
    Connection connection(options, 40000, 80, initial);
    if (dice.one_in(4)) {
      auto syn = random_segment(dice, peer, initial);
      syn.syn = true;
      syn.sequence = peer;
      connection.accept(syn, now);
    } else {
      connection.connect(now);
    }
    std::uint32_t sent_to = initial + 1;
    const auto drain = [&] {
      while (auto segment = connection.next_segment(now)) {
        BOOST_REQUIRE(segment->payload.size() <= 1460);
        BOOST_REQUIRE(segment->header_size() <= 60);
        if (!segment->rst) {
          sent_to = segment->sequence + segment->sequence_length();
          if (segment->ack) peer = segment->acknowledgment;
        }
      }
    };
    drain();
    for (int i = 0; i < 300 && !connection.finished(); ++i) {
      seen[static_cast<int>(connection.state())] = true;
      switch (dice.below(12)) {
        case 0:
          connection.write(pattern(0, dice.below(50'000)), now);
          break;
        case 1:
          connection.write(Slice::copy_of(pattern(0, 1 + dice.below(3'000))), now);
          break;
        case 2:
          connection.read_slice(1 + dice.below(10'000), now);
          break;
        case 3:
          if (dice.one_in(8)) connection.shutdown_write(now);
          break;
        case 4:
          if (dice.one_in(25)) connection.close(now);
          break;
        case 5:
          if (connection.deadline() != net::kNever) {
            now = std::max(now, connection.deadline());
            connection.on_timer(now);
          }
          break;
        case 6: {  // the handshake, done right, so that later states are reached
          Segment right;
          right.syn = connection.state() == State::syn_sent;
          right.ack = true;
          right.sequence = right.syn ? peer_initial : peer;
          right.acknowledgment = sent_to;
          right.window = static_cast<std::uint16_t>(dice.next());
          right.fin = !right.syn && dice.one_in(6);
          right.sack_permitted = true;
          connection.receive(right, now);
          break;
        }
        default:
          connection.receive(random_segment(dice, peer, sent_to), now);
      }
      now += std::chrono::milliseconds(dice.below(100));
      drain();
      static_cast<void>(connection.info());
    }
    connection.abort(now);
    drain();
    for (int i = 0; i < 10 && !connection.finished(); ++i) {
      now = std::max(now, connection.deadline());
      connection.on_timer(now);
      drain();
    }
    BOOST_TEST_INFO("seed " << seed);
    BOOST_REQUIRE(connection.finished());
    BOOST_REQUIRE(connection.deadline() == net::kNever);
  }
  for (const auto state :
       {State::syn_sent, State::syn_received, State::established, State::fin_wait_1,
        State::fin_wait_2, State::close_wait, State::closing, State::last_ack, State::time_wait}) {
    BOOST_TEST_INFO("state " << static_cast<int>(state));
    BOOST_TEST(seen[static_cast<int>(state)]);
  }
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::sim::tcp::test

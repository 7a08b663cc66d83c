// What is lost on the way is made good: by parity, and by asking for it again.
#include "engine/stream/erasure_code.hpp"
#include "engine/stream/parity.hpp"
#include "engine/stream/reassembly.hpp"
#include "engine/stream/report.hpp"
#include "engine/stream/sent_frames.hpp"
#include "tests/unit/stream/stream_world.hpp"

namespace dispatch::stream {
BOOST_AUTO_TEST_SUITE(repair)
namespace {

using Bytes = std::vector<std::byte>;

constexpr net::TimePoint kStart{1s};

Frame frame(std::uint64_t sequence, std::span<const std::byte> payload) {
  Frame made;
  made.sequence = sequence;
  made.time = 1000 + sequence;
  made.payload = payload;
  return made;
}

BOOST_AUTO_TEST_CASE(any_parity_symbols_make_good_as_many_data_symbols) {
  constexpr unsigned kData = 12;
  constexpr unsigned kParity = 4;
  const auto all = pattern(kData * 50);
  const auto symbol = [&](unsigned column) { return std::span(all).subspan(column * 50, 50); };
  // Every choice of four that are lost, and every order in which rows may have come.
  for (unsigned lost = 0; lost < (1u << kData); ++lost) {
    if (std::popcount(lost) != static_cast<int>(kParity)) continue;
    std::vector<unsigned> columns;
    std::vector<unsigned> rows;
    std::vector<Bytes> symbols;
    for (unsigned row = 0; row < kParity; ++row) {
      rows.push_back((row * 17 + lost) % kRowsMost);
      auto& sum = symbols.emplace_back(50);
      for (unsigned column = 0; column < kData; ++column) {
        if ((lost >> column & 1) != 0)
          add_scaled(sum, symbol(column), coefficient(rows[row], column));
      }
    }
    for (unsigned column = 0; column < kData; ++column) {
      if ((lost >> column & 1) != 0) columns.push_back(column);
    }
    solve(rows, columns, symbols);
    for (std::size_t i = 0; i < kParity; ++i) {
      BOOST_TEST_REQUIRE(std::ranges::equal(symbols[i], symbol(columns[i])));
    }
  }
}

BOOST_AUTO_TEST_CASE(many_bytes_are_scaled_as_each_by_itself) {
  const auto from = pattern(100);
  for (const std::uint8_t factor : {0, 1, 2, 3, 0x53, 0xca, 0xff}) {
    for (std::size_t size = 0; size <= from.size(); ++size) {
      auto together = pattern(200);
      auto apart = together;
      add_scaled(together, std::span(from).first(size), factor);
      for (std::size_t i = 0; i < size; ++i) {
        add_scaled(std::span(apart).subspan(i), std::span(from).subspan(i, 1), factor);
      }
      BOOST_TEST_REQUIRE((together == apart), size);
    }
  }
  // x * x^7 = x^8, which is x^4 + x^3 + x^2 + 1.
  Bytes product(1);
  add_scaled(product, Bytes{std::byte{2}}, 0x80);
  BOOST_TEST(std::to_integer<int>(product[0]) == 0x1d);
}

BOOST_AUTO_TEST_CASE(a_report_comes_back_as_it_was) {
  const Report report{7, true, 1000, 99, {{0, 3}, {17, 1}}};
  BOOST_TEST((decode_report(encode_report(report)).value() == report));
  BOOST_TEST(!decode_report(Bytes(23)));
  BOOST_TEST(!decode_report(Bytes(24 + 7)));
  BOOST_TEST(!decode_report(Bytes(24 + 8)));  // a range of nothing
}

BOOST_AUTO_TEST_CASE(sent_frames_are_forgotten_by_age_and_by_bytes) {
  SentFrames sent(1s, 1000);
  const Bytes payload(300);
  for (std::uint64_t i = 0; i < 4; ++i) sent.add(frame(i, payload), kStart);
  BOOST_TEST(!sent.find(0, kStart, 5ms));  // of 1000 bytes only three are left
  BOOST_TEST_REQUIRE(sent.find(1, kStart, 5ms).has_value());
  BOOST_TEST(!sent.find(1, kStart + 4ms, 5ms));  // it is on its way
  BOOST_TEST(sent.find(1, kStart + 5ms, 5ms)->time == 1001u);
  BOOST_TEST(!sent.find(4, kStart, 5ms));
  BOOST_TEST(!sent.find(2, kStart + 1001ms, 5ms));
}

// What a Reassembly gives, as the sequence numbers.
std::vector<std::uint64_t> popped(Reassembly& order, net::TimePoint now) {
  std::vector<std::uint64_t> all;
  while (const auto next = order.pop(now)) all.push_back(next->sequence);
  return all;
}

BOOST_AUTO_TEST_CASE(frames_go_on_in_order_and_a_gap_is_waited_for_for_so_long) {
  Reassembly order(100ms);
  const Bytes payload(10);
  const auto take = [&](std::uint64_t sequence, net::TimePoint at) {
    order.data(frame(sequence, payload), at);
    return popped(order, at);
  };
  using Numbers = std::vector<std::uint64_t>;
  BOOST_TEST((take(0, kStart) == Numbers{0}));
  BOOST_TEST(take(2, kStart).empty());
  BOOST_TEST(take(3, kStart + 1ms).empty());
  BOOST_TEST((take(1, kStart + 2ms) == Numbers{1, 2, 3}));
  BOOST_TEST(take(6, kStart + 3ms).empty());
  BOOST_TEST(popped(order, kStart + 102ms).empty());
  BOOST_TEST((popped(order, kStart + 103ms) == Numbers{6}));
  BOOST_TEST(take(4, kStart + 104ms).empty());  // too late
  BOOST_TEST((order.figures() == SequenceFigures{5, 2, 1, 1, 0}));
  order.end(8, kStart + 105ms);
  BOOST_TEST((take(7, kStart + 106ms) == Numbers{7}));
  BOOST_TEST(order.is_complete());
}

BOOST_AUTO_TEST_CASE(what_is_missing_is_asked_for_again_until_it_comes) {
  Reassembly order(1s);
  const Bytes payload(10);
  order.data(frame(0, payload), kStart);
  order.data(frame(3, payload), kStart);
  order.data(frame(5, payload), kStart);
  (void)popped(order, kStart);            // 1 is next
  BOOST_TEST(order.ask(kStart).empty());  // it may be out of order only
  const std::vector<Report::Range> missing{{0, 2}, {3, 1}};
  BOOST_TEST((order.ask(kStart + 5ms) == missing));
  BOOST_TEST(order.ask(kStart + 6ms).empty());
  BOOST_TEST((order.ask(kStart + 500ms) == missing));
  for (const std::uint64_t sequence : {1u, 2u, 4u}) {
    auto resent = frame(sequence, payload);
    resent.again = true;
    order.data(resent, kStart + 510ms);
  }
  BOOST_TEST(popped(order, kStart + 510ms).size() == 5u);
  BOOST_TEST(order.figures().repaired == 3u);
}

BOOST_AUTO_TEST_CASE(a_jump_gives_up_what_is_behind_it_and_drops_nothing_that_is_there) {
  Reassembly order(1h);
  const Bytes payload(10);
  order.data(frame(0, payload), kStart);
  order.data(frame(2, payload), kStart);
  const std::uint64_t far = 3 * Reassembly::kWindow;
  BOOST_TEST(popped(order, kStart).size() == 1u);
  BOOST_TEST(order.make_room_for(far));
  BOOST_TEST((popped(order, kStart) == std::vector<std::uint64_t>{2}));
  order.data(frame(far, payload), kStart);
  const auto figures = order.figures();
  BOOST_TEST(figures.received == 3u);
  BOOST_TEST(figures.received + figures.lost == far + 1);
}

BOOST_AUTO_TEST_CASE(parity_makes_good_what_is_lost_of_a_group_however_it_comes) {
  const ParityShape shape{8, 3, 20ms};
  // The lengths differ, one is empty.
  std::vector<Bytes> payloads;
  for (unsigned i = 0; i < shape.data; ++i) payloads.push_back(pattern(i * 37));
  ParityMaker maker(shape);
  for (std::uint64_t i = 0; i < shape.data; ++i) maker.add(frame(i, payloads[i]), kStart);
  BOOST_TEST(maker.is_due(kStart));
  const auto made = maker.close();
  for (unsigned lost = 1; lost < (1u << shape.data); ++lost) {
    if (std::popcount(lost) > 3) continue;
    for (const bool parity_first : {false, true}) {
      Reassembly order(1h);
      const auto take_parity = [&] {
        for (const auto& each : made) {
          Frame parity = frame(0, each);
          parity.kind = Frame::Kind::parity;
          order.parity(decode_parity(parity).value(), kStart);
        }
      };
      if (parity_first) take_parity();
      for (std::uint64_t i = 0; i < shape.data; ++i) {
        if ((lost >> i & 1) == 0) order.data(frame(i, payloads[i]), kStart);
      }
      if (!parity_first) take_parity();
      for (std::uint64_t i = 0; i < shape.data; ++i) {
        const auto next = order.pop(kStart);
        BOOST_TEST_REQUIRE(next.has_value(), "lost " << lost << ", at " << i);
        BOOST_TEST(next->sequence == i);
        BOOST_TEST(next->time == 1000 + i);
        BOOST_TEST(std::ranges::equal(next->payload, payloads[i]));
      }
      BOOST_TEST(order.figures().lost == 0u);
      // Parity that comes first knows nothing of what is still on its way.
      if (!parity_first) {
        BOOST_TEST(order.figures().repaired == static_cast<unsigned>(std::popcount(lost)));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_group_is_closed_when_it_has_been_open_for_long) {
  ParityMaker maker({20, 1, 20ms});
  const Bytes payload(10);
  maker.add(frame(0, payload), kStart);
  BOOST_TEST(!maker.is_due(kStart + 19ms));
  BOOST_TEST(maker.is_due(kStart + 20ms));
}

// A file from one host to the other, over a link that loses five of a hundred datagrams each way.
struct LossyWorld : StreamWorld {
  explicit LossyWorld(std::uint64_t seed = 1) : StreamWorld(lossy(), seed) {}

  static sim::DirectionOptions lossy() {
    auto direction = usual();
    direction.loss = 0.05;
    return direction;
  }

  // `change` is made to both plans.
  template <typename Change>
  SequenceFigures send(std::size_t bytes, Change change) {
    auto recording = record_plan("udp://198.51.100.1:9000");
    recording.framed_in = true;
    recording.until_end = true;
    auto sending = send_plan("udp://198.51.100.1:9000", 2'000'000);
    sending.framed_out = true;
    sending.stream = 7;
    change(recording);
    change(sending);
    sender.disk->put("data", pattern(bytes));
    receiver.start(recording);
    run_for(1ms);
    began = simulation.now();
    sender.start(sending);
    run_for(30s);
    BOOST_TEST(sender.ended);
    BOOST_TEST(sender.failure == "");
    BOOST_TEST(receiver.failure == "");
    return receiver.pipeline->streams().at(7);
  }

  net::TimePoint began{};
};

BOOST_AUTO_TEST_CASE(a_file_is_whole_and_in_order_over_a_lossy_link_by_asking_again) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    LossyWorld world(seed);
    const auto figures = world.send(2'000'003, [](Plan& plan) { plan.repair = 1s; });
    BOOST_TEST(world.receiver.ended);
    BOOST_TEST((world.receiver.disk->content("record") == pattern(2'000'003)));
    BOOST_TEST(figures.lost == 0u);
    // Each way loses five of a hundred, twice on the way from host to host.
    BOOST_TEST(figures.repaired > figures.received / 20);
    BOOST_TEST(world.sender.pipeline->sent_again() >= figures.repaired);
    BOOST_TEST(world.sender.pipeline->sent_again() < figures.repaired * 3 / 2);
  }
}

BOOST_AUTO_TEST_CASE(parity_alone_makes_good_most_of_what_is_lost_without_asking) {
  LossyWorld plain;
  const auto without = plain.send(4'000'000, [](Plan&) {});
  LossyWorld world;
  const auto figures = world.send(4'000'000, [&](Plan& plan) {
    if (plan.framed_out) plan.parity = {20, 6, 20ms};
    if (plan.framed_in) plan.repair = 40ms;  // less than a round trip and a half: asking is in vain
  });
  BOOST_TEST(world.sender.pipeline->sent_again() == 0u);
  BOOST_TEST(without.lost > 200u);
  BOOST_TEST(figures.lost < without.lost / 10);
  BOOST_TEST(figures.repaired > 200u);
}

BOOST_AUTO_TEST_CASE(parity_and_asking_together_ask_for_less) {
  LossyWorld world;
  const auto figures = world.send(2'000'000, [](Plan& plan) {
    plan.repair = 1s;
    if (plan.framed_out) plan.parity = {20, 4, 20ms};
  });
  BOOST_TEST((world.receiver.disk->content("record") == pattern(2'000'000)));
  BOOST_TEST(figures.lost == 0u);
  BOOST_TEST(world.sender.pipeline->sent_again() < figures.repaired / 2);
}

BOOST_AUTO_TEST_CASE(what_is_waited_for_comes_no_later_than_the_bound) {
  // Everything that is asked for is lost: the way back is cut.
  StreamWorld world(LossyWorld::lossy());
  auto recording = record_plan("udp://198.51.100.1:9000");
  recording.framed_in = true;
  recording.repair = 200ms;
  world.receiver.start(recording);
  world.run_for(1ms);
  world.sender.disk->put("data", pattern(500'000));
  auto sending = send_plan("udp://198.51.100.1:9000", 500'000);
  sending.framed_out = true;
  sending.stream = 7;
  world.sender.start(sending);
  // The sender keeps nothing, and ends after a second.
  world.run_for(1s);
  const auto before = world.receiver.disk->content("record")->size();
  BOOST_TEST((before > 320'000 && before < 440'000), before);
  world.run_for(300ms);
  const auto figures = world.receiver.pipeline->streams().at(7);
  BOOST_TEST(figures.lost > 10u);
  BOOST_TEST(world.receiver.disk->content("record")->size() >= (figures.received - 1) * 1440);
}

BOOST_AUTO_TEST_CASE(a_sender_does_not_wait_for_ever_for_receivers_that_say_nothing) {
  StreamWorld world;
  auto recording = record_plan("udp://198.51.100.1:9000");
  world.receiver.start(recording);  // of plain datagrams
  world.sender.disk->put("data", pattern(10'000));
  auto sending = send_plan("udp://198.51.100.1:9000", 0);
  sending.framed_out = true;
  sending.repair = 3s;
  world.sender.start(sending);
  world.run_for(2900ms);
  BOOST_TEST(!world.sender.ended);
  world.run_for(200ms);
  BOOST_TEST(world.sender.ended);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::stream

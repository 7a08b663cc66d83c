// The parts that have a contract of their own.
#include "sim/tcp/reassembly.hpp"
#include "sim/tcp/receive_window.hpp"
#include "sim/tcp/retry_limits.hpp"
#include "sim/tcp/rtt_estimator.hpp"
#include "sim/tcp/scoreboard.hpp"
#include "sim/tcp/send_buffer.hpp"
#include "tests/unit/tcp/exchange.hpp"

#include <boost/test/unit_test.hpp>

namespace dispatch::sim::tcp::test {
BOOST_AUTO_TEST_SUITE(tcp_parts)
namespace {

std::vector<std::byte> bytes_of(const Payload& payload) {
  std::vector<std::byte> result;
  for (const auto& slice : payload.slices) {
    result.insert(result.end(), slice.bytes().begin(), slice.bytes().end());
  }
  return result;
}

BOOST_AUTO_TEST_CASE(sequence_numbers_compare_across_their_end) {
  BOOST_TEST(before(0xFFFFFFF0u, 0x10u));
  BOOST_TEST(after(0x10u, 0xFFFFFFF0u));
  BOOST_TEST(at_or_before(7u, 7u));
  BOOST_TEST(later(0xFFFFFFF0u, 0x10u) == 0x10u);
  BOOST_TEST(earlier(0xFFFFFFF0u, 0x10u) == 0xFFFFFFF0u);
}

BOOST_AUTO_TEST_CASE(a_send_buffer_gives_any_part_of_what_it_holds) {
  Dice dice(3);
  SendBuffer buffer;
  std::size_t first = 0;
  std::size_t end = 0;
  for (int i = 0; i < 20'000; ++i) {
    switch (dice.below(4)) {
      case 0: {
        const auto data = pattern(end, dice.below(3000));
        buffer.append(data);
        end += data.size();
        break;
      }
      case 1: {
        const auto data = pattern(end, dice.below(600));
        buffer.append(Slice::copy_of(data));
        end += data.size();
        break;
      }
      case 2: {
        const auto count = dice.below(static_cast<std::uint32_t>(buffer.size()) + 1);
        buffer.drop(count);
        first += count;
        break;
      }
      default: {
        if (buffer.empty()) break;
        const auto offset = dice.below(static_cast<std::uint32_t>(buffer.size()));
        const auto count = std::min<std::size_t>(buffer.size() - offset, 1 + dice.below(1448));
        BOOST_REQUIRE(bytes_of(buffer.payload(offset, count)) == pattern(first + offset, count));
      }
    }
    BOOST_REQUIRE_EQUAL(buffer.size(), end - first);
  }
}

BOOST_AUTO_TEST_CASE(reassembly_delivers_each_byte_once_whatever_the_overlaps) {
  for (std::uint64_t seed = 1; seed < 50; ++seed) {
    Dice dice(seed);
    constexpr std::uint32_t kSize = 5000;
    const std::uint32_t base = 0xFFFFF000u;  // wraps
    Reassembly reassembly;
    ReceiveQueue queue;
    Sequence next = base;
    while (next != base + kSize) {
      const auto from = dice.below(kSize);
      const auto count = std::min(kSize - from, 1 + dice.below(400));
      Payload payload;
      const auto half = count / 2;
      payload.slices[0] = Slice::copy_of(pattern(from, half));
      payload.slices[1] = Slice::copy_of(pattern(from + half, count - half));
      reassembly.insert(base + from, payload);
      std::array<SackBlock, 4> blocks;
      const auto listed = reassembly.blocks(blocks, 4);
      for (int i = 0; i < listed; ++i) BOOST_REQUIRE(before(blocks[i].begin, blocks[i].end));
      reassembly.take(next, queue);
      BOOST_REQUIRE(queue.size() == next - base);
    }
    BOOST_TEST(reassembly.empty());
    BOOST_TEST(reassembly.bytes() == 0);
    std::vector<std::byte> all(kSize + 1);
    BOOST_TEST(queue.read(all) == kSize);
    all.pop_back();
    BOOST_TEST((all == pattern(0, kSize)));
  }
}

BOOST_AUTO_TEST_CASE(the_latest_arrival_is_the_first_sack_block) {
  Reassembly reassembly;
  const auto arrive = [&](Sequence begin) {
    Payload payload;
    payload.slices[0] = Slice::copy_of(pattern(begin, 100));
    reassembly.insert(begin, payload);
  };
  arrive(1000);
  arrive(3000);
  arrive(2000);
  std::array<SackBlock, 4> blocks;
  BOOST_REQUIRE_EQUAL(reassembly.blocks(blocks, 4), 3);
  BOOST_TEST(blocks[0].begin == 2000);
  BOOST_TEST(blocks[0].end == 2100);
  arrive(1100);
  BOOST_REQUIRE_EQUAL(reassembly.blocks(blocks, 2), 2);
  BOOST_TEST(blocks[0].begin == 1000);
  BOOST_TEST(blocks[0].end == 1200);
}

BOOST_AUTO_TEST_CASE(the_time_out_is_the_rtt_and_at_least_200_ms) {
  RttEstimator rtt(200ms, 120s);
  BOOST_TEST((rtt.timeout() == 1s));
  rtt.on_sample(40ms, 1, 100);
  BOOST_TEST((rtt.timeout() == 240ms));
  RttEstimator far(200ms, 120s);
  far.on_sample(300ms, 1, 100);
  BOOST_TEST((far.timeout() == 900ms));  // SRTT + 4 RTTVAR, with RTTVAR half of the first sample
  for (std::uint32_t i = 1; i < 200; ++i) far.on_sample(300ms, i * 100, i * 100 + 50);
  BOOST_TEST(seconds(far.timeout()) == 0.5, boost::test_tools::tolerance(0.01));
  far.on_sample(600ms, 20'000, 20'050);
  BOOST_TEST((far.timeout() > 600ms));
}

BOOST_AUTO_TEST_CASE(a_nearly_full_receiver_offers_nothing_rather_than_little) {
  constexpr std::size_t kMemory = 100'000;
  constexpr std::size_t kWindow = kMemory / 2;  // before the size of segments is known
  ReceiveWindow window(kMemory, kMemory, 1448);
  window.offer_unscaled(0);
  const Sequence next = window.right_edge();
  BOOST_TEST(window.offer(next, kWindow - 1000, 1) == 0);  // less than a segment
  BOOST_TEST(window.offer(next, kWindow - 3000, 1) == 0);  // less than a sixteenth
  BOOST_TEST(window.offer(next, kWindow - 4000, 1) == 2000);
  BOOST_TEST(window.offer(next, kWindow, 1) == 2000);  // the edge does not move back
  BOOST_TEST(window.remaining(next) == 4000);
}

// As measured on Linux 6.18, within one unit: after a SYN of 64240, windows of 66, 69, 72, 75, 78,
// 79 and 79 KiB follow the first segments of 1448 bytes.
BOOST_AUTO_TEST_CASE(the_window_opens_by_two_segments_for_each_that_arrives) {
  constexpr std::uint8_t kScale = 10;
  ReceiveWindow window(128 * 1024, 32 * 1024 * 1024, 1460);
  BOOST_TEST(window.offer_unscaled(0) == 64240);
  window.on_established();
  BOOST_TEST(window.offer(0, 0, kScale) == 63);
  std::vector<int> offers;
  for (Sequence i = 1; i <= 7; ++i) {
    window.on_segment(1448, 1448);
    offers.push_back(window.offer(1448 * i, 1448, kScale));
  }
  BOOST_TEST(offers == (std::vector<int>{66, 69, 72, 74, 77, 79, 79}),
             boost::test_tools::per_element());
  window.grow_to_hold(500'000);
  BOOST_TEST(window.on_segment(1448, 1448));
  BOOST_TEST(window.offer(1448 * 8, 1448, kScale) == 82);
}

BOOST_AUTO_TEST_CASE(patience_is_counted_as_linux_counts_it) {
  BOOST_TEST(seconds(patience(15, 200ms, 120s)) == 924.6, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(seconds(patience(8, 200ms, 120s)) == 102.2, boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(a_scoreboard_counts_what_is_in_flight) {
  Scoreboard board;
  for (Sequence i = 0; i < 10; ++i) board.append(100 * i, 100, false, TimePoint{1ms * i});
  board.mark_sacked(4);
  board.mark_lost(2);
  board.mark_lost(0);
  BOOST_TEST(board.in_flight() == 7);
  BOOST_TEST(board.first_to_repair() == 0);
  board.on_retransmitted(0, TimePoint{1s});
  BOOST_TEST(board.in_flight() == 8);
  BOOST_TEST(board.first_to_repair() == 2);
  board.on_retransmitted(2, TimePoint{1s});
  BOOST_TEST(!board.to_repair());
  BOOST_TEST(board.mark_lost(0));  // the repetition, too
  BOOST_TEST(!board.mark_lost(0));
  BOOST_TEST(board.first_to_repair() == 0);
  board.pop_front();
  BOOST_TEST(board[0].begin == 100);
  BOOST_TEST(board.in_flight() == 8);
  board.forget_losses();
  board.forget_sacks();
  BOOST_TEST(board.lost() == 0);
  BOOST_TEST(board.sacked() == 0);
}

BOOST_AUTO_TEST_CASE(a_scoreboard_lists_open_segments_by_their_time_of_sending) {
  Scoreboard board;
  for (Sequence i = 0; i < 5; ++i) board.append(100 * i, 100, false, TimePoint{1ms * i});
  const auto listed = [&] {
    std::vector<Sequence> begins;
    for (auto i = board.oldest(); i >= 0; i = board.next_newer(i)) begins.push_back(board[i].begin);
    return begins;
  };
  board.mark_sacked(3);
  board.mark_lost(1);
  BOOST_TEST((listed() == std::vector<Sequence>{0, 200, 400}));
  board.on_retransmitted(1, TimePoint{9ms});
  board.on_retransmitted(0, TimePoint{9ms});
  BOOST_TEST((listed() == std::vector<Sequence>{200, 400, 100, 0}));
  board.pop_front();
  board.pop_front();
  BOOST_TEST((listed() == std::vector<Sequence>{200, 400}));
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::sim::tcp::test

// Frames: what is lost, out of order, twice; over bad links and over two.
#include "engine/stream/crc32c.hpp"
#include "engine/stream/frame.hpp"
#include "engine/stream/sequence_log.hpp"
#include "tests/unit/stream/stream_world.hpp"

namespace dispatch::stream {
BOOST_AUTO_TEST_SUITE(framing)
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

std::vector<std::byte> whole(const Frame& frame) {
  const auto header = encode_frame_header(frame);
  std::vector<std::byte> bytes(header.begin(), header.end());
  bytes.insert(bytes.end(), frame.payload.begin(), frame.payload.end());
  return bytes;
}

BOOST_AUTO_TEST_CASE(the_sum_is_that_of_rfc_3720) {
  // RFC 3720 B.4, and the check value of the CRC catalogues.
  BOOST_TEST(crc32c(bytes_of("123456789")) == 0xE3069283u);
  BOOST_TEST(crc32c(std::vector<std::byte>(32)) == 0x8A9136AAu);
  BOOST_TEST(crc32c(std::vector<std::byte>(32, std::byte{0xff})) == 0x62A8AB43u);
  BOOST_TEST(crc32c(bytes_of("6789"), crc32c(bytes_of("12345"))) == 0xE3069283u);
}

BOOST_AUTO_TEST_CASE(the_sum_is_the_same_on_every_processor) {
  const auto bytes = pattern(300);
  for (std::size_t size = 0; size <= 100; ++size) {
    for (std::size_t at = 0; at < 16; ++at) {
      const auto part = std::span(bytes).subspan(at, size);
      BOOST_TEST(crc32c(part, 77) == crc32c_by_table(part, 77));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_frame_comes_back_as_it_was_and_not_where_a_bit_is_wrong) {
  const Frame frame{Frame::Kind::data, 0x01020304, 0x1122334455667788, 99, bytes_of("payload")};
  const auto bytes = whole(frame);
  const auto back = decode_frame(bytes);
  BOOST_TEST_REQUIRE(back.has_value());
  BOOST_TEST(back->stream == frame.stream);
  BOOST_TEST(back->sequence == frame.sequence);
  BOOST_TEST(back->time == frame.time);
  BOOST_TEST(std::ranges::equal(back->payload, frame.payload));
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    if (bit / 8 == 26 || bit / 8 == 27) continue;  // reserved, covered by the sum too
    auto broken = bytes;
    broken[bit / 8] ^= std::byte{1} << (bit % 8);
    BOOST_TEST(!decode_frame(broken));
  }
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    BOOST_TEST(!decode_frame(std::span(bytes).first(size)));
  }
  BOOST_TEST(decode_frame(whole({Frame::Kind::end, 1, 2, 3, {}})).has_value());
}

BOOST_AUTO_TEST_CASE(a_log_knows_what_is_missing_late_and_twice) {
  SequenceLog log;
  for (const int each : {0, 1, 3, 2, 2, 7}) log.take(static_cast<std::uint64_t>(each));
  BOOST_TEST((log.figures() == SequenceFigures{5, 3, 1, 1}));
  BOOST_TEST(!log.has_ended());
  log.end(10);
  BOOST_TEST((log.figures() == SequenceFigures{5, 5, 1, 1}));
  for (const int each : {4, 5, 6, 8, 9}) BOOST_TEST(log.take(static_cast<std::uint64_t>(each)));
  BOOST_TEST(log.is_complete());
}

BOOST_AUTO_TEST_CASE(what_is_older_than_the_window_counts_as_twice) {
  SequenceLog log;
  log.take(0);
  log.take(SequenceLog::kWindow);
  BOOST_TEST(log.take(1));
  BOOST_TEST(!log.take(0));
  log.take(UINT64_MAX - 1);
  BOOST_TEST(!log.take(5));
  BOOST_TEST(log.take(UINT64_MAX - 2));
  BOOST_TEST(!log.take(UINT64_MAX));  // no stream is so long
  BOOST_TEST(log.figures().received == 5u);
}

struct FramedWorld : StreamWorld {
  explicit FramedWorld(const sim::DirectionOptions& direction = usual()) : StreamWorld(direction) {
    auto plan = record_plan("udp://198.51.100.1:9000");
    plan.framed_in = true;
    plan.until_end = true;
    receiver.start(plan);
    run_for(1ms);
  }

  void send(std::size_t bytes, std::uint64_t bytes_per_second, std::size_t copies = 1) {
    sender.disk->put("data", pattern(bytes));
    auto plan = send_plan("udp://198.51.100.1:9000", bytes_per_second);
    for (std::size_t i = 1; i < copies; ++i) plan.to.push_back(plan.to[0]);
    plan.framed_out = true;
    plan.stream = 7;
    sender.start(plan);
    run_for(30s);
    BOOST_TEST(sender.ended);
  }
};

BOOST_AUTO_TEST_CASE(a_framed_file_arrives_and_ends_the_record) {
  FramedWorld world;
  world.send(1'000'000, 5'000'000);
  BOOST_TEST(world.receiver.ended);
  BOOST_TEST(world.receiver.failure == "");
  BOOST_TEST((world.receiver.disk->content("record") == pattern(1'000'000)));
  const auto streams = world.receiver.pipeline->streams();
  BOOST_TEST(streams.size() == 1u);
  const auto frames = (1'000'000u + 1439) / 1440;
  BOOST_TEST((streams.at(7) == SequenceFigures{frames, 0, 0, 0}));
}

BOOST_AUTO_TEST_CASE(loss_on_the_way_is_counted_to_the_last_frame) {
  auto direction = StreamWorld::usual();
  direction.loss = 0.05;
  FramedWorld world(direction);
  world.send(2'000'000, 5'000'000);
  const auto figures = world.receiver.pipeline->streams().at(7);
  const auto frames = (2'000'000u + 1439) / 1440;
  BOOST_TEST(figures.received + figures.lost == frames);
  BOOST_TEST((figures.lost > frames / 20 && figures.lost < frames / 7), figures.lost);
}

BOOST_AUTO_TEST_CASE(the_duplicates_of_two_ways_become_one) {
  FramedWorld world;
  world.send(500'000, 1'000'000, 2);
  BOOST_TEST((world.receiver.disk->content("record") == pattern(500'000)));
  const auto figures = world.receiver.pipeline->streams().at(7);
  BOOST_TEST(figures.lost == 0u);
  BOOST_TEST(figures.duplicates == figures.received);
}

BOOST_AUTO_TEST_CASE(what_is_no_frame_is_counted_and_not_written) {
  FramedWorld world;
  world.sender.disk->put("data", pattern(10'000));
  world.sender.start(send_plan("udp://198.51.100.1:9000", 0));
  world.run_for(1s);
  BOOST_TEST(world.receiver.pipeline->strangers() == 7u);
  BOOST_TEST(world.receiver.disk->content("record")->empty());
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::stream

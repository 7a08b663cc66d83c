// What a record's files look like: rotated, synced, one for each sender, with times, as a capture.
#include "engine/stream/record_format.hpp"
#include "tests/unit/stream/stream_world.hpp"

#include <cstring>

namespace dispatch::stream {
BOOST_AUTO_TEST_SUITE(record)
namespace {

std::string text_of(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <typename Number>
Number number_at(const std::vector<std::byte>& bytes, std::size_t at) {
  Number number{};
  std::memcpy(&number, bytes.data() + at, sizeof number);
  return number;
}

struct RecordWorld : StreamWorld {
  // 100 datagrams of 1000 bytes, one each 10 ms, or others.
  void run(Plan recording, const char* to = "udp://198.51.100.1:9000",
           std::size_t datagram_bytes = 1000) {
    receiver.start(std::move(recording));
    run_for(1ms);
    sender.disk->put("data", pattern(100'000));
    auto plan = send_plan(to, 100'000);
    plan.datagram_bytes = datagram_bytes;
    sender.start(plan);
    run_for(3s);
    receiver.pipeline->stop();
    run_for(1s);
    BOOST_TEST(receiver.failure == "");
    BOOST_TEST(receiver.ended);
  }

  // Of all files whose names begin so, one after another.
  sim::Disk::Content all(const std::string& front) {
    sim::Disk::Content content;
    for (const auto& name : receiver.disk->names()) {
      if (!name.starts_with(front)) continue;
      const auto each = *receiver.disk->content(name);
      content.insert(content.end(), each.begin(), each.end());
    }
    return content;
  }
};

BOOST_AUTO_TEST_CASE(files_are_rotated_by_age_at_the_ends_of_datagrams) {
  RecordWorld world;
  auto plan = record_plan("udp://198.51.100.1:9000");
  plan.file_policy.rotate_after = 250ms;
  world.run(plan);
  const auto names = world.receiver.disk->names();
  // A second in quarters, in which each has 25; the last begins with what comes after a second.
  BOOST_TEST((names.size() == 4u || names.size() == 5u), names.size());
  for (const auto& each : names) {
    BOOST_TEST(each.starts_with("record.20000101T00000"));
    const auto size = world.receiver.disk->content(each)->size();
    BOOST_TEST(size % 1000 == 0u);
    BOOST_TEST(size <= 26'000u);
  }
  BOOST_TEST((world.all("record.") == pattern(100'000)));
}

BOOST_AUTO_TEST_CASE(where_no_next_file_can_be_made_the_last_one_stays_as_it_is) {
  RecordWorld world;
  auto plan = record_plan("udp://198.51.100.1:9000");
  plan.file_policy.rotate_bytes = 30'000;
  plan.record_format = RecordFormat::pcapng;
  world.receiver.disk->set_capacity(31'000);  // one file, and no room for what the next begins with
  world.receiver.start(plan);
  world.run_for(1ms);
  world.sender.disk->put("data", pattern(100'000));
  auto sending = send_plan("udp://198.51.100.1:9000", 100'000);
  sending.datagram_bytes = 1000;
  world.sender.start(sending);
  world.run_for(3s);
  BOOST_TEST(world.receiver.ended);
  BOOST_TEST(world.receiver.failure.find("No space left on device") != std::string::npos);
  const auto written = world.receiver.pipeline->figures()[1].figures;
  BOOST_TEST(written.datagrams > 20u);
  BOOST_TEST(world.all("record.").size() >= written.bytes);
}

BOOST_AUTO_TEST_CASE(what_is_written_is_synced_as_often_as_is_said) {
  const auto syncs = [](std::optional<net::Duration> every) {
    RecordWorld world;
    auto plan = record_plan("udp://198.51.100.1:9000");
    plan.file_policy.sync_after = every;
    world.run(plan);
    return world.receiver.disk->syncs();
  };
  BOOST_TEST(syncs(std::nullopt) == 0u);
  BOOST_TEST(syncs(0s) == 100u);
  // For as long as something comes, and once more for the last of it.
  const auto now_and_then = syncs(100ms);
  BOOST_TEST((now_and_then >= 10 && now_and_then <= 12), now_and_then);
}

BOOST_AUTO_TEST_CASE(each_sender_may_have_a_file_of_its_own) {
  RecordWorld world;
  auto plan = record_plan("udp://198.51.100.1:9000");
  plan.apart = Apart::sender;
  Station other(world.add("other", "203.0.113.1/24", "2001:db8:3::1/64", StreamWorld::usual()),
                "other");
  other.disk->put("data", pattern(5000));
  auto sending = send_plan("udp://198.51.100.1:9000", 10'000);
  sending.datagram_bytes = 500;
  other.start(sending);
  world.run(plan);
  BOOST_TEST((world.all("record.192.0.2.1_") == pattern(100'000)));
  BOOST_TEST((world.all("record.203.0.113.1_") == pattern(5000)));
  BOOST_TEST(world.receiver.disk->names().size() == 2u);
}

// What it is given.
struct Collector final : Sink {
  void take(std::span<const Chunk> chunks) override {
    for (const auto& each : chunks) {
      text.append(reinterpret_cast<const char*>(each.data.data()), each.data.size());
    }
  }
  bool has_room() const override { return true; }

  std::string text;
};

BOOST_AUTO_TEST_CASE(senders_are_put_apart_also_where_they_come_together) {
  StreamWorld world;
  const auto executor = world.sender.host.executor();
  Hub from(executor);
  std::array<std::unique_ptr<Hub>, 3> hubs;
  std::array<Collector, 3> collectors;
  for (std::size_t i = 0; i < hubs.size(); ++i) {
    hubs[i] = std::make_unique<Hub>(executor);
    hubs[i]->add(collectors[i]);
  }
  const Demultiplexer apart(from, [&](const net::Endpoint* sender) -> Hub& {
    return *hubs[sender == nullptr ? 2 : sender->port];
  });
  const std::array<net::Endpoint, 2> senders{
      {{*net::parse_address("192.0.2.1"), 0}, {*net::parse_address("192.0.2.1"), 1}}};
  std::vector<Chunk> chunks;
  for (const auto* word : {"0a", "0b", "1c", "0d", "1e", "1f", "2g"}) {
    Chunk chunk{std::as_bytes(std::span(word + 1, 1)), 0, {}};
    if (word[0] != '2') chunk.from = &senders[static_cast<std::size_t>(word[0] - '0')];
    chunks.push_back(chunk);
  }
  from.pass(chunks);
  BOOST_TEST(collectors[0].text == "abd");
  BOOST_TEST(collectors[1].text == "cef");
  BOOST_TEST(collectors[2].text == "g");
}

BOOST_AUTO_TEST_CASE(each_stream_of_frames_may_have_a_file_of_its_own) {
  RecordWorld world;
  auto plan = record_plan("udp://198.51.100.1:9000");
  plan.framed_in = true;
  plan.until_end = true;
  plan.apart = Apart::stream;
  plan.to.push_back(spec("-"));
  world.receiver.start(plan);
  world.run_for(1ms);
  Station other(world.sender.host, "other");
  for (const auto& [station, number] : {std::pair(&world.sender, 7u), std::pair(&other, 8u)}) {
    station->disk->put("data", pattern(number * 10'000));
    auto sending = send_plan("udp://198.51.100.1:9000", 100'000);
    sending.framed_out = true;
    sending.stream = number;
    station->start(sending);
  }
  world.run_for(5s);
  BOOST_TEST(world.receiver.failure == "");
  BOOST_TEST(world.receiver.ended);
  BOOST_TEST((world.all("record.7") == pattern(70'000)));
  BOOST_TEST((world.all("record.8") == pattern(80'000)));
  BOOST_TEST(world.receiver.disk->content(sim::Disk::kOutput)->size() == 150'000u);
}

BOOST_AUTO_TEST_CASE(more_senders_than_files_may_be_share_one) {
  RecordWorld world;
  auto plan = record_plan("udp://198.51.100.1:9000");
  plan.apart = Apart::sender;
  world.receiver.start(plan);
  world.run_for(1ms);
  for (int i = 0; i < 300; ++i) {
    const auto send = [&]() -> net::Task<void> {
      net::DatagramOptions options;
      options.local = {net::any_address(net::Family::v4), static_cast<std::uint16_t>(10'000 + i)};
      auto socket = world.sender.host.network().open_datagram(options).value();
      const auto payload = pattern(10);
      const net::DatagramOut out{payload, {*net::parse_address("198.51.100.1"), 9000}};
      (void)socket->try_send(std::span(&out, 1));
      co_return;
    };
    world.sender.host.spawn(send());
    world.run_for(20ms);
  }
  BOOST_TEST(world.receiver.failure == "");
  BOOST_TEST(world.receiver.disk->names().size() == 257u);
  BOOST_TEST(world.receiver.disk->content("record.others")->size() == 44 * 10u);
}

BOOST_AUTO_TEST_CASE(a_record_may_say_when_each_datagram_came_and_from_whom) {
  RecordWorld world;
  auto plan = record_plan("udp://198.51.100.1:9000");
  plan.record_format = RecordFormat::timed;
  world.run(plan);
  const auto text = text_of(*world.receiver.disk->content("record"));
  const auto end = text.find('\n');
  const auto line = text.substr(0, end);
  BOOST_TEST(line.starts_with("2000-01-01T00:00:00.0"), line);
  BOOST_TEST(line.find("Z 192.0.2.1:") != std::string::npos, line);
  BOOST_TEST(line.ends_with(" 1000"), line);
  BOOST_TEST(text.substr(end + 1, 1000) == text_of(pattern(1000)));
  BOOST_TEST(text.substr(end + 1001, 20) == "\n2000-01-01T00:00:00");
  BOOST_TEST(world.receiver.pipeline->figures()[1].figures.datagrams == 100u);
}

BOOST_AUTO_TEST_CASE(a_capture_has_a_packet_for_each_datagram_and_begins_anew_in_each_file) {
  for (const bool v6 : {false, true}) {
    RecordWorld world;
    const auto* to = v6 ? "udp://[2001:db8:2::1]:9000" : "udp://198.51.100.1:9000";
    auto plan = record_plan(to);
    plan.record_format = RecordFormat::pcapng;
    plan.file_policy.rotate_bytes = 30'000;
    world.run(plan, to, 997);
    const auto names = world.receiver.disk->names();
    BOOST_TEST(names.size() == 4u);
    const std::size_t headers = (v6 ? 40 : 20) + 8;
    sim::Disk::Content payload;
    for (const auto& name : names) {
      const auto bytes = *world.receiver.disk->content(name);
      BOOST_TEST(number_at<std::uint32_t>(bytes, 0) == 0x0A0D0D0Au);
      std::size_t at = 0;
      while (at < bytes.size()) {
        const auto length = number_at<std::uint32_t>(bytes, at + 4);
        BOOST_TEST_REQUIRE((length >= 12 && length % 4 == 0 && at + length <= bytes.size()));
        BOOST_TEST(number_at<std::uint32_t>(bytes, at + length - 4) == length);
        if (number_at<std::uint32_t>(bytes, at) == 6) {
          const auto captured = number_at<std::uint32_t>(bytes, at + 20);
          BOOST_TEST((captured == headers + 997 || captured == headers + 300));
          const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(at + 28 + headers);
          payload.insert(payload.end(), begin,
                         begin + static_cast<std::ptrdiff_t>(captured - headers));
        }
        at += length;
      }
    }
    BOOST_TEST((payload == pattern(100'000)));
  }
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::stream

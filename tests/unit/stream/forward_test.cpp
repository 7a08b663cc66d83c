// Connections and subscribers, in the simulator: reconnecting, slow readers, ends.
#include "engine/stream/chunk.hpp"
#include "tests/unit/stream/stream_world.hpp"

namespace dispatch::stream {
BOOST_AUTO_TEST_SUITE(forward_and_reverse)
namespace {

// A program that connects and reads, as slowly as it is told to.
net::Task<void> subscribe(sim::Host& host, net::Endpoint to, net::Duration pause,
                          sim::Disk::Content& got, net::Error& ended) {
  auto stream = co_await host.network().connect(to, net::kAnyEgress);
  if (!stream) {
    ended = stream.error();
    co_return;
  }
  std::vector<std::byte> buffer(10'000);
  for (;;) {
    if (pause != net::Duration::zero()) (void)co_await host.clock().sleep_for(pause);
    const auto read = co_await (*stream)->read_some(buffer);
    if (!read || *read == 0) {
      ended = read ? net::Error{} : read.error();
      co_return;
    }
    got.insert(got.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(*read));
  }
}

struct Reader {
  sim::Disk::Content got;
  net::Error ended = net::errno_error(EINPROGRESS);
};

// The receiver serves what the sender sends to it by UDP; readers are programs of the sender.
struct ReverseWorld : StreamWorld {
  explicit ReverseWorld(WhenSlow policy, std::size_t backlog_max = 300'000) {
    Plan plan;
    plan.listen = {spec("udp://198.51.100.1:9000")};
    plan.serve = {spec("tcp://198.51.100.1:9001")};
    plan.slowness = {policy, backlog_max};
    receiver.start(plan);
    run_for(1ms);
  }

  void read(Reader& reader, net::Duration pause = {}) {
    sender.host.spawn(subscribe(sender.host, {*net::parse_address("198.51.100.1"), 9001}, pause,
                                reader.got, reader.ended));
  }

  void send(std::size_t bytes, std::uint64_t bytes_per_second, net::Duration for_at_most) {
    sender.disk->put("data", pattern(bytes));
    auto plan = send_plan("udp://198.51.100.1:9000", bytes_per_second);
    plan.datagram_bytes = 1000;
    sender.start(plan);
    run_for(for_at_most);
    BOOST_TEST(sender.ended);
  }

  Figures served() { return receiver.pipeline->figures().back().figures; }
};

BOOST_AUTO_TEST_CASE(every_subscriber_gets_everything_and_an_end) {
  ReverseWorld world(WhenSlow::drop_oldest);
  std::array<Reader, 10> readers;
  for (auto& each : readers) world.read(each);
  world.run_for(1s);
  world.send(200'000, 1'000'000, 2s);
  world.receiver.pipeline->stop();
  world.run_for(6s);
  BOOST_TEST(world.receiver.ended);
  for (const auto& each : readers) {
    BOOST_TEST((each.got == pattern(200'000)));
    BOOST_TEST(!each.ended, each.ended.message());
  }
  BOOST_TEST(world.served().bytes == 10 * 200'000u);
}

BOOST_AUTO_TEST_CASE(a_slow_subscriber_loses_whole_datagrams_and_holds_up_nobody) {
  ReverseWorld world(WhenSlow::drop_oldest);
  Reader fast;
  Reader slow;
  world.read(fast);
  world.read(slow, 500ms);
  world.run_for(1s);
  world.send(8'000'000, 1'000'000, 9s);
  BOOST_TEST((fast.got == pattern(8'000'000)));
  BOOST_TEST(world.served().lost > 1000u);
  world.run_for(3000s);
  // Each thousand of what it has is one that was sent.
  const auto all = pattern(8'000'000);
  BOOST_TEST(slow.got.size() % 1000 == 0u);
  BOOST_TEST(slow.got.size() + 1000 * world.served().lost == 8'000'000u);
  auto from = all.begin();
  for (std::size_t at = 0; at < slow.got.size(); at += 1000) {
    const auto begin = slow.got.begin() + static_cast<std::ptrdiff_t>(at);
    while (from != all.end() && !std::equal(begin, begin + 1000, from)) from += 1000;
    BOOST_TEST_REQUIRE((from != all.end()));
    from += 1000;
  }
}

BOOST_AUTO_TEST_CASE(a_slow_subscriber_is_disconnected_where_that_is_the_policy) {
  ReverseWorld world(WhenSlow::disconnect);
  Reader fast;
  Reader slow;
  world.read(fast);
  world.read(slow, 500ms);
  world.run_for(1s);
  world.send(8'000'000, 1'000'000, 9s);
  world.run_for(1000s);
  BOOST_TEST((fast.got == pattern(8'000'000)));
  BOOST_TEST((slow.ended == boost::system::errc::connection_reset), slow.ended.message());
}

BOOST_AUTO_TEST_CASE(a_subscriber_that_sends_an_end_or_chatters_goes_on_hearing) {
  ReverseWorld world(WhenSlow::drop_oldest);
  Reader reader;
  const auto half_closed = [&]() -> net::Task<void> {
    auto stream = (co_await world.sender.host.network().connect(
                       {*net::parse_address("198.51.100.1"), 9001}, net::kAnyEgress))
                      .value();
    const sim::Disk::Content words(100'000);
    (void)co_await net::write_all(*stream, words);
    (void)stream->shutdown_write();
    std::vector<std::byte> buffer(10'000);
    while (const auto got = co_await stream->read_some(buffer)) {
      if (*got == 0) break;
      reader.got.insert(reader.got.end(), buffer.begin(),
                        buffer.begin() + static_cast<std::ptrdiff_t>(*got));
    }
  };
  world.sender.host.spawn(half_closed());
  world.run_for(1s);
  world.send(50'000, 1'000'000, 2s);
  BOOST_TEST((reader.got == pattern(50'000)));
}

// The sender of a file over TCP; a listener that records it, and goes and comes.
Plan send_by_tcp() {
  Plan plan;
  plan.from = {spec("file:data")};
  plan.to = {spec("tcp://198.51.100.1:9001")};
  return plan;
}
Plan record_by_tcp() {
  auto plan = record_plan("tcp://198.51.100.1:9001");
  return plan;
}

BOOST_AUTO_TEST_CASE(a_file_goes_over_a_connection_byte_for_byte) {
  StreamWorld world;
  world.sender.disk->put("data", pattern(5'000'003));
  world.receiver.start(record_by_tcp());
  world.sender.start(send_by_tcp());
  world.run_for(10s);
  BOOST_TEST(world.sender.ended);
  BOOST_TEST((world.receiver.disk->content("record") == pattern(5'000'003)));
}

BOOST_AUTO_TEST_CASE(an_output_waits_for_its_receiver_and_tries_again) {
  StreamWorld world;
  world.sender.disk->put("data", pattern(100'000));
  world.sender.start(send_by_tcp());
  world.run_for(20s);
  BOOST_TEST(!world.sender.ended);
  world.receiver.start(record_by_tcp());
  world.run_for(13s);  // at most 10 s and a fifth until the next attempt
  BOOST_TEST(world.sender.ended);
  BOOST_TEST((world.receiver.disk->content("record") == pattern(100'000)));
}

BOOST_AUTO_TEST_CASE(a_connection_that_is_lost_is_made_anew) {
  StreamWorld world;
  auto plan = record_plan("udp://198.51.100.1:9000");
  plan.to = {spec("tcp://192.0.2.1:9001")};
  world.receiver.start(plan);
  Station first(world.sender.host, "first");
  auto recording = record_plan("tcp://192.0.2.1:9001");
  recording.drain = 0s;
  first.start(recording);
  world.run_for(1s);
  world.sender.disk->put("data", pattern(3000));
  world.sender.start(send_plan("udp://198.51.100.1:9000", 0));
  world.run_for(1s);
  BOOST_TEST((first.disk->content("record") == pattern(3000)));
  first.pipeline->stop();
  world.run_for(1s);
  BOOST_TEST(first.ended);
  first.pipeline.reset();
  // Until it writes, the output does not know that nobody listens any more.
  Station again(world.sender.host, "again");
  for (int i = 0; i < 3; ++i) {
    Station more(world.sender.host, "more");
    more.disk->put("data", pattern(1000));
    more.start(send_plan("udp://198.51.100.1:9000", 0));
    world.run_for(1s);
    if (i == 0) again.start(recording);
  }
  world.run_for(13s);
  BOOST_TEST(again.disk->content("record")->size() >= 1000u);
}

BOOST_AUTO_TEST_CASE(a_source_is_connected_to_again_when_it_has_ended) {
  StreamWorld world;
  Plan plan;
  plan.from = {spec("tcp://192.0.2.1:9001")};
  plan.to = {spec("file:record")};
  world.receiver.start(plan);
  const auto serve_twice = [&]() -> net::Task<void> {
    auto listener =
        world.sender.host.network().listen({net::any_address(net::Family::v4), 9001}, {}).value();
    for (int i = 0; i < 2; ++i) {
      auto stream = co_await listener->accept();
      (void)co_await net::write_all(**stream, pattern(10'000));
      (void)(*stream)->shutdown_write();
      std::array<std::byte, 1> end;
      (void)co_await (*stream)->read_some(end);
    }
  };
  world.sender.host.spawn(serve_twice());
  world.run_for(5s);
  auto twice = pattern(10'000);
  twice.insert(twice.end(), twice.begin(), twice.begin() + 10'000);
  BOOST_TEST((world.receiver.disk->content("record") == twice));
}

BOOST_AUTO_TEST_CASE(everything_may_go_through_a_group_first) {
  StreamWorld world;
  Plan plan;
  plan.listen = {spec("udp://198.51.100.1:9000")};
  plan.to = {spec("file:record")};
  plan.via = spec("udp://239.1.2.3:9002?iface=eth0");
  world.receiver.start(plan);
  // Who else listens to the group hears it too.
  Station other(world.receiver.host, "other");
  other.start(record_plan("udp://239.1.2.3:9002?iface=eth0"));
  world.sender.disk->put("data", pattern(50'000));
  world.sender.start(send_plan("udp://198.51.100.1:9000", 1'000'000));
  world.run_for(2s);
  BOOST_TEST(world.receiver.failure == "");
  BOOST_TEST((world.receiver.disk->content("record") == pattern(50'000)));
  BOOST_TEST((other.disk->content("record") == pattern(50'000)));
}

BOOST_AUTO_TEST_CASE(each_listener_may_have_a_file_of_its_own) {
  StreamWorld world;
  auto plan = record_plan("udp://198.51.100.1:9000");
  plan.listen.push_back(spec("udp://[2001:db8:2::1]:9001"));
  plan.apart = Apart::listener;
  world.receiver.start(plan);
  world.sender.disk->put("data", pattern(1000));
  world.sender.start(send_plan("udp://[2001:db8:2::1]:9001", 0));
  world.run_for(1s);
  BOOST_TEST(world.receiver.failure == "");
  BOOST_TEST((world.receiver.disk->content("record.2001_db8_2__1_9001") == pattern(1000)));
  BOOST_TEST(world.receiver.disk->content("record.198.51.100.1_9000")->empty());
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::stream

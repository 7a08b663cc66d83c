// A file over datagrams, in the simulator.
#include "tests/unit/stream/stream_world.hpp"

namespace dispatch::stream {
BOOST_AUTO_TEST_SUITE(send_and_record)
namespace {

constexpr std::uint64_t kMegabyte = 1'000'000;

BOOST_AUTO_TEST_CASE(a_file_arrives_byte_for_byte) {
  for (const auto* address : {"198.51.100.1", "[2001:db8:2::1]"}) {
    StreamWorld world;
    const auto data = pattern(3 * kMegabyte + 17);
    world.sender.disk->put("data", data);
    world.receiver.start(record_plan(std::string("udp://") + address + ":9000"));
    world.sender.start(send_plan(std::string("udp://") + address + ":9000", 5 * kMegabyte));
    world.run_for(10s);
    BOOST_TEST(world.sender.ended);
    BOOST_TEST(world.sender.failure == "");
    BOOST_TEST((world.receiver.disk->content("record") == data));
    const auto sent = world.sender.pipeline->figures();
    const auto received = world.receiver.pipeline->figures();
    BOOST_TEST(sent[1].figures.bytes == data.size());
    BOOST_TEST((received[0].figures == sent[1].figures));
    BOOST_TEST((received[1].figures == received[0].figures));
    world.receiver.pipeline->stop();
    world.run_for(1s);
    BOOST_TEST(world.receiver.ended);
    BOOST_TEST(world.receiver.failure == "");
  }
}

BOOST_AUTO_TEST_CASE(datagrams_have_the_size_of_the_mtu_unless_told_otherwise) {
  for (const std::size_t asked : {0u, 100u, 1000u, 5000u}) {
    StreamWorld world;
    world.sender.disk->put("data", pattern(100'000));
    world.receiver.start(record_plan("udp://198.51.100.1:9000"));
    auto plan = send_plan("udp://198.51.100.1:9000", kMegabyte);
    plan.datagram_bytes = asked;
    world.sender.start(plan);
    world.run_for(5s);
    const auto size = asked == 0 ? 1472 : asked;
    BOOST_TEST(world.receiver.pipeline->figures()[0].figures.datagrams ==
               (100'000 + size - 1) / size);
    BOOST_TEST((world.receiver.disk->content("record") == pattern(100'000)));
  }
}

BOOST_AUTO_TEST_CASE(a_rate_is_kept) {
  StreamWorld world;
  world.sender.disk->put("data", pattern(2 * kMegabyte));
  world.receiver.start(record_plan("udp://198.51.100.1:9000"));
  world.sender.start(send_plan("udp://198.51.100.1:9000", kMegabyte));
  world.run_for(1s);
  const auto bytes = world.sender.pipeline->figures()[0].figures.bytes;
  BOOST_TEST((bytes > 990'000 && bytes < 1'010'000), bytes);
  world.run_for(1100ms);
  BOOST_TEST(world.sender.ended);
}

BOOST_AUTO_TEST_CASE(a_receiver_that_comes_late_or_leaves_does_not_end_the_sender) {
  StreamWorld world;
  world.sender.disk->put("data", pattern(kMegabyte));
  world.sender.start(send_plan("udp://198.51.100.1:9000", 100'000));
  world.run_for(3s);
  world.receiver.start(record_plan("udp://198.51.100.1:9000"));
  world.run_for(3s);
  world.receiver.host.kill();
  world.run_for(5s);
  BOOST_TEST(world.sender.ended);
  BOOST_TEST(world.sender.failure == "");
  // What was refused is counted as lost: the ports were closed for about seven of ten seconds.
  const auto figures = world.sender.pipeline->figures()[1].figures;
  BOOST_TEST(figures.lost > 0u);
  BOOST_TEST(figures.bytes + figures.lost_bytes == kMegabyte);
  BOOST_TEST(world.receiver.disk->content("record")->size() > 200'000u);
}

BOOST_AUTO_TEST_CASE(a_full_disk_ends_the_record_with_whole_datagrams) {
  StreamWorld world;
  world.sender.disk->put("data", pattern(100'000));
  world.receiver.disk->set_capacity(50'000);
  world.receiver.start(record_plan("udp://198.51.100.1:9000"));
  world.sender.start(send_plan("udp://198.51.100.1:9000", kMegabyte));
  world.run_for(5s);
  BOOST_TEST(world.receiver.ended);
  BOOST_TEST(world.receiver.failure == "file:record: No space left on device");
  auto whole = pattern(100'000);
  whole.resize(50'000 / 1472 * 1472);
  BOOST_TEST((world.receiver.disk->content("record") == whole));
}

BOOST_AUTO_TEST_CASE(what_came_in_and_found_no_room_is_counted) {
  StreamWorld world;
  world.sender.disk->put("data", pattern(2 * kMegabyte));
  auto plan = record_plan("udp://198.51.100.1:9000");
  plan.receive_buffer = 20'000;
  world.receiver.start(plan);
  world.sender.start(send_plan("udp://198.51.100.1:9000", 10 * kMegabyte));
  world.run_for(100ms);
  world.receiver.host.freeze();
  world.run_for(10s);
  world.receiver.host.thaw();
  world.run_for(1s);
  const auto figures = world.receiver.pipeline->figures()[0].figures;
  BOOST_TEST(figures.lost > 100u);
  BOOST_TEST(figures.datagrams + figures.lost == (2 * kMegabyte + 1471) / 1472);
}

BOOST_AUTO_TEST_CASE(several_inputs_go_to_several_outputs) {
  StreamWorld world;
  world.sender.disk->put("data", pattern(10'000));
  auto plan = record_plan("udp://198.51.100.1:9000");
  plan.listen.push_back(spec("udp://198.51.100.1:9001"));
  plan.to.push_back(spec("file:copy"));
  world.receiver.start(plan);
  auto sending = send_plan("udp://198.51.100.1:9000", 100'000);
  sending.to.push_back(spec("udp://198.51.100.1:9001"));
  world.sender.start(sending);
  world.run_for(2s);
  BOOST_TEST(world.receiver.disk->content("record")->size() == 20'000u);
  BOOST_TEST((world.receiver.disk->content("copy") == world.receiver.disk->content("record")));
}

BOOST_AUTO_TEST_CASE(a_busy_port_and_a_missing_file_are_told) {
  StreamWorld world;
  world.receiver.start(record_plan("udp://198.51.100.1:9000"));
  world.run_for(1ms);
  Station second(world.receiver.host, "second");
  second.start(record_plan("udp://198.51.100.1:9000"));
  world.sender.start(send_plan("udp://198.51.100.1:9000", 0));
  world.run_for(1ms);
  BOOST_TEST(second.failure == "udp://198.51.100.1:9000: cannot listen: Address already in use");
  BOOST_TEST(world.sender.failure == "file:data: cannot be read: No such file or directory");
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::stream

// One receiver over several links: shares, copies, and a link that dies.
#include "engine/link/link_spec.hpp"
#include "tests/unit/stream/stream_world.hpp"

namespace dispatch::stream {
BOOST_AUTO_TEST_SUITE(spread)
namespace {

constexpr std::uint64_t kRate = 1'000'000;  // bytes per second

// The sender has a second link, of another delay.
struct TwoLinkWorld : StreamWorld {
  TwoLinkWorld() {
    auto direction = usual();
    direction.delay = 20ms;
    first =
        &world.attach(sender.host, "one", {prefix("203.0.113.1/24"), prefix("2001:db8:3::1/64")},
                      sim::LinkOptions::symmetric(direction));
    second =
        &world.attach(sender.host, "two", {prefix("203.0.114.1/24"), prefix("2001:db8:4::1/64")},
                      sim::LinkOptions::symmetric(usual()));
  }

  Plan sending(std::size_t bytes, std::optional<SpreadMode> spread) {
    sender.disk->put("data", pattern(bytes));
    auto plan = send_plan("udp://198.51.100.1:9000", kRate);
    plan.datagram_bytes = 1000;
    plan.links = {link::parse_link_spec("one/3"), link::parse_link_spec("second=two")};
    plan.spread = spread;
    return plan;
  }
  static Plan framed(Plan plan, net::Duration repair) {
    (plan.listen.empty() ? plan.framed_out : plan.framed_in) = true;
    plan.stream = 7;
    plan.repair = repair;
    return plan;
  }
  static Plan recording() { return record_plan("udp://198.51.100.1:9000"); }

  Figures sent_by(std::size_t way) { return sender.pipeline->figures().at(1 + way).figures; }

  sim::Link* first = nullptr;
  sim::Link* second = nullptr;
};

BOOST_AUTO_TEST_CASE(datagrams_are_distributed_by_weight) {
  TwoLinkWorld world;
  world.receiver.start(TwoLinkWorld::recording());
  world.sender.start(world.sending(400'000, SpreadMode::distribute));
  world.run_for(2s);
  BOOST_TEST(world.sender.ended);
  BOOST_TEST(world.sender.failure == "");
  BOOST_TEST(world.sender.pipeline->figures()[1].name == "udp://198.51.100.1:9000 by one");
  BOOST_TEST(world.sender.pipeline->figures()[2].name == "udp://198.51.100.1:9000 by second");
  BOOST_TEST(world.sent_by(0).datagrams == 300u);
  BOOST_TEST(world.sent_by(1).datagrams == 100u);
  BOOST_TEST(world.receiver.disk->content("record")->size() == 400'000u);
}

BOOST_AUTO_TEST_CASE(an_output_leaves_by_the_link_that_it_names) {
  TwoLinkWorld world;
  world.receiver.start(TwoLinkWorld::recording());
  auto plan = world.sending(100'000, std::nullopt);
  plan.to = {spec("udp://198.51.100.1:9000?link=second")};
  world.sender.start(plan);
  world.run_for(2s);
  BOOST_TEST(world.sender.failure == "");
  BOOST_TEST(world.sender.ended);
  BOOST_TEST(world.second->up().counters().delivered.packets == 100u);
  BOOST_TEST((world.receiver.disk->content("record") == pattern(100'000)));
}

BOOST_AUTO_TEST_CASE(a_connection_leaves_by_the_link_that_it_names) {
  TwoLinkWorld world;
  world.receiver.start(record_plan("tcp://198.51.100.1:9000"));
  auto plan = world.sending(100'000, std::nullopt);
  plan.to = {spec("tcp://198.51.100.1:9000?link=second")};
  world.sender.start(plan);
  world.run_for(2s);
  BOOST_TEST(world.sender.failure == "");
  BOOST_TEST(world.sender.ended);
  BOOST_TEST(world.second->up().counters().delivered.bytes > 100'000u);
  BOOST_TEST((world.receiver.disk->content("record") == pattern(100'000)));
}

BOOST_AUTO_TEST_CASE(copies_over_two_links_survive_the_death_of_one) {
  TwoLinkWorld world;
  world.receiver.start(TwoLinkWorld::framed(TwoLinkWorld::recording(), {}));
  world.sender.start(TwoLinkWorld::framed(world.sending(2'000'000, SpreadMode::duplicate), {}));
  world.run_for(500ms);
  world.second->set_state(sim::LinkState::blackhole);
  world.run_for(3s);
  BOOST_TEST(world.sender.ended);
  const auto figures = world.receiver.pipeline->streams().at(7);
  BOOST_TEST(figures.received == 2067u);
  BOOST_TEST(figures.lost == 0u);
  BOOST_TEST(figures.duplicates > 300u);
}

BOOST_AUTO_TEST_CASE(shares_of_a_link_that_dies_silently_go_to_the_other_and_nothing_is_missing) {
  TwoLinkWorld world;
  world.receiver.start(TwoLinkWorld::framed(TwoLinkWorld::recording(), 3s));
  world.sender.start(TwoLinkWorld::framed(world.sending(5'000'000, SpreadMode::distribute), 3s));
  world.run_for(1s);
  world.first->set_state(sim::LinkState::blackhole);
  world.run_for(2s);
  const auto dead = world.sent_by(0).datagrams;
  world.run_for(1s);
  // Probes go on, ten in a second.
  BOOST_TEST(world.sent_by(0).datagrams - dead < 15u);
  world.first->set_state(sim::LinkState::up);
  world.run_for(700ms);
  BOOST_TEST(world.sent_by(0).datagrams - dead > 200u);
  world.run_for(10s);
  BOOST_TEST(world.sender.ended);
  BOOST_TEST((world.receiver.disk->content("record") == pattern(5'000'000)));
  const auto figures = world.receiver.pipeline->streams().at(7);
  BOOST_TEST(figures.lost == 0u);
  // For 600 ms and a little, three of four datagrams of a thousand in a second.
  BOOST_TEST((figures.repaired > 300u && figures.repaired < 700u), figures.repaired);
}

BOOST_AUTO_TEST_CASE(an_interface_that_is_down_is_left_at_once_and_taken_again) {
  TwoLinkWorld world;
  world.receiver.start(TwoLinkWorld::recording());
  world.sender.start(world.sending(4'000'000, SpreadMode::distribute));
  world.run_for(1s);
  world.first->set_state(sim::LinkState::down);
  world.run_for(1s);
  const auto lost = world.sent_by(0).lost;
  BOOST_TEST(lost < 100u, lost);
  world.first->set_state(sim::LinkState::up);
  world.run_for(3s);
  BOOST_TEST(world.sender.ended);
  BOOST_TEST(world.sent_by(0).datagrams > 1500u);
  BOOST_TEST(world.receiver.disk->content("record")->size() + 1000 * world.sent_by(0).lost >=
             3'970'000u);
}

BOOST_AUTO_TEST_CASE(a_link_that_refuses_is_tried_twice_a_second_and_no_more) {
  TwoLinkWorld world;
  world.receiver.start(TwoLinkWorld::recording());
  world.sender.start(world.sending(4'000'000, SpreadMode::distribute));
  world.run_for(1s);
  // It has its address, and a router behind it says no.
  world.world.set_refusal(*world.first, sim::IcmpUnreachable::Reason::prohibited);
  world.run_for(4s);
  BOOST_TEST(world.sender.ended);
  // Three seconds of 750 a second would be 2250.
  const auto lost = world.sent_by(0).lost;
  BOOST_TEST((lost > 10 && lost < 400), lost);
  BOOST_TEST(world.sent_by(1).datagrams > 2500u);
}

BOOST_AUTO_TEST_CASE(a_refusal_of_one_datagram_does_not_keep_back_the_next) {
  for (const bool by_router : {false, true}) {
    TwoLinkWorld world;
    auto plan = world.sending(100'000, std::nullopt);
    plan.bytes_per_second = 20'000;  // one each 50 ms, longer than the way there and back
    plan.to = {spec("udp://198.51.100.1:9000?link=second")};
    if (by_router) world.world.set_refusal(*world.second, sim::IcmpUnreachable::Reason::prohibited);
    world.sender.start(plan);
    world.run_for(7s);
    BOOST_TEST(world.sender.ended);
    BOOST_TEST(world.second->up().counters().offered.packets == 100u);
    const auto figures = world.sender.pipeline->figures()[1].figures;
    BOOST_TEST(figures.lost == 99u);  // of the last one nobody has heard yet
    BOOST_TEST(figures.datagrams == 1u);
  }
}

BOOST_AUTO_TEST_CASE(a_receiver_that_is_gone_ends_nothing_on_either_link) {
  TwoLinkWorld world;
  world.sender.start(world.sending(1'000'000, SpreadMode::distribute));
  world.run_for(2s);
  BOOST_TEST(world.sender.ended);
  BOOST_TEST(world.sender.failure == "");
  BOOST_TEST(world.sent_by(0).lost + world.sent_by(1).lost > 0u);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_links_is_said) {
  const auto failure_of = [](auto change) {
    TwoLinkWorld world;
    auto plan = world.sending(1000, SpreadMode::distribute);
    change(plan);
    world.sender.start(plan);
    world.run_for(100ms);
    return world.sender.failure;
  };
  BOOST_TEST(failure_of([](Plan& plan) {
               plan.links[0].target = "twoo";
             }).find("did you mean 'two'?") != std::string::npos);
  BOOST_TEST(failure_of([](Plan& plan) {
               plan.links[0] = link::parse_link_spec("socks5://192.0.2.9:1080");
             }).find("is a proxy: streams go out by this machine's own links") !=
             std::string::npos);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::stream

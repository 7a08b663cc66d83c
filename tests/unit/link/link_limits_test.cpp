// A link never has more connections than it may have, whoever asks at the same time.

#include "engine/link/link_set.hpp"
#include "engine/link/policy/smooth_weighted_round_robin.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <thread>
#include <vector>

namespace dispatch::link {
BOOST_AUTO_TEST_SUITE(link_limits)
namespace {

constexpr std::array<std::size_t, 2> kMost{3, 1};

std::unique_ptr<LinkSet> two_links() {
  std::vector<std::unique_ptr<Link>> links;
  for (const auto most : kMost) {
    links.push_back(std::make_unique<Link>(links.empty() ? "a" : "b", 1));
    links.back()->set_egress(net::Family::v4, net::kAnyEgress);
    links.back()->set_connections_max(most);
  }
  return std::make_unique<LinkSet>(std::move(links),
                                   [] { return std::make_unique<SmoothWeightedRoundRobin>(); });
}

BOOST_AUTO_TEST_CASE(a_connection_counts_while_it_is_made_and_while_it_stands) {
  const auto set = two_links();
  auto& b = *set->links()[1];
  auto place = set->take_place(b);
  BOOST_REQUIRE(place.has_value());
  BOOST_TEST(!set->take_place(b).has_value());
  std::optional<LinkUse> use(std::in_place, b);
  place.reset();
  BOOST_TEST(!set->take_place(b).has_value());
  BOOST_TEST(b.counters().live == 1u);
  use.reset();
  BOOST_TEST(set->take_place(b).has_value());
  BOOST_TEST(b.counters().dialling == 0u);
}

BOOST_AUTO_TEST_CASE(threads_that_ask_at_the_same_time_never_have_more_than_there_may_be) {
  const auto set = two_links();
  std::array<std::atomic<std::size_t>, 2> now{};
  std::atomic<bool> too_many = false;
  std::atomic<std::size_t> served = 0;
  const auto hold = [&](LinkDial dial) {
    auto& link = dial.link();
    const std::size_t index = link.name() == "a" ? 0 : 1;
    if (++now[index] > kMost[index]) too_many = true;
    std::optional<LinkUse> use(std::in_place, link);
    { const auto made = std::move(dial); }
    std::this_thread::yield();
    --now[index];
    ++served;
  };
  const auto ask = [&] {
    for (int i = 0; i < 20'000; ++i) {
      if (i % 3 == 0) {
        if (auto place = set->take_place(*set->links()[1])) hold(std::move(*place));
      } else if (auto turn = set->take_turn({{true, false}, {}})) {
        hold(std::move(*turn).dial());
      }
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(ask);
  for (auto& thread : threads) thread.join();
  BOOST_TEST(!too_many);
  BOOST_TEST(served > 0u);
  for (const auto& link : set->links()) {
    BOOST_TEST(!link->is_full());
    BOOST_TEST(link->counters().live == 0u);
    BOOST_TEST(link->counters().dialling == 0u);
  }
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::link

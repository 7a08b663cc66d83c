// Whose turn it is: the pool by itself, without agents and without time that passes.
#include "engine/fleet/address_pool.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

namespace dispatch::fleet {
namespace {

using namespace std::chrono_literals;  // NOLINT: tests speak of times all the time

BOOST_AUTO_TEST_SUITE(fleet_pool)

struct Pool : AddressPool {
  explicit Pool(PoolLimits limits = {}) : AddressPool(limits) {}

  net::TimePoint now{};
  std::uint64_t connections = 0;

  AgentEntry& add(const std::string& id, std::vector<std::string> addresses,
                  std::uint64_t weight = 1) {
    Registration registration{id, id + ".example", std::move(addresses), weight, 0};
    auto& agent = update(registration, {}, now);
    connected(agent, ++connections, {}, now);
    return agent;
  }
  PoolAddress& address(const std::string& agent, const std::string& text) {
    return *find(agent)->addresses.at(text);
  }
  // One request after another: "a b c".
  std::string turns(int count, const Wish& wish = {}) {
    std::string found;
    for (int i = 0; i < count; ++i) {
      const auto choice = choose(wish, now);
      if (choice.address == nullptr) return found + " none";
      begin(*choice.address);
      end(*choice.address, true, {});
      found += (found.empty() ? "" : " ") + choice.address->text.substr(8);  // of 192.0.2.N
    }
    return found;
  }
};

Wish wish_of(Strategy strategy) {
  Wish wish;
  wish.strategy = strategy;
  return wish;
}

BOOST_AUTO_TEST_CASE(round_robin_is_exact_while_addresses_come_and_go) {
  Pool pool;
  auto& a = pool.add("a", {"192.0.2.1", "192.0.2.2"});
  pool.add("b", {"192.0.2.3"});
  BOOST_TEST(pool.turns(6) == "1 2 3 1 2 3");
  // One more, which waits for its turn; then one less, without which the order stays.
  pool.add("c", {"192.0.2.4"});
  BOOST_TEST(pool.turns(5) == "1 2 3 4 1");
  BOOST_TEST(pool.disconnected(a, a.connection));
  BOOST_TEST(pool.turns(3) == "3 4 3");
  pool.connected(a, 99, {}, pool.now);
  BOOST_TEST(pool.turns(4) == "4 3 1 2");
}

BOOST_AUTO_TEST_CASE(a_heartbeat_changes_neither_turns_nor_counters) {
  Pool pool;
  pool.add("a", {"192.0.2.1", "192.0.2.2", "192.0.2.3"});
  BOOST_TEST(pool.turns(2) == "1 2");
  (void)pool.update({"a", "a", {"192.0.2.3", "192.0.2.2", "192.0.2.1"}, 1, 0}, {}, pool.now);
  BOOST_TEST(pool.turns(3) == "3 1 2");
  // An address that is lost and had again has its counters still.
  (void)pool.update({"a", "a", {"192.0.2.1"}, 1, 0}, {}, pool.now);
  BOOST_TEST(pool.turns(2) == "1 1");
  (void)pool.update({"a", "a", {"192.0.2.1", "192.0.2.2"}, 1, 0}, {}, pool.now);
  BOOST_TEST(pool.address("a", "192.0.2.2").requests == 2U);
  BOOST_TEST(pool.find("a")->requests == 7U);
}

BOOST_AUTO_TEST_CASE(weights_are_shares_of_any_span) {
  Pool pool;
  pool.add("a", {"192.0.2.1"}, 3);
  pool.add("b", {"192.0.2.2"}, 1);
  BOOST_TEST(pool.turns(8, wish_of(Strategy::weighted)) == "1 2 1 1 1 2 1 1");
}

BOOST_AUTO_TEST_CASE(least_busy_counts_what_is_under_way_by_weight) {
  Pool pool;
  pool.add("a", {"192.0.2.1"}, 2);
  pool.add("b", {"192.0.2.2"}, 1);
  const auto wish = wish_of(Strategy::least_busy);
  std::string found;
  for (int i = 0; i < 6; ++i) {
    const auto choice = pool.choose(wish, pool.now);
    pool.begin(*choice.address);  // and does not end
    found += choice.address->text.back();
  }
  BOOST_TEST(std::ranges::count(found, '1') == 4);
  BOOST_TEST(std::ranges::count(found, '2') == 2);
}

BOOST_AUTO_TEST_CASE(sessions_stay_where_they_are_when_others_move) {
  Pool pool;
  for (int i = 0; i < 10; ++i) pool.add(fmt::format("a{}", i), {fmt::format("192.0.2.{}", i)});
  const auto all = [&] {
    std::vector<std::string> found;
    for (int i = 0; i < 200; ++i) {
      auto wish = wish_of(Strategy::sticky);
      wish.session = fmt::format("s{}", i);
      found.push_back(pool.choose(wish, pool.now).address->text);
    }
    return found;
  };
  const auto before = all();
  BOOST_TEST(all() == before);
  auto& gone = *pool.find("a7");
  pool.disconnected(gone, gone.connection);
  const auto after = all();
  std::size_t moved = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i] == after[i]) continue;
    ++moved;
    BOOST_TEST(before[i] == "192.0.2.7");
  }
  BOOST_TEST(moved > 0U);
}

BOOST_AUTO_TEST_CASE(wishes_narrow_the_choice_and_say_why_there_is_none) {
  using Why = Choice::Why;
  Pool pool;
  BOOST_TEST((pool.choose({}, pool.now).why == Why::empty));
  auto& a = pool.add("a", {"192.0.2.1", "2001:db8::1"});
  pool.add("b", {"192.0.2.2", "2001:db8:b::/64"});
  Wish wish;
  wish.agent_id = "b";
  wish.family = net::Family::v4;
  BOOST_TEST(pool.choose(wish, pool.now).address->text == "192.0.2.2");
  wish = {};
  wish.family = net::Family::v6;
  BOOST_TEST(pool.choose(wish, pool.now).address->text == "2001:db8::1");
  wish.agent_id = "b";
  BOOST_TEST(pool.choose(wish, pool.now).address->text == "2001:db8:b::/64");
  wish = {};
  wish.source_ip = "2001:db8:b::77";  // of the prefix
  BOOST_TEST(pool.choose(wish, pool.now).address->text == "2001:db8:b::/64");
  wish.source_ip = "2001:db8:c::77";
  BOOST_TEST((pool.choose(wish, pool.now).why == Why::unknown_address));
  wish = {};
  wish.agent_id = "z";
  BOOST_TEST((pool.choose(wish, pool.now).why == Why::unknown_agent));
  wish.agent_id = "a";
  wish.without = {&pool.address("a", "192.0.2.1"), &pool.address("a", "2001:db8::1")};
  BOOST_TEST((pool.choose(wish, pool.now).why == Why::all_tried));
  wish.without.clear();
  pool.disconnected(a, a.connection);
  BOOST_TEST((pool.choose(wish, pool.now).why == Why::disconnected_agent));
}

BOOST_AUTO_TEST_CASE(limits_make_busy_and_the_agents_own_counts_too) {
  using Why = Choice::Why;
  Pool pool({2, 1});
  auto& a = pool.add("a", {"192.0.2.1", "192.0.2.2", "192.0.2.3"});
  const auto first = pool.choose({}, pool.now);
  pool.begin(*first.address);
  const auto second = pool.choose({}, pool.now);
  BOOST_TEST(second.address != first.address);
  pool.begin(*second.address);
  BOOST_TEST((pool.choose({}, pool.now).why == Why::busy));
  pool.end(*first.address, true, {});
  BOOST_TEST((pool.choose({}, pool.now).why == Why::chosen));
  a.info.concurrency = 1;
  BOOST_TEST((pool.choose({}, pool.now).why == Why::busy));
}

BOOST_AUTO_TEST_CASE(an_address_has_a_limit_of_its_own) {
  using Why = Choice::Why;
  Pool pool({0, 2});
  pool.add("a", {"192.0.2.1"});
  for (int i = 0; i < 2; ++i) pool.begin(*pool.choose({}, pool.now).address);
  BOOST_TEST((pool.choose({}, pool.now).why == Why::busy));
  pool.add("b", {"192.0.2.2"});
  BOOST_TEST(pool.choose({}, pool.now).address->text == "192.0.2.2");
}

BOOST_AUTO_TEST_CASE(a_thousand_agents_take_turns) {
  Pool pool;
  for (int i = 0; i < 1000; ++i) {
    pool.add(fmt::format("a{}", i), {fmt::format("10.0.{}.{}", i / 250, i % 250 + 1)});
  }
  for (std::uint64_t round = 1; round <= 3; ++round) {
    for (int i = 0; i < 1000; ++i) {
      auto& next = *pool.choose({}, pool.now).address;
      pool.begin(next);
      pool.end(next, true, {});
    }
    for (const auto& [id, agent] : pool.agents()) BOOST_REQUIRE(agent->requests == round);
  }
}

BOOST_AUTO_TEST_CASE(an_address_that_rests_is_taken_only_where_there_is_no_other) {
  Pool pool;
  pool.add("a", {"192.0.2.1", "192.0.2.2"});
  auto& resting = pool.address("a", "192.0.2.1");
  pool.rest(resting, pool.now + 10s);
  BOOST_TEST(!pool.is_available(resting, pool.now));
  BOOST_TEST(pool.turns(3) == "2 2 2");
  Wish wish;
  wish.source_ip = "192.0.2.1";
  BOOST_TEST(pool.turns(1, wish) == "1");
  pool.now += 10s;
  BOOST_TEST(pool.is_available(resting, pool.now));
  BOOST_TEST(pool.turns(2) == "2 1");
}

BOOST_AUTO_TEST_CASE(an_old_connection_does_not_speak_for_its_agent) {
  Pool pool;
  auto& a = pool.add("a", {"192.0.2.1"});
  const auto old = a.connection;
  pool.connected(a, 50, {}, pool.now);
  BOOST_TEST(!pool.disconnected(a, old));
  BOOST_TEST(a.is_connected());
  BOOST_TEST(pool.connected_agents() == 1U);
}

BOOST_AUTO_TEST_CASE(those_that_have_left_are_known_by_when_they_were_heard_of) {
  Pool pool;
  auto& a = pool.add("a", {"192.0.2.1"});
  pool.now += 10s;
  auto& b = pool.add("b", {"192.0.2.2"});
  pool.now += 10s;
  pool.add("c", {"192.0.2.3"});
  BOOST_TEST(!pool.longest_gone());
  pool.disconnected(a, a.connection);
  pool.disconnected(b, b.connection);
  BOOST_TEST(pool.longest_gone().value() == "a");
  const auto gone = pool.gone_since(pool.now - 15s);
  BOOST_TEST(gone == std::vector<std::string>{"a"}, boost::test_tools::per_element());
  // Not one that still has a request under way.
  pool.begin(pool.address("a", "192.0.2.1"));
  BOOST_TEST(pool.longest_gone().value() == "b");
  BOOST_TEST(pool.gone_since(pool.now).size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace dispatch::fleet

// Each policy's choice, as a function of what is known of the links.
#include "engine/link/link_spec.hpp"
#include "engine/link/policy/registry.hpp"
#include "engine/net/config_error.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dispatch::link {
BOOST_AUTO_TEST_SUITE(link_policies)
namespace {

using namespace std::chrono_literals;  // NOLINT: tests speak of times all the time

// Links named A, B, C, ... with the given weights, and a policy.
struct Links {
  Links(const std::string& name, std::vector<unsigned> weights)
      : policy(parse_policy(name).make()) {
    for (const auto weight : weights) {
      owned.push_back(std::make_unique<Link>(std::string(1, char('A' + owned.size())), weight));
      candidates.push_back(owned.back().get());
    }
  }

  Link& at(char name) { return *owned[std::size_t(name - 'A')]; }
  std::string choose_one(StickyKey key = {}) {
    return policy->choose({candidates, now, key}).name();
  }
  // Without any connection coming of it.
  std::string choose(int count) {
    std::string chosen;
    for (int i = 0; i < count; ++i) chosen += choose_one();
    return chosen;
  }
  // Each choice becomes a connection that lasts.
  std::string connect(int count) {
    std::string chosen;
    for (int i = 0; i < count; ++i) {
      auto& link = policy->choose({candidates, now, {}});
      uses.emplace_back(link);
      chosen += link.name();
    }
    return chosen;
  }

  std::vector<std::unique_ptr<Link>> owned;
  std::vector<Link*> candidates;
  std::unique_ptr<Policy> policy;
  std::vector<LinkUse> uses;
  net::TimePoint now{};
};

std::map<char, int> count(const std::string& chosen) {
  std::map<char, int> counts;
  for (const auto name : chosen) ++counts[name];
  return counts;
}

BOOST_AUTO_TEST_CASE(least_connections_share_what_is_open_by_weight) {
  Links links("least-connections", {3, 1});
  BOOST_TEST(count(links.connect(40)).at('A') == 30);
}

BOOST_AUTO_TEST_CASE(a_link_whose_connections_last_gets_fewer_new_ones) {
  Links links("least-connections", {1, 1});
  for (int i = 0; i < 5; ++i) links.uses.emplace_back(links.at('A'));
  BOOST_TEST(links.connect(5) == "BBBBB");
  BOOST_TEST(count(links.connect(4)).at('A') == 2);
}

BOOST_AUTO_TEST_CASE(least_connections_count_those_that_are_being_made) {
  Links links("least-connections", {1, 1});
  const LinkDial dial(links.at('A'));
  BOOST_TEST(links.choose(3) == "BBB");
}

BOOST_AUTO_TEST_CASE(idle_links_take_turns) {
  Links links("least-connections", {1, 1});
  BOOST_TEST(links.choose(4) == "ABAB");
}

BOOST_AUTO_TEST_CASE(a_backup_is_used_only_where_the_primary_cannot_be) {
  Links links("failover", {1, 5, 5});
  links.at('B').set_tier(2);
  links.at('C').set_tier(3);
  BOOST_TEST(links.choose(5) == "AAAAA");
  links.candidates.erase(links.candidates.begin());
  BOOST_TEST(links.choose(3) == "BBB");
}

BOOST_AUTO_TEST_CASE(links_of_one_tier_share_by_weight) {
  Links links("failover", {7, 3, 100});
  links.at('C').set_tier(2);
  BOOST_TEST(links.choose(10) == "ABAABAABAA");
}

BOOST_AUTO_TEST_CASE(a_turn_that_is_given_back_leaves_the_shares_of_its_tier_as_they_were) {
  Links links("failover", {1, 1, 1});
  links.at('C').set_tier(2);
  links.policy->take_back(links.policy->choose({links.candidates, {}}), links.candidates);
  BOOST_TEST(links.choose(4) == "ABAB");
}

BOOST_AUTO_TEST_CASE(a_key_stays_on_its_link) {
  Links links("sticky", {1, 1, 1});
  for (std::uint64_t key = 1; key <= 100; ++key) {
    const auto first = links.choose_one({key});
    for (int i = 0; i < 5; ++i) BOOST_TEST(links.choose_one({key}) == first);
  }
}

BOOST_AUTO_TEST_CASE(keys_are_shared_by_weight) {
  Links links("sticky", {7, 3});
  int of_a = 0;
  for (std::uint64_t key = 1; key <= 10'000; ++key) of_a += links.choose_one({key}) == "A" ? 1 : 0;
  BOOST_TEST(of_a > 6850);  // 7000, and three standard deviations of 46
  BOOST_TEST(of_a < 7150);
}

BOOST_AUTO_TEST_CASE(only_the_keys_of_a_link_that_is_gone_move_and_they_come_back) {
  Links links("sticky", {1, 2, 3});
  std::map<std::uint64_t, std::string> before;
  for (std::uint64_t key = 1; key <= 1000; ++key) before[key] = links.choose_one({key});
  const auto all = links.candidates;
  links.candidates = {all[0], all[2]};
  std::map<std::string, int> of_b;
  for (const auto& [key, link] : before) {
    const auto now = links.choose_one({key});
    if (link == "B") {
      ++of_b[now];
    } else {
      BOOST_TEST(now == link);
    }
  }
  BOOST_TEST(of_b["A"] > 40);  // by the weights of those that are left: 1 to 3
  BOOST_TEST(of_b["C"] > 2 * of_b["A"]);
  links.candidates = all;
  for (const auto& [key, link] : before) BOOST_TEST(links.choose_one({key}) == link);
}

BOOST_AUTO_TEST_CASE(connections_without_a_key_take_turns) {
  Links links("sticky", {1, 1});
  BOOST_TEST(links.choose(4) == "ABAB");
}

BOOST_AUTO_TEST_CASE(
    a_key_with_a_lifetime_keeps_its_link_so_long_from_its_first_use_and_then_moves) {
  Links links("sticky,lifetime=10min", {1, 1});
  int moved = 0;
  for (std::uint64_t key = 1; key <= 100; ++key) {
    links.now = net::TimePoint(key * 7s);
    const auto first = links.choose_one({key});
    links.now += 10min - 1ns;
    BOOST_TEST(links.choose_one({key}) == first);
    links.now += 1ns;
    moved += links.choose_one({key}) == first ? 0 : 1;
  }
  BOOST_TEST(moved > 30);  // each with a chance of one half
  BOOST_TEST(moved < 70);
}

BOOST_AUTO_TEST_CASE(the_lifetime_that_a_session_asks_for_comes_first) {
  Links links("sticky,lifetime=1h", {1, 1});
  int moved = 0;
  for (std::uint64_t key = 1; key <= 40; ++key) {
    links.now = {};
    const auto first = links.choose_one({key, 1min});
    links.now += 1min;
    moved += links.choose_one({key, 1min}) == first ? 0 : 1;
  }
  BOOST_TEST(moved > 8);
}

std::string fault(const std::string& text) {
  try {
    parse_policy(text);
  } catch (const net::ConfigError& error) {
    return error.what();
  }
  return "none";
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_a_policy_is_said) {
  BOOST_TEST(fault("round-robn") == "unknown policy 'round-robn'; did you mean \"round-robin\"?");
  BOOST_TEST(fault("failover,x=1") == "policy 'failover': it has no option 'x'");
  BOOST_TEST(fault("sticky,by") == "policy 'sticky': 'by' is no option: write OPTION=VALUE");
  BOOST_TEST(fault("sticky,by=client+hst").find("did you mean \"host\"?") != std::string::npos);
  BOOST_TEST(fault("sticky,lifetime=10").find("lifetime=10") != std::string::npos);
  BOOST_TEST(fault("sticky,lifetime=0s").find("more than 0") != std::string::npos);
  BOOST_TEST(fault("weighted-round-robin") == "none");
}

BOOST_AUTO_TEST_CASE(sticky_goes_by_what_it_is_told) {
  const Isolation usual{.client = true, .domain = true};
  BOOST_TEST((parse_policy("sticky").make()->traits().isolation == usual));
  const Isolation told{.port = true, .user = true};
  BOOST_TEST((parse_policy("sticky,by=user+port").make()->traits().isolation == told));
}

BOOST_AUTO_TEST_CASE(options_of_links_that_mean_nothing_to_the_policy_are_refused) {
  const std::vector<LinkSpec> links{parse_link_spec("eth0"), parse_link_spec("wwan0,tier=2")};
  BOOST_CHECK_NO_THROW(check_links(parse_policy("failover"), links));
  BOOST_CHECK_THROW(check_links(default_policy(), links), net::ConfigError);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::link

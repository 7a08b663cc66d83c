#include "engine/link/policy/smooth_weighted_round_robin.hpp"

#include "engine/link/link_set.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace dispatch::link {
namespace {

// Links named A, B, C, ... with the given weights.
struct Links {
  explicit Links(std::vector<unsigned> weights) {
    for (const auto weight : weights) {
      owned.push_back(std::make_unique<Link>(std::string(1, char('A' + owned.size())), weight));
      candidates.push_back(owned.back().get());
    }
  }

  std::string choose(int count) {
    std::string chosen;
    for (int i = 0; i < count; ++i) chosen += policy.choose({candidates, {}}).name();
    return chosen;
  }

  std::vector<std::unique_ptr<Link>> owned;
  std::vector<Link*> candidates;
  SmoothWeightedRoundRobin policy;
};

BOOST_AUTO_TEST_SUITE(smooth_weighted_round_robin)

BOOST_AUTO_TEST_CASE(seven_to_three_is_interleaved_and_repeats) {
  Links links({7, 3});
  BOOST_TEST(links.choose(20) == "ABAABAABAAABAABAABAA");
}

BOOST_AUTO_TEST_CASE(equal_links_alternate) {
  Links links({1, 1});
  BOOST_TEST(links.choose(6) == "ABABAB");
}

BOOST_AUTO_TEST_CASE(the_order_of_the_links_does_not_matter_to_the_shares) {
  Links links({3, 7});
  BOOST_TEST(links.choose(10) == "BABBABBABB");
}

BOOST_AUTO_TEST_CASE(shares_are_exact_in_every_round_of_any_weights) {
  for (const auto& weights : std::vector<std::vector<unsigned>>{
           {5, 1, 1}, {1, 2, 3, 4}, {100, 1}, {13, 7, 29}, {1, 1, 1, 1, 1}}) {
    Links links(weights);
    unsigned round = 0;
    for (const auto weight : weights) round += weight;
    for (int turn = 0; turn < 3; ++turn) {
      std::map<char, unsigned> shares;
      for (const auto name : links.choose(static_cast<int>(round))) ++shares[name];
      for (std::size_t i = 0; i < weights.size(); ++i) {
        BOOST_TEST(shares[char('A' + i)] == weights[i]);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(no_link_strays_from_its_share_by_more_than_one_connection) {
  Links links({13, 7, 29});
  const double round = 13 + 7 + 29;
  std::map<char, double> chosen;
  for (int n = 1; n <= 490; ++n) {
    ++chosen[links.choose(1).front()];
    for (const auto& link : links.owned) {
      const double due = n * link->weight() / round;
      BOOST_TEST(std::abs(chosen[link->name().front()] - due) <= 1.0 + 1e-9);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_link_left_out_for_a_while_does_not_collect_credit_meanwhile) {
  Links links({1, 1});
  Link* only[] = {links.candidates[0]};
  for (int i = 0; i < 100; ++i) links.policy.choose({only, {}});
  BOOST_TEST(links.choose(4) == "ABAB");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(link_set)

std::unique_ptr<LinkSet> two_links_of_which_the_second_has_ipv6() {
  std::vector<std::unique_ptr<Link>> links;
  links.push_back(std::make_unique<Link>("A", 1));
  links.push_back(std::make_unique<Link>("B", 1));
  links[0]->set_egress(net::Family::v4, net::Egress{});
  links[1]->set_egress(net::Family::v4, net::Egress{});
  links[1]->set_egress(net::Family::v6, net::Egress{});
  return std::make_unique<LinkSet>(std::move(links),
                                   [] { return std::make_unique<SmoothWeightedRoundRobin>(); });
}

// Null: none.
Link* chosen_for(LinkSet& links, net::Family family, std::span<Link* const> tried = {}) {
  const auto turn = links.take_socket_turn({Families::of(family), {}, tried});
  return turn ? &turn->link() : nullptr;
}

BOOST_AUTO_TEST_CASE(the_families_are_balanced_apart) {
  auto links = two_links_of_which_the_second_has_ipv6();
  std::string chosen;
  for (int i = 0; i < 4; ++i) {
    chosen += chosen_for(*links, net::Family::v4)->name();
    BOOST_TEST(chosen_for(*links, net::Family::v6)->name() == "B");
  }
  BOOST_TEST(chosen == "ABAB");
}

BOOST_AUTO_TEST_CASE(a_link_that_was_tried_is_not_chosen_again) {
  auto links = two_links_of_which_the_second_has_ipv6();
  std::vector<Link*> tried;
  while (auto* link = chosen_for(*links, net::Family::v4, tried)) tried.push_back(link);
  BOOST_TEST(tried.size() == 2u);
  BOOST_TEST(tried[0] != tried[1]);
}

BOOST_AUTO_TEST_CASE(a_family_without_links_has_none) {
  std::vector<std::unique_ptr<Link>> links;
  links.push_back(std::make_unique<Link>("A", 1));
  links[0]->set_egress(net::Family::v4, net::Egress{});
  LinkSet set(std::move(links), [] { return std::make_unique<SmoothWeightedRoundRobin>(); });
  BOOST_TEST(chosen_for(set, net::Family::v6) == nullptr);
  BOOST_TEST(!set.serves(net::Family::v6));
  BOOST_TEST(set.serves(net::Family::v4));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace dispatch::link

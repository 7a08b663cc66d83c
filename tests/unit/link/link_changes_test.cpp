// What changes of a link while it is used: whom choices fall on, and who hears of it.
#include "engine/link/link_set.hpp"
#include "engine/link/policy/smooth_weighted_round_robin.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>
#include <vector>

namespace dispatch::link {
BOOST_AUTO_TEST_SUITE(link_changes)
namespace {

struct Links {
  explicit Links(const std::string& names) : set(make(names), make_policy) {}

  static std::unique_ptr<Link> make(char name) {
    auto link = std::make_unique<Link>(std::string(1, name), 1);
    link->set_egress(net::Family::v4, net::kAnyEgress);
    return link;
  }
  static std::vector<std::unique_ptr<Link>> make(const std::string& names) {
    std::vector<std::unique_ptr<Link>> links;
    for (const auto name : names) links.push_back(make(name));
    return links;
  }
  static std::unique_ptr<Policy> make_policy() {
    return std::make_unique<SmoothWeightedRoundRobin>();
  }

  std::string choose(int count, std::span<Link* const> tried = {}) {
    std::string chosen;
    for (int i = 0; i < count; ++i) {
      const auto turn = set.take_turn({{true, false}, {}, tried});
      chosen += turn ? turn->link().name() : "-";
    }
    return chosen;
  }
  Link& at(std::size_t index) { return *set.links()[index]; }
  void set_health(std::size_t index, Health health) {
    set.set_standing(at(index), {health, "as the test has it", {}});
  }

  LinkSet set;
};

BOOST_AUTO_TEST_CASE(the_healthiest_links_are_chosen) {
  Links links("ABC");
  links.set_health(0, Health::down);
  BOOST_TEST(links.choose(4) == "BCBC");
  links.set_health(1, Health::suspect);
  BOOST_TEST(links.choose(2) == "CC");
  links.set_health(2, Health::down);
  BOOST_TEST(links.choose(2) == "BB");
}

BOOST_AUTO_TEST_CASE(a_link_that_is_down_is_tried_where_there_is_no_better_one) {
  Links links("AB");
  links.set_health(0, Health::down);
  std::vector<Link*> tried{&links.at(1)};
  BOOST_TEST(links.choose(1, tried) == "A");
  links.set_health(1, Health::down);
  BOOST_TEST(links.choose(4) == "ABAB");
}

BOOST_AUTO_TEST_CASE(a_link_that_was_down_earns_nothing_meanwhile) {
  Links links("AB");
  links.set_health(0, Health::down);
  links.choose(100);
  links.set_health(0, Health::up);
  BOOST_TEST(links.choose(6) == "ABABAB");
}

BOOST_AUTO_TEST_CASE(a_disabled_link_is_never_chosen) {
  Links links("AB");
  links.set.set_enabled(links.at(0), false);
  BOOST_TEST(links.choose(2) == "BB");
  links.set.set_enabled(links.at(1), false);
  BOOST_TEST(links.choose(1) == "-");
  links.set.set_enabled(links.at(0), true);
  BOOST_TEST(links.choose(1) == "A");
}

BOOST_AUTO_TEST_CASE(a_new_weight_counts_from_the_next_choice_on) {
  Links links("AB");
  links.set.set_weight(links.at(0), 3);
  BOOST_TEST(links.choose(4) == "ABAA");
}

BOOST_AUTO_TEST_CASE(a_link_that_is_added_takes_part_and_one_that_is_retired_does_not) {
  Links links("A");
  auto& first = links.at(0);
  links.set.add(Links::make('B'));
  BOOST_TEST(links.choose(4) == "ABAB");
  links.set.retire(first);
  BOOST_TEST(links.choose(2) == "BB");
  BOOST_TEST(links.set.links().size() == 1u);
  BOOST_TEST(first.name() == "A");
}

BOOST_AUTO_TEST_CASE(a_link_without_its_address_is_not_chosen) {
  Links links("AB");
  links.set.set_presence(links.at(0), {{}, {}, "the cable is out"}, {});
  BOOST_TEST(links.choose(2) == "BB");
}

BOOST_AUTO_TEST_CASE(those_who_watch_hear_of_each_change_and_of_nothing_that_stays) {
  Links links("AB");
  net::asio::io_context loop;
  std::string heard;
  auto watch =
      links.set.watch(loop.get_executor(), [&](Link& link) { heard += link.name() + " "; });
  links.set_health(0, Health::suspect);
  links.set_health(0, Health::suspect);
  links.set.set_enabled(links.at(1), false);
  links.set.set_weight(links.at(1), 1);
  links.set.set_weight(links.at(1), 2);
  links.set.set_presence(links.at(0), {net::kAnyEgress, {}, {}}, {});
  links.set.set_presence(links.at(0), {net::kAnyEgress, net::kAnyEgress, {}}, {});
  BOOST_TEST(heard == "");
  loop.run();
  BOOST_TEST(heard == "A B B A ");
}

BOOST_AUTO_TEST_CASE(a_watch_that_is_gone_hears_nothing_of_what_was_on_its_way) {
  Links links("A");
  net::asio::io_context loop;
  int heard = 0;
  auto watch = links.set.watch(loop.get_executor(), [&](Link&) { ++heard; });
  links.set.set_enabled(links.at(0), false);
  watch.reset();
  loop.run();
  BOOST_TEST(heard == 0);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::link

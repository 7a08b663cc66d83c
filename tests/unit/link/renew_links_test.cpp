// Other links while the dispatcher runs: what is kept, what goes, what comes.

#include "engine/link/renew_links.hpp"

#include "engine/link/policy/smooth_weighted_round_robin.hpp"
#include "sim/core/simulation.hpp"
#include "sim/host/host.hpp"
#include "sim/host/world.hpp"

#include <boost/test/unit_test.hpp>

namespace dispatch::link {
BOOST_AUTO_TEST_SUITE(renewing_links)
namespace {

std::vector<LinkSpec> specs_of(const std::vector<std::string>& texts) {
  std::vector<LinkSpec> specs;
  for (const auto& text : texts) specs.push_back(parse_link_spec(text));
  return specs;
}

struct Laptop {
  Laptop() : host(world.add_host("laptop")) {
    unsigned number = 0;
    for (const auto* name : {"wifi", "lte", "eth"}) {
      const auto address = net::AddressV4({192, 0, 2, static_cast<unsigned char>(++number)});
      world.attach(host, name, {net::Prefix{address, 32}}, sim::LinkOptions());
    }
    before = specs_of({"wifi/2", "lte"});
    set.emplace(make_links(before, interfaces(), host.network()),
                [] { return std::make_unique<SmoothWeightedRoundRobin>(); });
  }

  std::vector<net::Interface> interfaces() { return host.interfaces().list().value(); }

  std::string renew(const std::vector<std::string>& texts) {
    auto renewal = renew_links(*set, before, specs_of(texts), interfaces(), host.network());
    auto summary = renewal.summary();
    std::move(renewal).apply_to(*set, simulation.now());
    before = specs_of(texts);
    return summary;
  }

  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto* each : set->links()) names.push_back(each->name());
    return names;
  }

  sim::Simulation simulation{1};
  sim::World world{simulation};
  sim::Host& host;
  std::vector<LinkSpec> before;
  std::optional<LinkSet> set;
};

using Names = std::vector<std::string>;

BOOST_AUTO_TEST_CASE(a_link_that_stays_keeps_its_counters_and_takes_its_new_weight) {
  Laptop laptop;
  auto* wifi = laptop.set->links().front();
  const LinkUse use(*wifi);
  BOOST_TEST(laptop.renew({"wifi/5", "lte"}) == "wifi has weight 5");
  BOOST_TEST(laptop.set->links().front() == wifi);
  BOOST_TEST(wifi->weight() == 5);
  BOOST_TEST(wifi->counters().live == 1);
  BOOST_TEST(laptop.renew({"wifi/5", "lte"}) == "");
}

BOOST_AUTO_TEST_CASE(links_are_added_and_retired) {
  Laptop laptop;
  auto* wifi = laptop.set->links().front();
  const LinkUse use(*wifi);
  BOOST_TEST(laptop.renew({"lte", "eth/3"}) == "eth added, wifi retired");
  BOOST_TEST(laptop.names() == (Names{"lte", "eth"}), boost::test_tools::per_element());
  BOOST_TEST(wifi->counters().live == 1);
}

BOOST_AUTO_TEST_CASE(a_link_that_stays_takes_its_new_rates_and_its_new_cap) {
  Laptop laptop;
  auto* wifi = laptop.set->links().front();
  BOOST_TEST(laptop.renew({"wifi/2,rate=1Mbit/s,cap=1GB/day", "lte"}) == "wifi has other limits");
  BOOST_TEST(laptop.set->links().front() == wifi);
  BOOST_TEST(wifi->down()->limit().bits_per_second == 1'000'000u);
  BOOST_TEST(wifi->limits().cap.value().bytes == 1'000'000'000u);
  BOOST_TEST(laptop.renew({"wifi/2", "lte"}) == "wifi has other limits");
  BOOST_TEST(!wifi->up()->is_limited());
  BOOST_TEST(!wifi->limits().cap.has_value());
}

BOOST_AUTO_TEST_CASE(a_link_that_differs_in_more_is_replaced) {
  Laptop laptop;
  BOOST_TEST(laptop.renew({"wifi/2,max=10", "lte"}) == "wifi added, wifi retired");
  BOOST_TEST(laptop.names() == (Names{"lte", "wifi"}), boost::test_tools::per_element());
  BOOST_TEST(laptop.set->links().back()->connections_max() == 10);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_changes_nothing) {
  Laptop laptop;
  BOOST_CHECK_THROW(laptop.renew({"wifi/9", "192.0.2.1"}), net::ConfigError);
  BOOST_TEST(laptop.names() == (Names{"wifi", "lte"}), boost::test_tools::per_element());
  BOOST_TEST(laptop.set->links().front()->weight() == 2);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::link

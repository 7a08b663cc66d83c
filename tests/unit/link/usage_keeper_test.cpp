// What links have used of their data caps, as it is counted, told and kept.

#include "engine/link/usage_keeper.hpp"

#include "engine/link/link_spec.hpp"
#include "engine/link/policy/smooth_weighted_round_robin.hpp"
#include "engine/net/task_group.hpp"
#include "sim/core/simulation.hpp"
#include "sim/host/host.hpp"
#include "sim/host/world.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

namespace dispatch::link {
BOOST_AUTO_TEST_SUITE(usage_of_caps)
namespace {

using namespace std::chrono_literals;

// A disk.
struct Disk : UsageStore {
  std::string load() override { return text; }
  void put_aside() override { aside = text; }
  void save(std::string given) override {
    text = std::move(given);
    ++saves;
  }
  std::optional<std::string> news() override { return std::nullopt; }

  std::string text;
  std::string aside;
  int saves = 0;
};

// From its start to its end, which leaves the disk.
struct Run {
  Run(const std::vector<std::string>& arguments, Disk& disk) : host(world.add_host("laptop")) {
    unsigned number = 0;
    for (const auto* name : {"lte", "wifi"}) {
      const auto address = net::AddressV4({192, 0, 2, static_cast<unsigned char>(++number)});
      world.attach(host, name, {net::Prefix{address, 32}}, sim::LinkOptions());
    }
    simulation.set_log_sink([this](net::TimePoint, std::string_view, net::LogLevel,
                                   std::string_view line) { lines.emplace_back(line); });
    std::vector<LinkSpec> specs;
    for (const auto& text : arguments) specs.push_back(parse_link_spec(text));
    set.emplace(make_links(specs, host.interfaces().list().value(), host.network()),
                [] { return std::make_unique<SmoothWeightedRoundRobin>(); });
    keeper.emplace(host, *set, &disk);
    tasks.emplace(host.executor(), nullptr);
    tasks->spawn(keeper->run());
    simulation.run_for(1ms);
  }
  ~Run() { simulation.drop_tasks(); }

  void stop() {
    tasks->cancel();
    simulation.run_for(1ms);
  }
  Link& link(std::size_t index = 0) { return *set->links()[index]; }
  bool has_told(std::string_view line) const {
    return std::ranges::find(lines, line) != lines.end();
  }
  void carry(std::uint64_t bytes) { link().counters().received.add(bytes); }

  sim::Simulation simulation{1};
  sim::World world{simulation};
  sim::Host& host;
  std::vector<std::string> lines;
  std::optional<LinkSet> set;
  std::optional<UsageKeeper> keeper;
  std::optional<net::TaskGroup> tasks;
};

BOOST_AUTO_TEST_CASE(a_link_that_has_used_its_cap_gets_nothing_until_its_next_period) {
  Disk disk;
  Run run({"lte,cap=1MB/30s", "wifi"}, disk);
  run.carry(999'999);
  run.simulation.run_for(1s);
  BOOST_TEST((run.link().allowance() == Allowance::free));
  run.link().counters().sent.add(1);
  run.simulation.run_for(1s);
  BOOST_TEST((run.link().allowance() == Allowance::spent));
  BOOST_TEST(
      run.has_told("lte has used its data cap of 1 MB for these 30s: no new connections "
                   "until Sat 1 Jan 2000 00:00:30"));
  const auto turn = run.set->take_turn({{true, false}, run.simulation.now()});
  BOOST_TEST(turn.value().link().name() == "wifi");
  BOOST_TEST(!run.set->take_place(run.link()).has_value());
  run.simulation.run_for(29s);
  BOOST_TEST((run.link().allowance() == Allowance::free));
  BOOST_TEST(run.link().cap_usage().value().bytes == 0u);
  BOOST_TEST(run.has_told("lte is used again: a new period has begun, with a data cap of 1 MB"));
}

BOOST_AUTO_TEST_CASE(a_last_resort_comes_after_all_others_that_work) {
  Disk disk;
  Run run({"lte,cap=1MB/day,at-cap=last-resort", "wifi"}, disk);
  run.carry(1'000'000);
  run.simulation.run_for(1s);
  BOOST_TEST((run.link().allowance() == Allowance::last_resort));
  const auto chosen = [&](bool waits) {
    Need need{{true, false}, run.simulation.now()};
    need.waits = waits;
    const auto turn = run.set->take_turn(need);
    return turn ? turn->link().name() : std::string("none");
  };
  auto& wifi = run.link(1);
  BOOST_TEST(chosen(false) == "wifi");
  run.set->set_standing(wifi, {Health::suspect, "odd", {}});
  BOOST_TEST(chosen(false) == "wifi");
  run.set->set_standing(wifi, {Health::down, "dead", {}});
  BOOST_TEST(chosen(false) == "lte");
  BOOST_TEST(run.set->has_better(wifi));
  run.set->set_standing(wifi, {});
  run.set->set_enabled(wifi, false);
  BOOST_TEST(chosen(false) == "lte");
  BOOST_TEST(chosen(true) == "none");
}

BOOST_AUTO_TEST_CASE(usage_outlives_an_end_and_a_start) {
  Disk disk;
  {
    Run run({"lte,cap=1MB/day"}, disk);
    run.carry(600'000);
    run.stop();
  }
  Run run({"lte,cap=1MB/day"}, disk);
  BOOST_TEST(run.link().cap_usage().value().bytes == 600'000u);
  run.carry(400'000);
  run.simulation.run_for(1s);
  BOOST_TEST((run.link().allowance() == Allowance::spent));
}

// Nothing is told to save when the program is killed.
BOOST_AUTO_TEST_CASE(a_kill_loses_no_more_than_ten_seconds_and_no_more_than_its_share) {
  Disk disk;
  Run run({"lte,cap=100MB/day"}, disk);
  run.simulation.run_for(20s);
  run.carry(1'000);
  run.simulation.run_for(UsageKeeper::kSaveInterval + 200ms);
  BOOST_TEST(parse_usage(disk.text).value().front().bytes == 1'000u);
  run.carry(100'000'000 / UsageKeeper::kSaveShare);
  run.simulation.run_for(UsageKeeper::kSavePause + 200ms);
  BOOST_TEST(parse_usage(disk.text).value().front().bytes == 501'000u);
}

BOOST_AUTO_TEST_CASE(it_is_not_saved_more_often_than_each_second_nor_where_nothing_has_changed) {
  Disk disk;
  Run run({"lte,cap=100MB/day"}, disk);
  const auto first = disk.saves;
  for (int i = 0; i < 100; ++i) {
    run.carry(600'000);
    run.simulation.run_for(100ms);
  }
  BOOST_TEST(disk.saves - first <= 10);
  BOOST_TEST(disk.saves - first >= 8);
  run.simulation.run_for(1min);
  const auto then = disk.saves;
  run.simulation.run_for(10min);
  BOOST_TEST(disk.saves == then);
}

BOOST_AUTO_TEST_CASE(a_damaged_text_is_put_aside_and_counted_from_nothing) {
  Disk disk;
  disk.text = "dispatch usage 1\n99999999 2000-01-01T";
  Run run({"lte,cap=1MB/day"}, disk);
  BOOST_TEST(disk.aside == "dispatch usage 1\n99999999 2000-01-01T");
  BOOST_TEST(run.link().cap_usage().value().bytes == 0u);
}

// As of a machine that does not know the time until it is online.
BOOST_AUTO_TEST_CASE(a_clock_that_is_behind_frees_nothing) {
  Disk disk;
  disk.text = "dispatch usage 1\n1000000 2026-11-29T00:00:00Z lte\nend\n";
  Run run({"lte,cap=1MB/day"}, disk);
  BOOST_TEST((run.link().allowance() == Allowance::spent));
  run.simulation.run_for(59min);
  BOOST_TEST((run.link().allowance() == Allowance::spent));
  run.stop();
  BOOST_TEST(disk.text == "dispatch usage 1\n1000000 2026-11-29T00:00:00Z lte\nend\n");
}

BOOST_AUTO_TEST_CASE(another_cap_holds_at_once) {
  Disk disk;
  Run run({"lte,cap=1MB/day"}, disk);
  run.carry(1'500'000);
  run.simulation.run_for(1s);
  BOOST_TEST((run.link().allowance() == Allowance::spent));
  const auto with = [&](const std::string& text) {
    run.set->set_limits(run.link(), parse_link_spec(text).limits, run.simulation.now());
    run.simulation.run_for(10ms);
  };
  with("lte,cap=2MB/day");
  BOOST_TEST((run.link().allowance() == Allowance::free));
  BOOST_TEST(run.has_told("lte is used again: 1.5 MB of its data cap of 2 MB are used"));
  with("lte,cap=1MB/day,at-cap=end");
  BOOST_TEST(run.link().ends_connections());
  with("lte");
  BOOST_TEST((run.link().allowance() == Allowance::free));
  BOOST_TEST(!run.link().cap_usage().has_value());
}

BOOST_AUTO_TEST_CASE(a_link_that_takes_anothers_place_goes_on_where_that_was) {
  Disk disk;
  Run run({"lte,cap=1MB/day"}, disk);
  run.carry(600'000);
  run.simulation.run_for(1s);
  auto& old = run.link();
  run.set->retire(old);
  auto link = std::make_unique<Link>("lte", 3);
  link->set_limits(parse_link_spec("lte,cap=1MB/day").limits, {});
  auto& next = run.set->add(std::move(link));
  run.simulation.run_for(1s);
  BOOST_TEST(next.cap_usage().value().bytes == 600'000u);
  old.counters().received.add(400'000);  // what still runs
  run.simulation.run_for(1s);
  BOOST_TEST((next.allowance() == Allowance::spent));
}

BOOST_AUTO_TEST_CASE(without_a_cap_nothing_is_done) {
  Disk disk;
  Run run({"lte", "wifi"}, disk);
  const auto before = run.simulation.events();
  run.simulation.run_for(1h);
  BOOST_TEST(run.simulation.events() == before);
  BOOST_TEST(disk.saves == 0);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::link

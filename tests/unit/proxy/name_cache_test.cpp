// Names: through which link they are asked, and for how long the answers are kept.

#include "engine/net/deadline.hpp"
#include "tests/unit/proxy/dial_world.hpp"

#include <set>

namespace dispatch::proxy {
BOOST_AUTO_TEST_SUITE(name_cache)
namespace {

constexpr auto kWifi = DialWorld::kWifiRtt;
constexpr auto kLte = DialWorld::kLteRtt;

std::set<std::string> ways_of(const std::vector<SpyRuntime::Operation>& operations) {
  std::set<std::string> ways;
  for (const auto& each : operations) ways.insert(each.way);
  return ways;
}

// Puts one question; the answer arrives in `answer`.
net::Task<void> ask(NameCache& cache, NameQuestion question,
                    std::optional<NameCache::Answer>& answer) {
  answer = co_await cache.resolve(std::move(question));
}

NameQuestion question(std::string of, const char* device = "wifi") {
  return {std::move(of), net::Family::v4, {{net::Egress{std::nullopt, device}}}};
}

NameCache::Answer resolve(DialWorld& world, NameCache& cache, NameQuestion question) {
  std::optional<NameCache::Answer> answer;
  world.simulation.spawn(ask(cache, std::move(question), answer));
  world.simulation.run_for(60s);
  BOOST_REQUIRE(answer.has_value());
  return *answer;
}

BOOST_AUTO_TEST_CASE(a_name_is_asked_through_the_link_that_its_connection_takes) {
  DialWorld world;
  BOOST_TEST(world.dial(name("v4.example")).link() == "wifi");
  BOOST_TEST((ways_of(world.spy.operations) == std::set<std::string>{"wifi"}));
  world.spy.operations.clear();
  BOOST_TEST(world.dial(name("v4.example")).link() == "lte");
  BOOST_TEST((ways_of(world.spy.operations) == std::set<std::string>{"lte"}));
}

BOOST_AUTO_TEST_CASE(both_families_are_asked_about_at_the_same_time) {
  DialWorld world;
  world.dial(name("both.example"));
  const auto questions = world.spy.questions();
  BOOST_REQUIRE(questions.size() == 2u);
  BOOST_TEST(questions[0].what == "AAAA both.example");
  BOOST_TEST(questions[1].what == "A both.example");
  BOOST_TEST((questions[0].at == questions[1].at));
}

BOOST_AUTO_TEST_CASE(an_answer_is_kept_for_its_ttl_and_asked_for_again_after_it) {
  DialWorld world({"old"});
  BOOST_TEST((world.dial(name("v4.example")).took == 2 * kLte));
  const auto asked = world.dns.questions();
  world.simulation.run_for(59s);
  BOOST_TEST((world.dial(name("V4.Example")).took == kLte));
  BOOST_TEST(world.dns.questions() == asked);
  world.simulation.run_for(2s);
  BOOST_TEST((world.dial(name("v4.example")).took == 2 * kLte));
  BOOST_TEST(world.dns.questions() == asked + 1);
}

BOOST_AUTO_TEST_CASE(a_name_that_does_not_exist_is_an_error_after_one_round_trip) {
  DialWorld world;
  const auto outcome = world.dial(name("gone.example"));
  BOOST_TEST((outcome.error == net::ResolveError::not_found), outcome.error.message());
  BOOST_TEST((outcome.took == kWifi));
  BOOST_TEST(world.spy.connects().empty());
  for (const auto& link : world.links->links()) BOOST_TEST(link->counters().dials == 0u);
}

BOOST_AUTO_TEST_CASE(that_a_name_does_not_exist_is_kept_for_a_short_while) {
  DialWorld world({"wifi"});
  world.dial(name("new.example"));
  const auto asked = world.dns.questions();
  world.dns.add("new.example", {DialWorld::ip(DialWorld::kWww4)});
  world.simulation.run_for(14s);
  BOOST_TEST((world.dial(name("new.example")).error == net::ResolveError::not_found));
  BOOST_TEST(world.dns.questions() == asked);
  world.simulation.run_for(2s);
  BOOST_TEST(world.dial(name("new.example")).remote() == DialWorld::kWww4);
}

BOOST_AUTO_TEST_CASE(a_failing_server_is_tried_through_every_way_and_not_remembered) {
  DialWorld world;
  const auto outcome = world.dial(name("sick.example"));
  BOOST_TEST((outcome.error == net::ResolveError::server_failure), outcome.error.message());
  const auto ways = ways_of(world.spy.questions());
  BOOST_TEST((ways == std::set<std::string>{"any", "lte", "wifi"}));
  world.dns.add("sick.example", {DialWorld::ip(DialWorld::kWww4)});
  BOOST_TEST(world.dial(name("sick.example")).remote() == DialWorld::kWww4);
}

BOOST_AUTO_TEST_CASE(a_failing_server_is_believed_when_the_others_are_silent) {
  DialWorld world;
  world.spy.fault = [&](std::size_t n) {
    const auto& operation = world.spy.operations[n];
    return operation.way == "wifi" ? SpyRuntime::kSilence : net::Error{};
  };
  const auto outcome = world.dial(name("sick.example"));
  BOOST_TEST((outcome.error == net::ResolveError::server_failure), outcome.error.message());
  // A second for wifi, two round trips through lte and any route, and a second for what else comes.
  BOOST_TEST((outcome.took <= 1s + 2 * kLte + 1s), outcome.took / 1ms);
}

BOOST_AUTO_TEST_CASE(concurrent_dials_share_one_question) {
  DialWorld world({"wifi"});
  std::vector<DialWorld::Outcome> outcomes(50);
  for (auto& outcome : outcomes) {
    world.simulation.spawn(DialWorld::dial_into(world, name("both.example"), outcome));
  }
  world.simulation.run_for(1s);
  for (const auto& outcome : outcomes) BOOST_TEST(outcome.dialed.has_value());
  BOOST_TEST(world.dns.questions() == 2u);  // A and AAAA
}

BOOST_AUTO_TEST_CASE(silent_servers_of_a_link_are_helped_and_the_link_keeps_the_connection) {
  DialWorld world;
  world.spy.fault = [&](std::size_t n) {
    const auto& operation = world.spy.operations[n];
    return operation.what.starts_with("A") && operation.way == "wifi" ? SpyRuntime::kSilence
                                                                      : net::Error{};
  };
  const auto outcome = world.dial(name("v4.example"));
  BOOST_TEST(outcome.link() == "wifi");
  BOOST_TEST((outcome.took == 1s + kLte + kWifi));
}

BOOST_AUTO_TEST_CASE(servers_that_stay_silent_are_asked_last) {
  DialWorld world;
  world.spy.fault = [&](std::size_t n) {
    const auto& operation = world.spy.operations[n];
    return operation.what.starts_with("A") && operation.way == "wifi" ? SpyRuntime::kSilence
                                                                      : net::Error{};
  };
  net::Duration last{};
  for (const auto* each : {"v4.example", "v6.example", "both.example", "dead6.example"}) {
    world.dial(name(each));  // wifi's turn
    last = world.dial(literal(DialWorld::kWww4)).took;
  }
  BOOST_TEST((last == kLte));
  world.dns.add("fresh.example", {DialWorld::ip(DialWorld::kWww4)});
  const auto outcome = world.dial(name("fresh.example"));
  BOOST_TEST(outcome.link() == "wifi");
  BOOST_TEST((outcome.took == kLte + kWifi));
}

BOOST_AUTO_TEST_CASE(the_cache_is_bounded_and_forgets_what_was_not_used) {
  DialWorld world;
  NameCacheOptions options;
  options.entries_max = 3;
  NameCache cache(world.spy, options);
  for (const auto* each : {"a.example", "b.example", "c.example"}) {
    world.dns.add(each, {DialWorld::ip(DialWorld::kWww4)}, 3600s);
    BOOST_TEST(resolve(world, cache, question(each)).has_value());
  }
  BOOST_TEST(cache.find(question("a.example")).has_value());  // used
  world.dns.add("d.example", {DialWorld::ip(DialWorld::kWww4)}, 3600s);
  BOOST_TEST(resolve(world, cache, question("d.example")).has_value());
  BOOST_TEST(cache.size() == 3u);
  BOOST_TEST(cache.find(question("a.example")).has_value());
  BOOST_TEST(!cache.find(question("b.example")).has_value());
}

BOOST_AUTO_TEST_CASE(an_answer_holds_for_its_link_only) {
  DialWorld world;
  NameCache cache(world.spy, {});
  BOOST_TEST(resolve(world, cache, question("dead.example", "wifi")).has_value());
  BOOST_TEST(!cache.find(question("dead.example", "lte")).has_value());
}

BOOST_AUTO_TEST_CASE(a_question_goes_on_when_its_asker_leaves) {
  DialWorld world;
  NameCache cache(world.spy, {});
  const auto asker = [](DialWorld& in, NameCache& names) -> net::Task<void> {
    std::optional<NameCache::Answer> answer;
    co_await net::run_until(in.laptop.clock(), in.simulation.now() + 10ms,
                            ask(names, question("v4.example"), answer));
    BOOST_TEST((answer && !*answer && net::is_cancelled(answer->error())));
  };
  world.simulation.spawn(asker(world, cache));
  world.simulation.run_for(20ms);
  BOOST_TEST(cache.under_way() == 1u);
  world.simulation.run_for(20ms);
  BOOST_TEST(cache.under_way() == 0u);
  BOOST_TEST(cache.find(question("v4.example")).has_value());
}

BOOST_AUTO_TEST_CASE(a_cache_may_go_while_questions_are_under_way) {
  DialWorld world;
  world.spy.fault = [](std::size_t) { return SpyRuntime::kSilence; };
  std::optional<NameCache> cache;
  cache.emplace(world.spy, NameCacheOptions{});
  std::optional<NameCache::Answer> answer;
  world.simulation.spawn(ask(*cache, question("v4.example"), answer));
  world.simulation.run_for(10ms);
  BOOST_TEST(world.spy.open == 1u);
  cache.reset();
  world.simulation.run_for(10ms);
  BOOST_TEST(world.spy.open == 0u);
  BOOST_REQUIRE(answer.has_value());
  BOOST_TEST(net::is_cancelled(answer->error()));
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy

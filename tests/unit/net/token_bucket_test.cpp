// A token bucket, against what it promises: exact over any span, whatever is asked of it and when.
#include "engine/net/token_bucket.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <random>
#include <vector>

namespace dispatch::net {
BOOST_AUTO_TEST_SUITE(token_bucket)
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kBegin{};

// Bytes that passed at an instant.
struct Passed {
  TimePoint at;
  std::uint64_t bytes;
};

// Numbers that are the same with every library.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t below(std::uint64_t most) { return engine_() % most; }

 private:
  std::mt19937_64 engine_;
};

BOOST_AUTO_TEST_CASE(in_no_span_passes_more_than_the_rate_and_one_burst) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Random random(seed);
    const RateLimit limit{8'000 + random.below(10'000'000'000),
                          static_cast<std::size_t>(1'500 + random.below(1'000'000))};
    TokenBucket bucket(limit);
    std::vector<Passed> passed;
    auto now = kBegin;
    for (int i = 0; i < 400; ++i) {
      // Of a rate, mostly too soon, and now and then after a silence.
      now += Duration(random.below(random.below(10) == 0 ? 100'000'000 : 300'000));
      const auto bytes = static_cast<std::size_t>(1 + random.below(limit.burst));
      if (!bucket.take(bytes, now)) continue;
      const auto unused = static_cast<std::size_t>(random.below(3) == 0 ? random.below(bytes) : 0);
      bucket.give_back(unused);
      passed.push_back({now, bytes - unused});
    }
    for (std::size_t first = 0; first < passed.size(); ++first) {
      std::uint64_t sum = 0;
      for (std::size_t last = first; last < passed.size(); ++last) {
        sum += passed[last].bytes;
        const auto span = std::chrono::duration<double>(passed[last].at - passed[first].at);
        const auto most = span.count() * static_cast<double>(limit.bits_per_second) / 8 +
                          static_cast<double>(limit.burst);
        BOOST_REQUIRE_MESSAGE(static_cast<double>(sum) <= most + 1,
                              "seed " << seed << ": " << sum << " B in " << span.count() << " s");
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(who_takes_whenever_he_may_has_the_whole_rate) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Random random(seed);
    const RateLimit limit{8'000 + random.below(1'000'000'000), 100'000};
    TokenBucket bucket(limit);
    BOOST_REQUIRE(bucket.take(limit.burst, kBegin));
    auto now = kBegin;
    std::uint64_t sum = 0;
    for (int i = 0; i < 500; ++i) {
      const auto bytes = static_cast<std::size_t>(1 + random.below(limit.burst));
      now = bucket.ready_at(bytes, now);
      BOOST_REQUIRE(bucket.take(bytes, now));
      sum += bytes;
    }
    const auto seconds = std::chrono::duration<double>(now - kBegin).count();
    const auto rate = static_cast<double>(sum) * 8 / seconds;
    BOOST_TEST(rate == static_cast<double>(limit.bits_per_second),
               boost::test_tools::tolerance(1e-6));
  }
}

BOOST_AUTO_TEST_CASE(ready_is_the_first_instant_at_which_it_can_be_taken) {
  Random random(7);
  for (int i = 0; i < 200; ++i) {
    const RateLimit limit{8'000 + random.below(1'000'000'000), 50'000};
    TokenBucket bucket(limit);
    BOOST_REQUIRE(bucket.take(50'000, kBegin));
    const auto bytes = static_cast<std::size_t>(1 + random.below(50'000));
    const auto at = bucket.ready_at(bytes, kBegin);
    BOOST_REQUIRE(at > kBegin);
    BOOST_TEST(!bucket.take(bytes, at - 1ns));
    BOOST_TEST(bucket.take(bytes, at));
  }
}

BOOST_AUTO_TEST_CASE(what_has_passed_without_a_question_is_owed) {
  TokenBucket bucket({8'000'000, 10'000});  // 1 MB/s
  bucket.charge(110'000, kBegin);
  BOOST_TEST((bucket.ready_at(1, kBegin) - kBegin).count() == Duration(100ms + 1us).count());
}

BOOST_AUTO_TEST_CASE(more_than_a_burst_passes_when_the_burst_is_there_and_the_rest_is_owed) {
  TokenBucket bucket({8'000'000, 10'000});
  BOOST_TEST(bucket.take(30'000, kBegin));
  BOOST_TEST(!bucket.take(1, kBegin + 20ms));
  BOOST_TEST(bucket.take(1, kBegin + 20ms + 1us));
}

BOOST_AUTO_TEST_CASE(another_rate_holds_from_then_on_and_none_is_no_limit) {
  TokenBucket bucket({8'000, 1'500});
  BOOST_REQUIRE(bucket.take(1'500, kBegin));
  BOOST_TEST((bucket.ready_at(1'000, kBegin) - kBegin).count() == Duration(1s).count());
  bucket.set({8'000'000, 1'500}, kBegin);
  BOOST_TEST((bucket.ready_at(1'000, kBegin) - kBegin).count() == Duration(1ms).count());
  bucket.set({}, kBegin);
  BOOST_TEST(!bucket.is_limited());
  BOOST_TEST(bucket.take(1'000'000'000, kBegin));
}

BOOST_AUTO_TEST_CASE(a_clock_that_is_behind_adds_nothing) {
  TokenBucket bucket({8'000'000, 10'000});
  BOOST_REQUIRE(bucket.take(10'000, kBegin + 1s));
  BOOST_TEST(!bucket.take(1, kBegin));
  BOOST_TEST(!bucket.take(1'001, kBegin + 1s + 1ms));
  BOOST_TEST(bucket.take(1'000, kBegin + 1s + 1ms));
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::net

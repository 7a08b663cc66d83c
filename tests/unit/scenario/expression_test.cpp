#include "sim/scenario/expression.hpp"

#include <boost/test/unit_test.hpp>

#include <random>
#include <string>

namespace dispatch::scenario {
BOOST_AUTO_TEST_SUITE(expression)
namespace {

// "OFFSET: MESSAGE"
std::string error_of(std::string_view text) {
  try {
    parse_expression(text);
  } catch (const ExpressionError& error) {
    return std::to_string(error.offset()) + ": " + error.what();
  }
  return "(no error)";
}

BOOST_AUTO_TEST_CASE(a_comparison_has_a_metric_a_relation_and_a_bound) {
  const auto parsed = parse_expression("api.latency.p99 < 900 ms");
  const auto& metric = std::get<Metric>(parsed.left.whole);
  BOOST_TEST(metric.name == "api");
  BOOST_TEST((metric.what == Metric::What::latency_percentile));
  BOOST_TEST(metric.percent == 99u);
  BOOST_TEST((parsed.relation == Expression::Relation::less));
  BOOST_TEST(
      (std::get<Quantity>(parsed.right.whole) == Quantity{Quantity::Kind::duration, 900'000'000}));
}

BOOST_AUTO_TEST_CASE(metrics_read_back_as_they_were_written) {
  for (const auto* text :
       {"big.completed", "big.bytes_intact", "end < 30s", "drops(a) == 0",
        "share(wifi) in 60%..73%", "a-1.latency.mean < 1s", "x.latency.max < 1s",
        "goodput(all, down, 1s..5s) >= 90% of 28 Mbit/s", "rate(wifi) in 97%..101% of 8 Mbit/s",
        "bytes(wifi) > 50% of bytes(lte)", "connections(all) != 0"}) {
    const auto parsed = parse_expression(text);
    const auto& metric = std::get<Metric>(parsed.left.whole);
    const auto again = to_string(metric);
    BOOST_TEST(std::string_view(text).starts_with(again), text << " became " << again);
  }
}

BOOST_AUTO_TEST_CASE(blanks_do_not_matter) {
  const auto parsed = parse_expression(" goodput( all ,1 s .. 5 s )>=90 % of 28Mbit/s ");
  BOOST_TEST(to_string(std::get<Metric>(parsed.left.whole)) == "goodput(all, 1s..5s)");
  BOOST_TEST(parsed.right.part->parts_per_billion == 900'000'000u);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_told_with_its_place) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "0: something is missing at the end"},
      {"big", "0: \"big\" is no metric: write one such as big.completed, share(big) or end"},
      {"big.complete", "4: \"complete\" is no metric of a workload; did you mean \"completed\"?"},
      {"shares(wifi) > 1%", "0: \"shares(...)\" is no metric; did you mean \"share\"?"},
      {"share(wifi)",
       "0: a percentage does not stand alone: compare it with something, for "
       "example < 5"},
      {"big.completed == 1", "14: a yes or no stands alone, without a comparison"},
      {"share(wifi) > 5", "14: a percentage is compared with a count"},
      {"share(wifi) > 5 Mbit/s", "14: a percentage is compared with a rate"},
      {"share(wifi) in 60%", "18: \"in\" needs a range such as 60%..73%"},
      {"share(wifi) = 60%", "12: \"= 60%\" where a comparison is due: write < <= > >= == != or in"},
      {"share(wifi > 60%", "11: a \")\" is missing"},
      {"share(wifi, left) > 1%", "12: write down, up or a span of time such as 1s..5s"},
      {"share(wifi, 5s..1s) > 1%", "12: a span of time must end after its beginning"},
      {"connections(wifi, up) > 1", "18: connections have no direction"},
      {"big.latency < 5ms", "11: latency needs one of .p0 to .p100, .min, .max, .mean"},
      {"big.latency.p101 < 5ms", "11: latency needs one of .p0 to .p100, .min, .max, .mean"},
      {"big.failures <= 2 3", "18: \"3\" after the end"},
      {"end < 5 sec",
       "6: \"sec\" is no unit: write one of bit/s, kbit/s, Mbit/s, Gbit/s, Tbit/s, "
       "B/s, kB/s, MB/s, GB/s, B, kB, MB, GB, TB, KiB, MiB, GiB, TiB, ns, us, ms, "
       "s, min, h, %"},
      {"end < 5 of 3 s",
       "6: \"of\" is no unit: write one of bit/s, kbit/s, Mbit/s, Gbit/s, "
       "Tbit/s, B/s, kB/s, MB/s, GB/s, B, kB, MB, GB, TB, KiB, MiB, GiB, TiB, "
       "ns, us, ms, s, min, h, %"},
      {"failover(wifi) < 1.5s", "13: failover is of a link and an instant: failover(wifi, 5s)"},
      {"failover(all, 5s) < 1.5s", "12: failover is of a link and an instant: failover(wifi, 5s)"},
      {"failover(wifi, 5 B) < 1.5s", "13: failover needs an instant: failover(wifi, 5s)"},
      {"eventually healthy_links == 2", "29: eventually needs a limit: write within 10s"},
      {"healthy_links == 2 within 10s", "19: \"within\" is of eventually"},
      {"eventually end < 5s within 1s", "11: end has no value at an instant"},
      {"always big.latency.p99 < 5ms", "7: big.latency.p99 has no value at an instant"},
      {"eventually healthy_links == 2 within 5 B",
       "30: within needs a duration of at most 10000 h"},
      {"eventually healthy_links == 2 during 1s..2s within 1s",
       "30: eventually is within a time: write within 10s after 12s"},
      {"queue(wifi, 1s..2s) > 1 B", "12: what is so now has no span of time: write during 1s..5s"},
  };
  for (const auto& [text, message] : cases)
    BOOST_TEST(error_of(text) == message, text << " said " << error_of(text));
}

// Whatever comes, the parser answers with an expression or an ExpressionError inside the text.
BOOST_AUTO_TEST_CASE(random_text_is_parsed_or_refused) {
  const char* const parts[] = {"big",       ".",
                               "completed", "latency",
                               "p99",       "(",
                               ")",         ",",
                               "..",        "1s",
                               "5 s",       "%",
                               "60%",       "of",
                               "in",        "<",
                               ">=",        "==",
                               "!",         " ",
                               "share",     "goodput",
                               "all",       "wifi",
                               "Mbit/s",    "9999999999999999999",
                               "1.",        "-",
                               "end",       "down",
                               "\"",        "\xff",
                               "/",         "_",
                               "0",         ".5"};
  std::mt19937_64 random(7);
  int parsed = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string text;
    for (auto n = random() % 12; n > 0; --n) text += parts[random() % std::size(parts)];
    try {
      parsed += static_cast<int>(parse_expression(text).metrics().size());
    } catch (const ExpressionError& error) {
      BOOST_REQUIRE_LE(error.offset(), text.size());
    }
  }
  BOOST_TEST(parsed > 0);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::scenario

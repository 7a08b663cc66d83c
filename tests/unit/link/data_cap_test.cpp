// Periods of data caps by the calendar, caps and rates as they are written, and the file's text.
#include "engine/link/limits.hpp"
#include "engine/link/link_spec.hpp"
#include "engine/link/usage_text.hpp"

#include <boost/test/unit_test.hpp>

namespace dispatch::link {
BOOST_AUTO_TEST_SUITE(data_caps)
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;
using std::chrono::year;

net::WallTime at(int y, unsigned m, unsigned d, net::Duration time = {}) {
  return sys_days(year(y) / static_cast<int>(m) / static_cast<int>(d)) + time;
}

net::Duration utc(net::WallTime) {
  return {};
}

// As in Berlin in 2026: an hour ahead, two from 29 March 01:00 UTC to 25 October 01:00 UTC.
net::Duration berlin(net::WallTime time) {
  const bool summer = time >= at(2026, 3, 29, 1h) && time < at(2026, 10, 25, 1h);
  return summer ? 2h : 1h;
}

std::string span(std::string_view cap, std::string_view start, net::WallTime now,
                 const UtcOffset& offset = utc) {
  auto period = parse_data_cap(cap).period;
  if (!start.empty()) set_start(period, start);
  const auto found = period_at(period, now, at(2026, 1, 1, 10min), offset);
  return utc_text(found.begin) + " " + utc_text(found.end);
}

std::string error_of(const std::string& spec) {
  try {
    parse_link_spec(spec);
  } catch (const net::ConfigError& error) {
    return error.what();
  }
  return "none";
}

BOOST_AUTO_TEST_CASE(a_month_begins_on_its_day) {
  BOOST_TEST(span("1GB/month", "", at(2026, 11, 29, 10h)) ==
             "2026-11-01T00:00:00Z 2026-12-01T00:00:00Z");
  BOOST_TEST(span("1GB/month", "15", at(2026, 11, 14, 24h - 1s)) ==
             "2026-10-15T00:00:00Z 2026-11-15T00:00:00Z");
  BOOST_TEST(span("1GB/month", "15", at(2026, 11, 15)) ==
             "2026-11-15T00:00:00Z 2026-12-15T00:00:00Z");
  BOOST_TEST(span("1GB/month", "15", at(2027, 1, 3)) ==
             "2026-12-15T00:00:00Z 2027-01-15T00:00:00Z");
}

BOOST_AUTO_TEST_CASE(a_month_without_that_day_begins_on_its_last_one) {
  BOOST_TEST(span("1GB/month", "31", at(2026, 2, 10)) ==
             "2026-01-31T00:00:00Z 2026-02-28T00:00:00Z");
  BOOST_TEST(span("1GB/month", "31", at(2026, 2, 28)) ==
             "2026-02-28T00:00:00Z 2026-03-31T00:00:00Z");
  BOOST_TEST(span("1GB/month", "30", at(2028, 2, 29)) ==
             "2028-02-29T00:00:00Z 2028-03-30T00:00:00Z");
}

BOOST_AUTO_TEST_CASE(weeks_and_days_begin_when_they_are_said_to) {
  // 29 November 2026 is a Sunday.
  BOOST_TEST(span("1GB/week", "", at(2026, 11, 29)) == "2026-11-23T00:00:00Z 2026-11-30T00:00:00Z");
  BOOST_TEST(span("1GB/week", "sun", at(2026, 11, 29)) ==
             "2026-11-29T00:00:00Z 2026-12-06T00:00:00Z");
  BOOST_TEST(span("1GB/day", "", at(2026, 11, 29, 5h)) ==
             "2026-11-29T00:00:00Z 2026-11-30T00:00:00Z");
  BOOST_TEST(span("1GB/day", "06:30", at(2026, 11, 29, 5h)) ==
             "2026-11-28T06:30:00Z 2026-11-29T06:30:00Z");
}

BOOST_AUTO_TEST_CASE(periods_are_those_of_local_time_also_when_the_clocks_change) {
  BOOST_TEST(span("1GB/month", "", at(2026, 10, 31, 23h + 30min), berlin) ==
             "2026-10-31T23:00:00Z 2026-11-30T23:00:00Z");
  // The whole of October 2026 is an hour longer than its days.
  BOOST_TEST(span("1GB/month", "", at(2026, 10, 26), berlin) ==
             "2026-09-30T22:00:00Z 2026-10-31T23:00:00Z");
  BOOST_TEST(span("1GB/day", "", at(2026, 10, 25, 12h), berlin) ==
             "2026-10-24T22:00:00Z 2026-10-25T23:00:00Z");
  BOOST_TEST(local_text(at(2026, 11, 30, 23h), berlin) == "Tue 1 Dec 2026 00:00");
}

BOOST_AUTO_TEST_CASE(plain_periods_follow_one_another_from_the_first) {
  BOOST_TEST(span("1GB/12h", "", at(2026, 1, 2, 10min)) ==
             "2026-01-02T00:10:00Z 2026-01-02T12:10:00Z");
  BOOST_TEST(span("1GB/hour", "", at(2026, 1, 1, 69min)) ==
             "2026-01-01T00:10:00Z 2026-01-01T01:10:00Z");
  BOOST_TEST((period_at(parse_data_cap("1GB").period, at(2030, 1, 1), at(2026, 1, 1), utc).end ==
              kEndOfTime));
}

BOOST_AUTO_TEST_CASE(a_link_has_its_rates_and_its_cap_in_any_order) {
  const auto spec = parse_link_spec(
      "lte/1,at-cap=last-resort,rate=20Mbit/s,cap-start=15,up=5 Mbit/s,cap=50 GB/month,burst=64kB");
  const auto& limits = spec.limits;
  BOOST_TEST(limits.rates.down.bits_per_second == 20'000'000u);
  BOOST_TEST(limits.rates.up.bits_per_second == 5'000'000u);
  BOOST_TEST(limits.rates.up.burst == 64'000u);
  BOOST_TEST(limits.cap.value().bytes == 50'000'000'000u);
  BOOST_TEST(limits.cap.value().period.start == 15u);
  BOOST_TEST((limits.cap.value().at_cap == AtCap::last_resort));
  BOOST_TEST(to_string(limits.rates) == "down 20 Mbit/s, up 5 Mbit/s");
  BOOST_TEST((parse_rate_limits("down=1Mbit/s").up.is_set()) == false);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_a_limit_is_said) {
  BOOST_TEST(error_of("a,rate=fast") ==
             "'a,rate=fast': rate=fast: \"fast\" is not a rate: write one such as 50 Mbit/s");
  BOOST_TEST(error_of("a,rate=1kbit/s") ==
             "'a,rate=1kbit/s': rate=1kbit/s is not from 8 kbit/s to 1 Tbit/s");
  BOOST_TEST(error_of("a,burst=64kB") == "'a,burst=64kB': burst= without rate=, down= or up=");
  BOOST_TEST(error_of("a,cap=0B") == "'a,cap=0B': cap=0B: a link that carries nothing");
  BOOST_TEST(
      error_of("a,cap=1GB/year") ==
      "'a,cap=1GB/year': cap=1GB/year: 'year' is no period: day, week, month, or a time from "
      "1s to 8784h such as 12h");
  BOOST_TEST(
      error_of("a,cap=1GB/month,cap-start=32") ==
      "'a,cap=1GB/month,cap-start=32': cap-start=32 is not a day of the month, from 1 to 31");
  BOOST_TEST(error_of("a,cap=1GB/week,cap-start=monday") ==
             "'a,cap=1GB/week,cap-start=monday': cap-start=monday is not a day of the week: mon, "
             "tue, wed, thu, fri, sat or sun");
  BOOST_TEST(error_of("a,cap=1GB/12h,cap-start=1") ==
             "'a,cap=1GB/12h,cap-start=1': cap-start= is for caps of a day, a week or a month");
  BOOST_TEST(error_of("a,at-cap=stop") == "'a,at-cap=stop': at-cap= without cap=");
  BOOST_TEST(
      error_of("a,cap=1GB,at-cap=maybe") ==
      "'a,cap=1GB,at-cap=maybe': at-cap=maybe is none of stop (no new connections), end (open "
      "ones end too) and last-resort (used where no other link is left)");
  BOOST_TEST(error_of("a,cap=") == "'a,cap=': a value is missing: cap=");
}

BOOST_AUTO_TEST_CASE(usage_is_read_as_it_was_written) {
  const std::vector<KeptUsage> usage{{"lte", 48'211'334'411, at(2026, 11, 1)},
                                     {"socks5://a.example:1080", 0, at(2026, 11, 29, 10h + 1s)}};
  const auto text = usage_text(usage);
  BOOST_TEST(text ==
             "dispatch usage 1\n"
             "48211334411 2026-11-01T00:00:00Z lte\n"
             "0 2026-11-29T10:00:01Z socks5://a.example:1080\n"
             "end\n");
  BOOST_TEST((parse_usage(text) == usage));
}

BOOST_AUTO_TEST_CASE(usage_that_is_not_whole_is_no_usage) {
  const auto text = usage_text({{"lte", 5, at(2026, 11, 1)}, {"wifi", 7, at(2026, 11, 1)}});
  for (std::size_t size = 0; size < text.size(); ++size) {
    BOOST_TEST_CONTEXT(size) {
      BOOST_TEST(!parse_usage(text.substr(0, size)).has_value());
    }
  }
  for (const auto* wrong :
       {"dispatch usage 2\nend\n", "dispatch usage 1\nend\nmore\n",
        "dispatch usage 1\n5 lte\nend\n", "dispatch usage 1\n-5 2026-11-01T00:00:00Z lte\nend\n",
        "dispatch usage 1\n5 2026-02-30T00:00:00Z lte\nend\n",
        "dispatch usage 1\n5 2026-11-01T00:00:00Z \nend\n"}) {
    BOOST_TEST_CONTEXT(wrong) {
      BOOST_TEST(!parse_usage(wrong).has_value());
    }
  }
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::link

#include "engine/units/quantity.hpp"

#include <boost/test/unit_test.hpp>

#include <random>

namespace dispatch::units {
BOOST_AUTO_TEST_SUITE(units)
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

template <typename Call>
std::string error_of(Call call) {
  try {
    call();
  } catch (const UnitError& error) {
    return error.what();
  }
  return "(no error)";
}

BOOST_AUTO_TEST_CASE(quantities_are_exact_integers) {
  BOOST_TEST(parse_rate("50 Mbit/s").bits_per_second == 50'000'000u);
  BOOST_TEST(parse_rate("1.544Mbit/s").bits_per_second == 1'544'000u);
  BOOST_TEST(parse_rate("  9.6 kbit/s ").bits_per_second == 9'600u);
  BOOST_TEST(parse_rate("2 MB/s").bits_per_second == 16'000'000u);
  BOOST_TEST(parse_bytes("250 kB").count == 250'000u);
  BOOST_TEST(parse_bytes("64 KiB").count == 65'536u);
  BOOST_TEST(parse_bytes("0.5 MiB").count == 524'288u);
  BOOST_TEST((parse_duration("12ms") == milliseconds(12)));
  BOOST_TEST((parse_duration("1.5 min") == seconds(90)));
  BOOST_TEST((parse_duration("0.000000001s") == nanoseconds(1)));
  BOOST_TEST(parse_ratio("0.2%").parts_per_billion == 2'000'000u);
  BOOST_TEST(parse_ratio("100 %").parts_per_billion == Ratio::kWhole);
}

BOOST_AUTO_TEST_CASE(wrong_quantities_say_what_would_be_right) {
  BOOST_TEST(error_of([] { parse_rate("50"); }) ==
             "\"50\" has no unit: write a rate such as 50 Mbit/s");
  BOOST_TEST(error_of([] { parse_rate("50 mbit/s"); }) ==
             "\"mbit/s\" is no unit of a rate; did you mean \"Mbit/s\"?");
  BOOST_TEST(error_of([] { parse_rate("50 ms"); }) ==
             "\"ms\" is no unit of a rate: write one of bit/s, kbit/s, Mbit/s, Gbit/s, Tbit/s, "
             "B/s, kB/s, MB/s, GB/s");
  BOOST_TEST(error_of([] { parse_bytes("1.5 B"); }) == "\"1.5 B\" is finer than one byte");
  BOOST_TEST(error_of([] { parse_duration("-5 ms"); }) ==
             "\"-5 ms\" is not a duration: write one such as 12 ms");
  BOOST_TEST(error_of([] { parse_duration("1. s"); }) ==
             "\"1. s\" is not a duration: write one such as 12 ms");
  BOOST_TEST(error_of([] { parse_duration("99999999999 h"); }) == "\"99999999999 h\" is too large");
  BOOST_TEST(error_of([] { parse_bytes("123456789012345678901234567890 B"); }) ==
             "\"123456789012345678901234567890 B\" has too many digits");
  BOOST_TEST(error_of([] { parse_count("3 s"); }) ==
             "\"3 s\" is not a whole number: write one such as 3");
}

BOOST_AUTO_TEST_CASE(the_text_of_a_quantity_parses_to_the_same_quantity) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20'000; ++i) {
    const auto value = (random() >> 1) >> (random() % 63);
    BOOST_TEST(parse_rate(to_string(Rate{value})).bits_per_second == value);
    BOOST_TEST(parse_bytes(to_string(Bytes{value})).count == value);
    const Duration duration(static_cast<std::int64_t>(value));
    BOOST_TEST((parse_duration(to_string(duration)) == duration));
    const Ratio ratio{value % (Ratio::kWhole + 1)};
    BOOST_TEST(parse_ratio(to_string(ratio)).parts_per_billion == ratio.parts_per_billion);
  }
}

BOOST_AUTO_TEST_CASE(texts_use_the_largest_unit_that_is_exact) {
  BOOST_TEST(to_string(Rate{12'500'000}) == "12.5 Mbit/s");
  BOOST_TEST(to_string(Rate{1'000'001}) == "1000.001 kbit/s");
  BOOST_TEST(to_string(Bytes{0}) == "0 B");
  BOOST_TEST(to_string(Duration(milliseconds(1500))) == "1.5s");
  BOOST_TEST(to_string(Ratio{2'000'000}) == "0.2%");
}

BOOST_AUTO_TEST_CASE(a_frequency_spreads_its_events_without_drift) {
  const auto often = parse_frequency("3/s");
  BOOST_TEST((often.nth(0) == Duration::zero()));
  BOOST_TEST((often.nth(1) == nanoseconds(333'333'333)));
  BOOST_TEST((often.nth(3'000'000) == seconds(1'000'000)));
  BOOST_TEST((parse_frequency("0.5/s").nth(1) == seconds(2)));
  BOOST_TEST((parse_frequency("30/min").nth(30) == minutes(1)));
  for (const auto* text : {"3/s", "0.5/s", "30/min", "1.25/h"}) {
    BOOST_TEST(to_string(parse_frequency(text)) == text);
  }
  BOOST_TEST((parse_frequency("0.30/min") == parse_frequency("0.3/min")));
  BOOST_TEST(error_of([] { parse_frequency("0/s"); }) == "a frequency must be more than 0");
}

BOOST_AUTO_TEST_CASE(a_share_is_rounded_to_the_nearest_part) {
  BOOST_TEST(Ratio::of(2, 3).parts_per_billion == 666'666'667u);
  BOOST_TEST(Ratio::of(UINT64_MAX, UINT64_MAX).parts_per_billion == Ratio::kWhole);
}

BOOST_AUTO_TEST_CASE(the_unit_tells_the_kind_of_a_quantity) {
  BOOST_TEST((parse_quantity("28 Mbit/s") == Quantity{Quantity::Kind::rate, 28'000'000}));
  BOOST_TEST((parse_quantity("900ms") == Quantity{Quantity::Kind::duration, 900'000'000}));
  BOOST_TEST((parse_quantity("60%") == Quantity{Quantity::Kind::ratio, 600'000'000}));
  BOOST_TEST((parse_quantity("7") == Quantity{Quantity::Kind::count, 7}));
  BOOST_TEST(error_of([] { parse_quantity("5 mB"); }) == "\"mB\" is no unit; did you mean \"MB\"?");
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::units

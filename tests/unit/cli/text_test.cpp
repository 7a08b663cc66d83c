#include "cli/table.hpp"
#include "cli/units.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>

namespace dispatch::cli {
BOOST_AUTO_TEST_SUITE(text)
namespace {

BOOST_AUTO_TEST_CASE(a_table_aligns_its_columns_and_leaves_no_trailing_space) {
  Table table({{"NAME"}, {"COUNT", Align::right}, {"NOTE"}});
  table.add({"a", "7", "first"});
  table.add({"longer", "1234567"});
  BOOST_TEST(table.render("  ") ==
             "  NAME      COUNT  NOTE\n"
             "  a             7  first\n"
             "  longer  1234567\n");
}

BOOST_AUTO_TEST_CASE(a_styled_table_has_bold_titles_and_dim_rows) {
  Table table({{"NAME"}});
  table.add({"plain"});
  table.add({"faint"}, true);
  BOOST_TEST(table.render("", true) ==
             "\x1b[1mNAME\x1b[0m\n"
             "plain\n"
             "\x1b[2mfaint\x1b[0m\n");
}

BOOST_AUTO_TEST_CASE(bytes_change_their_unit_before_they_need_four_digits) {
  BOOST_TEST(format_bytes(0) == "0 B");
  BOOST_TEST(format_bytes(999) == "999 B");
  BOOST_TEST(format_bytes(1000) == "1.0 kB");
  BOOST_TEST(format_bytes(999'949) == "999.9 kB");
  BOOST_TEST(format_bytes(999'950) == "1.0 MB");
  BOOST_TEST(format_bytes(28'000'000) == "28.0 MB");
  BOOST_TEST(format_bytes(std::numeric_limits<std::uint64_t>::max()) == "18.4 EB");
}

BOOST_AUTO_TEST_CASE(a_share_of_nothing_is_not_a_number) {
  BOOST_TEST(format_share(0, 0) == "-");
  BOOST_TEST(format_share(0, 3) == "0.0 %");
  BOOST_TEST(format_share(2, 3) == "66.7 %");
  BOOST_TEST(format_share(3, 3) == "100.0 %");
}

BOOST_AUTO_TEST_CASE(one_of_a_thing_has_no_plural) {
  BOOST_TEST(format_count(0, "link") == "0 links");
  BOOST_TEST(format_count(1, "link") == "1 link");
  BOOST_TEST(format_count(2, "link") == "2 links");
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::cli

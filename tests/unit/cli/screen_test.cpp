// What the screens of dispatch stand on, without a terminal.
#include "cli/screen/data_table.hpp"
#include "cli/screen/graph.hpp"
#include "cli/screen/text_edit.hpp"

#include <boost/test/unit_test.hpp>

namespace dispatch::cli::screen {
BOOST_AUTO_TEST_SUITE(screen)
namespace {

using Kind = Key::Kind;

Key letter(const char* text) {
  return {Kind::letter, text};
}

std::vector<std::string> ids(const std::vector<Row>& rows) {
  std::vector<std::string> all;
  for (const auto& row : rows) all.push_back(row.id);
  return all;
}
using Ids = std::vector<std::string>;

const std::vector<Row> kRows{
    {"a", {{"beta"}, {"10", 10}}}, {"b", {{"Alpha"}, {"9", 9}}}, {"c", {{"gamma"}, {"200", 200}}}};

BOOST_AUTO_TEST_CASE(a_filter_takes_letters_and_gives_up_whole_ones) {
  Filter filter;
  filter.begin();
  for (const auto* each : {"A", "ü", "b"}) BOOST_TEST(filter.press(letter(each)));
  BOOST_TEST(filter.press({Kind::backspace}));
  BOOST_TEST(filter.press({Kind::backspace}));
  BOOST_TEST(filter.text == "A");
  BOOST_TEST(shown(filter) == "A_");
  BOOST_TEST(!filter.press({Kind::up}));
  BOOST_TEST(filter.press({Kind::enter}));
  BOOST_TEST(!filter.writes);
  BOOST_TEST(filter.text == "A");
  filter.begin();
  BOOST_TEST(filter.press({Kind::escape}));
  BOOST_TEST(filter.text.empty());
}

BOOST_AUTO_TEST_CASE(rows_are_filtered_by_any_cell_and_sorted_by_one) {
  TableState state;
  BOOST_TEST(ids(arranged(kRows, state)) == (Ids{"a", "b", "c"}));
  state.sort_by(0);
  BOOST_TEST(ids(arranged(kRows, state)) == (Ids{"b", "a", "c"}));
  state.sort_by(1);  // figures by what they are, the largest first
  BOOST_TEST(ids(arranged(kRows, state)) == (Ids{"c", "a", "b"}));
  state.sort_by(1);
  BOOST_TEST(ids(arranged(kRows, state)) == (Ids{"b", "a", "c"}));
  state.filter.text = "ALP";
  BOOST_TEST(ids(arranged(kRows, state)) == (Ids{"b"}));
  state.filter.text = "200";
  BOOST_TEST(ids(arranged(kRows, state)) == (Ids{"c"}));
}

BOOST_AUTO_TEST_CASE(the_key_goes_through_all_columns_and_back) {
  TableState state;
  state.sort_by_next(2);
  BOOST_TEST(state.by.value() == 0U);
  state.sort_by_next(2);
  BOOST_TEST(state.by.value() == 1U);
  state.sort_by_next(2);
  BOOST_TEST(!state.by.has_value());
}

BOOST_AUTO_TEST_CASE(a_selection_stays_with_its_row_or_with_its_place) {
  TableState state;
  state.select(kRows, 1);
  BOOST_TEST(state.selected == "b");
  const std::vector<Row> fewer{kRows[1], kRows[2]};
  BOOST_TEST(state.row(fewer) == 0U);
  const std::vector<Row> without{kRows[0], kRows[2]};
  BOOST_TEST(state.row(without) == 1U);
  BOOST_TEST(state.row({kRows[0]}) == 0U);
  BOOST_TEST(state.row({}) == 0U);
  state.select(kRows, 99);
  BOOST_TEST(state.selected == "c");
  state.select(kRows, -99);
  BOOST_TEST(state.selected == "a");
}

BOOST_AUTO_TEST_CASE(columns_share_what_is_left) {
  const std::vector<Column> columns{{"A"}, {"B", 10}, {"C", 8, true, true}, {"D"}};
  BOOST_TEST(widths_of(columns, 51, false) == (std::vector<int>{20, 10, 0, 21}));
  BOOST_TEST(widths_of(columns, 58, true) == (std::vector<int>{20, 10, 8, 20}));
  BOOST_TEST(widths_of(columns, 5, false) == (std::vector<int>{0, 10, 0, 0}));
}

BOOST_AUTO_TEST_CASE(the_selected_row_is_seen) {
  BOOST_TEST(first_shown(0, 5) == 0U);
  BOOST_TEST(first_shown(4, 5) == 0U);
  BOOST_TEST(first_shown(5, 5) == 1U);
}

BOOST_AUTO_TEST_CASE(a_line_is_written_where_the_cursor_is) {
  TextEdit edit;
  for (const auto* each : {"a", "é", "c"}) (void)edit.press(letter(each));
  (void)edit.press({Kind::left});
  (void)edit.press({Kind::backspace});
  (void)edit.press(letter("b"));
  BOOST_TEST(edit.text() == "abc");
  BOOST_TEST(edit.cursor().column == 2U);
  (void)edit.press({Kind::home});
  (void)edit.press({Kind::erase});
  BOOST_TEST(edit.text() == "bc");
  (void)edit.press({Kind::end});
  (void)edit.press(letter("d"));
  BOOST_TEST(edit.text() == "bcd");
  BOOST_TEST(!edit.press({Kind::enter}));
  BOOST_TEST(!edit.press({Kind::up}));
}

BOOST_AUTO_TEST_CASE(several_lines_are_written_up_and_down) {
  TextEdit edit(TextEdit::Lines::many);
  edit.set("first\nü\nthird");
  BOOST_TEST(edit.cursor().line == 2U);
  BOOST_TEST(edit.cursor().column == 5U);
  (void)edit.press({Kind::up});
  BOOST_TEST(edit.cursor().line == 1U);
  BOOST_TEST(edit.cursor().column == 1U);  // the line is shorter
  (void)edit.press({Kind::up});
  BOOST_TEST(edit.cursor().line == 0U);
  (void)edit.press({Kind::up});
  BOOST_TEST(edit.cursor().line == 0U);
  (void)edit.press({Kind::end});
  (void)edit.press({Kind::enter});
  BOOST_TEST(edit.text() == "first\n\nü\nthird");
  BOOST_TEST(edit.lines() == (std::vector<std::string>{"first", "", "ü", "third"}));
  (void)edit.press({Kind::backspace});
  BOOST_TEST(edit.text() == "first\nü\nthird");
  (void)edit.press({Kind::down});
  (void)edit.press({Kind::down});
  BOOST_TEST(edit.cursor().line == 2U);
  BOOST_TEST(edit.lines().size() == 3U);
}

BOOST_AUTO_TEST_CASE(a_scale_is_a_round_number) {
  BOOST_TEST(round_scale(0, 10) == 10U);
  BOOST_TEST(round_scale(11, 10) == 20U);
  BOOST_TEST(round_scale(51, 10) == 100U);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::cli::screen

#include "cli/exit_status.hpp"
#include "cli/screen/graph.hpp"
#include "cli/top/connection_order.hpp"
#include "cli/top/screen_state.hpp"
#include "cli/top/snapshot.hpp"

#include <boost/test/unit_test.hpp>

namespace dispatch::cli::top {
BOOST_AUTO_TEST_SUITE(top)
namespace {

using screen::area_graph;
using screen::scale_for;

constexpr auto kStatus = R"({"version":"0.1.0","uptime_s":7.5,
  "clients":{"live":2,"accepted":5,"refused":1,"turned_away":2},
  "links":[{"name":"wifi","state":"down","reason":"no answer","since_s":3,"enabled":true,"weight":4,
            "addresses":["192.0.2.7","2001:db8::7"],"live":1,"dialling":0,"connections":9,"dials":11,
            "dial_failures":2,"sent_bytes":10,"received_bytes":20,"sent_rate":1,"received_rate":2}],
  "direct":{}})";
constexpr auto kHistory =
    R"({"interval_s":1,"links":[{"name":"wifi","sent":[1,2],"received":[3,4]}]})";
constexpr auto kConnections = R"({"connections":[{"client":"127.0.0.1:4000","target":"www:80",
  "link":"wifi","age_s":1.5,"sent_bytes":100,"received_bytes":2000}]})";

std::vector<std::string> targets(const std::vector<ConnectionRow>& rows) {
  std::vector<std::string> all;
  for (const auto& row : rows) all.push_back(row.target);
  return all;
}

BOOST_AUTO_TEST_CASE(answers_of_a_dispatch_become_a_snapshot) {
  const auto snapshot = read_snapshot(kStatus, kHistory, kConnections);
  BOOST_TEST(snapshot.clients_refused == 3U);
  const auto& wifi = snapshot.links.at(0);
  BOOST_TEST(wifi.reason == "no answer");
  BOOST_TEST(wifi.addresses == "192.0.2.7, 2001:db8::7");
  BOOST_TEST(wifi.history.at(1).received == 4U);
  BOOST_TEST(wifi.history.at(1).sent == 2U);
  BOOST_TEST(snapshot.connections.at(0).bytes() == 2100U);
}

BOOST_AUTO_TEST_CASE(what_is_no_answer_of_a_dispatch_is_an_error_of_one_line) {
  for (const auto* text : {"", "{", "[]", "{}", R"({"version":1})", R"({"error":"no"})"}) {
    BOOST_CHECK_THROW(read_snapshot(text, kHistory, kConnections), RuntimeError);
  }
  BOOST_CHECK_THROW(read_snapshot(kStatus, "{}", kConnections), RuntimeError);
  BOOST_CHECK_THROW(read_snapshot(kStatus, kHistory, R"({"connections":[1]})"), RuntimeError);
}

BOOST_AUTO_TEST_CASE(a_connection_has_the_rate_since_the_snapshot_before) {
  const auto before = read_snapshot(kStatus, kHistory, kConnections);
  auto now = before;
  now.connections[0].received_bytes += 3000;
  now.connections[0].sent_bytes += 500;
  now.connections.push_back({"127.0.0.1:4001", "www:80", "wifi", 0, 10'000, 0});
  measure(now, before, 2);
  BOOST_TEST(now.connections[0].rate.received == 1500U);
  BOOST_TEST(now.connections[0].rate.sent == 250U);
  auto later = now;
  later.connections[0].received_bytes += 500;
  measure(later, now, 1);
  BOOST_TEST(later.connections[0].rate.received == 1000U);  // half of 500, and half of 1500
  BOOST_TEST(now.connections[1].rate.sum() == 0U);  // it may be old: what it had before is unknown
}

BOOST_AUTO_TEST_CASE(fewer_bytes_than_before_are_another_connection) {
  const auto before = read_snapshot(kStatus, kHistory, kConnections);
  auto now = before;
  now.connections[0].received_bytes = 5;
  measure(now, before, 1);
  BOOST_TEST(now.connections[0].rate.sum() == 0U);
}

BOOST_AUTO_TEST_CASE(connections_are_sorted_and_filtered) {
  const std::vector<ConnectionRow> rows{{"c1", "beta:80", "wifi", 5, 10, 0, {1, 0}},
                                        {"c2", "alpha:443", "lte", 9, 500, 0, {0, 3}},
                                        {"c3", "gamma:80", "WiFi2", 1, 20, 0, {2, 0}}};
  using Names = std::vector<std::string>;
  const auto by = [&](ConnectionOrder order) { return targets(arranged(rows, order)); };
  BOOST_TEST(by({Column::target}) == (Names{"alpha:443", "beta:80", "gamma:80"}));
  BOOST_TEST(by({Column::target, true}) == (Names{"gamma:80", "beta:80", "alpha:443"}));
  BOOST_TEST(by({Column::rate}) == (Names{"alpha:443", "gamma:80", "beta:80"}));
  BOOST_TEST(by({Column::bytes}) == (Names{"alpha:443", "gamma:80", "beta:80"}));
  BOOST_TEST(by({Column::age}) == (Names{"alpha:443", "beta:80", "gamma:80"}));
  BOOST_TEST(by({Column::age, false, {"WIFI"}}) == (Names{"beta:80", "gamma:80"}));
  BOOST_TEST(by({Column::age, false, {":443"}}) == (Names{"alpha:443"}));
  BOOST_TEST(by({Column::age, false, {"c3"}}) == (Names{"gamma:80"}));
}

BOOST_AUTO_TEST_CASE(a_column_chosen_again_is_reversed_and_the_key_goes_round) {
  ConnectionOrder order;
  order.sort_by(Column::age);
  BOOST_TEST(!order.reversed);
  order.sort_by(Column::age);
  BOOST_TEST(order.reversed);
  for (std::size_t i = 0; i < kColumns.size(); ++i) order.sort_by_next();
  BOOST_TEST((order.by == Column::age));
  BOOST_TEST(!order.reversed);
}

BOOST_AUTO_TEST_CASE(a_graph_has_the_newest_value_at_the_right) {
  using Lines = std::vector<std::string>;
  BOOST_TEST(area_graph({8, 16, 0, 4}, 4, 2, 16) == (Lines{" █  ", "██ ▄"}));
  BOOST_TEST(area_graph({16}, 3, 1, 16) == (Lines{"  █"}));
  BOOST_TEST(area_graph({1, 16, 2, 3}, 2, 1, 16) == (Lines{"▁▂"}));
  BOOST_TEST(area_graph({1, 16, 2, 16}, 2, 1, 16, 2) == (Lines{"██"}));
  BOOST_TEST(area_graph({}, 2, 1, 0) == (Lines{"  "}));
  // However little it is.
  BOOST_TEST(area_graph({1}, 1, 1, 1'000'000) == (Lines{"▁"}));
}

BOOST_AUTO_TEST_CASE(a_scale_is_a_round_number_of_bits) {
  BOOST_TEST(scale_for(0) * 8 == 10'000U);
  BOOST_TEST(scale_for(1251) * 8 == 20'000U);
  BOOST_TEST(scale_for(6'000'000) * 8 == 50'000'000U);
  BOOST_TEST(scale_for(6'250'000) * 8 == 50'000'000U);
}

BOOST_AUTO_TEST_CASE(the_selection_stays_with_its_link) {
  Snapshot snapshot;
  snapshot.links = {{"a", "up", ""}, {"b", "up", ""}, {"c", "up", ""}};
  ScreenState state;
  state.select_link(snapshot, 1);
  snapshot.links.erase(snapshot.links.begin());
  BOOST_TEST(state.link_row(snapshot) == 0U);
  BOOST_TEST(snapshot.links[state.link_row(snapshot)].name == "b");
  state.select_link(snapshot, 9);
  BOOST_TEST(state.link == "c");
  state.select_link(snapshot, -9);
  BOOST_TEST(state.link == "b");
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::cli::top

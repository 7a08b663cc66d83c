// `dispatch monitor` without a terminal and without a coordinator: what the feed says, what keys
// do, and what comes of both.
#include "cli/monitor/json_text.hpp"
#include "cli/monitor/tables.hpp"
#include "tests/unit/cli/monitor_screen.hpp"

namespace dispatch::cli::monitor {
BOOST_AUTO_TEST_SUITE(monitor)
namespace {

using Texts = std::vector<std::string>;

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

BOOST_AUTO_TEST_CASE(a_snapshot_and_changes_are_what_is_known) {
  Screen screen;
  screen.start();
  const auto& state = screen.model.state();
  BOOST_TEST(state.agents().at("a").host == "host-of-a");
  BOOST_TEST(state.pool().size() == 2U);
  screen.hear({{"type", "agents"},
               {"agents", js::array{agent("c"), agent("a", "inactive")}},
               {"removed", js::array{"b"}}});
  BOOST_TEST(state.agents().size() == 2U);
  BOOST_TEST(state.agents().at("a").status == "inactive");
  screen.hear({{"type", "pool"},
               {"ip_pool", js::array{address("192.0.2.2", "a")}},
               {"removed", js::array{js::object{{"ip", "192.0.2.1"}, {"agent_id", "a"}}}}});
  BOOST_TEST(state.pool().size() == 1U);
  BOOST_TEST(state.pool().begin()->second.available);
  screen.hear({{"type", "requests"},
               {"requests", js::array{js::object{{"request_id", "r"},
                                                 {"method", "GET"},
                                                 {"url", "http://x/"},
                                                 {"started", "2026-01-31T12:00:00"},
                                                 {"agent_id", ""},
                                                 {"source_ip", ""},
                                                 {"attempt", 0},
                                                 {"state", "waiting"}}}}});
  BOOST_TEST(state.requests().front().waits);
  screen.hear({{"type", "tomorrow"}});  // of another version
  BOOST_TEST(!screen.model.was_refused());
  screen.model.heard("[]");
  BOOST_TEST(screen.model.was_refused());
  BOOST_TEST(state.agents().size() == 2U);
}

BOOST_AUTO_TEST_CASE(the_history_is_newest_first_and_each_record_is_there_once) {
  Screen screen;
  screen.start();
  screen.hear({{"type", "history"}, {"history", js::array{record(3), record(4)}}});
  screen.type("6");
  using Numbers = std::vector<std::uint64_t>;
  const auto order = [&] {
    Numbers found;
    for (const auto& each : screen.model.state().history()) {
      found.push_back(std::stoull(each.url.substr(each.url.rfind('/') + 1)));
    }
    return found;
  };
  BOOST_TEST(order() == (Numbers{4, 3, 2, 1}));
  // A new connection's snapshot repeats what is known.
  screen.hear(snapshot());
  BOOST_TEST(order() == (Numbers{4, 3, 2, 1}));
}

BOOST_AUTO_TEST_CASE(older_records_are_asked_for_by_the_oldest_known) {
  Screen screen;
  screen.start();
  screen.type("6m");
  auto call = screen.call();
  BOOST_TEST(call.path == "/api/history?limit=200");
  screen.answer(call, 200, {{"history", js::array{record(1, 41), record(2, 42)}}, {"more", true}});
  BOOST_TEST(screen.model.state().history().size() == 2U);
  // Beyond the last row there are older ones, too; asked for once.
  screen.press(Kind::end);
  screen.press(Kind::end);
  call = screen.call();
  BOOST_TEST(call.path == "/api/history?limit=200&before=41");
  screen.answer(call, 200, {{"history", js::array{record(0, 40)}}, {"more", false}});
  BOOST_TEST(screen.model.state().history().size() == 3U);
  screen.type("m");
  BOOST_TEST(screen.model.take_calls().empty());
}

BOOST_AUTO_TEST_CASE(attempts_are_counted_in_their_seconds) {
  FleetState state;
  const auto take = [&](double uptime, std::uint64_t attempts) {
    state.take_stats(stats(uptime, attempts));
  };
  take(100.0, 50);
  take(100.5, 53);
  take(101.1, 60);
  take(103.2, 61);
  using Counts = std::vector<std::uint64_t>;
  BOOST_TEST(state.per_second() == (Counts{3, 7, 0, 1}));
  BOOST_TEST(state.rate() == 10.0 / 3);
  take(1.0, 2);  // the coordinator was started again
  BOOST_TEST(state.per_second() == (Counts{0}));
  take(5000.0, 3);
  BOOST_TEST(state.per_second().size() == FleetState::kSeconds);
  BOOST_TEST(state.per_second().back() == 1U);
}

BOOST_AUTO_TEST_CASE(keys_lead_through_the_views) {
  Screen screen;
  screen.start();
  BOOST_TEST((screen.model.view() == View::overview));
  screen.press(Kind::tab);
  BOOST_TEST((screen.model.view() == View::agents));
  screen.press(Kind::back_tab);
  screen.press(Kind::back_tab);
  BOOST_TEST((screen.model.view() == View::history));
  screen.type("c");
  BOOST_TEST((screen.model.view() == View::configuration));
  screen.type("3");
  BOOST_TEST((screen.model.view() == View::pool));
  screen.model.click({Clicked::Kind::view, 1});
  BOOST_TEST((screen.model.view() == View::agents));
  screen.type("?");
  BOOST_TEST(screen.model.shows_help());
  screen.type("q");  // any key takes it away
  BOOST_TEST(!screen.model.wants_to_leave());
  screen.type("q");
  BOOST_TEST(screen.model.wants_to_leave());
}

BOOST_AUTO_TEST_CASE(tables_are_filtered_sorted_and_looked_at_closely) {
  Screen screen;
  screen.start();
  screen.type("2/DISCO");
  screen.press(Kind::enter);
  BOOST_TEST(screen.rows() == (Texts{"b"}));
  screen.press(Kind::escape);
  BOOST_TEST(screen.rows() == (Texts{"a", "b"}));
  screen.type("sv");
  BOOST_TEST(screen.rows() == (Texts{"b", "a"}));
  screen.press(Kind::enter);
  BOOST_TEST(has(screen.detail(), "b on host-of-b"));
  screen.press(Kind::escape);
  BOOST_TEST(screen.detail() == "");
  screen.model.click({Clicked::Kind::row, 1});
  BOOST_TEST(screen.detail() == "");
  screen.model.click({Clicked::Kind::row, 1});
  BOOST_TEST(has(screen.detail(), "192.0.2.2: not available, 3 requests"));
  screen.type("6");
  BOOST_TEST(screen.detail() == "");
  screen.press(Kind::enter);
  BOOST_TEST(has(screen.detail(), "GET http://example.com/2"));
  BOOST_TEST(has(screen.detail(), "hello\nworld"));
  BOOST_TEST(has(screen.detail(), "12 ms by the agent, 0.5 ms beside; 11 B"));
}

BOOST_AUTO_TEST_CASE(a_lost_connection_is_told_and_tried_again_at_once_by_a_key) {
  Screen screen;
  BOOST_TEST(!screen.model.is_live());
  screen.start();
  BOOST_TEST(screen.model.is_live());
  screen.model.lost("Connection refused", 1.5);
  BOOST_TEST(!screen.model.is_live());
  BOOST_TEST(screen.model.trouble() == "Connection refused; tried again in 1.5 s (r: now)");
  BOOST_TEST(screen.model.state().agents().size() == 2U);  // what was known is still shown
  screen.type("r");
  BOOST_TEST(screen.model.take_calls().empty());
  BOOST_TEST(screen.model.take_retry());
  screen.model.connected();
  screen.type("r");
  BOOST_TEST(!screen.model.take_retry());
  BOOST_TEST(screen.model.take_calls().size() == 4U);
}

BOOST_AUTO_TEST_CASE(a_configuration_is_written_and_saved) {
  Screen screen;
  screen.start();
  screen.type("c");
  screen.press(Kind::enter);          // the URL
  screen.type("http://q.example/r");  // letters are letters there
  screen.press(Kind::tab);            // a choice is passed by, and not written
  BOOST_TEST(!screen.model.writes());
  screen.press(Kind::right);
  screen.press(Kind::down);
  screen.press(Kind::enter);
  screen.type("X-One: 1");
  screen.press(Kind::enter);
  screen.type("X-Two:  2");
  screen.press(Kind::escape);
  screen.press(Kind::down);
  screen.press(Kind::enter);
  screen.type("{\"a\": [1]}");
  screen.press(Kind::escape);
  BOOST_TEST(screen.model.form().is_changed());
  screen.type("s");
  const auto call = screen.call();
  BOOST_TEST(call.method == "PUT");
  BOOST_TEST(call.path == "/api/config/requests/default");
  const auto sent = js::parse(call.content).as_object();
  BOOST_TEST(sent.at("url").as_string() == "http://q.example/r");
  BOOST_TEST(sent.at("method").as_string() == "POST");
  BOOST_TEST(js::serialize(sent.at("headers")) == R"({"X-One":"1","X-Two":"2"})");
  BOOST_TEST(js::serialize(sent.at("body")) == R"({"a":[1]})");
  BOOST_TEST(sent.at("timeout").to_number<double>() == 30);
  screen.answer(call, 200, {{"status", "success"}, {"message", "ok"}});
  BOOST_TEST(screen.model.said() == "saved default");
  BOOST_TEST(!screen.model.form().is_changed());
}

BOOST_AUTO_TEST_CASE(what_cannot_be_saved_is_told_and_not_sent) {
  Screen screen;
  screen.start();
  screen.type("cs");
  BOOST_TEST(screen.model.said() == "URL: it is empty");
  screen.press(Kind::enter);
  screen.type("http://x/");
  screen.press(Kind::enter);
  screen.press(Kind::down);
  screen.press(Kind::down);
  screen.press(Kind::enter);
  screen.type("nonsense");
  screen.press(Kind::escape);
  screen.type("s");
  BOOST_TEST(screen.model.said() == "headers: line 1: 'Name: value' is needed");
  BOOST_TEST(screen.model.was_refused());
  BOOST_TEST(screen.model.take_calls().empty());
}

BOOST_AUTO_TEST_CASE(the_default_configuration_is_loaded_and_keeps_what_is_not_shown) {
  Screen screen;
  screen.start(with_configs());
  auto call = screen.call();
  BOOST_TEST(screen.model.said() == "");
  BOOST_TEST(call.path == "/api/config/requests/default");
  screen.answer(call, 200,
                {{"url", "http://x/"},
                 {"method", "PUT"},
                 {"headers", js::object{{"A", js::array{"1", "2"}}}},
                 {"params", js::object{{"q", "1"}}},
                 {"body", "{\"text\": true}"},
                 {"timeout", 2.5},
                 {"follow_redirects", true},
                 {"verify", false}});
  const auto sent = *screen.model.form().request();
  BOOST_TEST(js::serialize(sent.at("params")) == R"({"q":"1"})");
  BOOST_TEST(js::serialize(sent.at("headers")) == R"({"A":["1","2"]})");
  BOOST_TEST(sent.at("body").is_string());  // as it came, though it looks like an object
  BOOST_TEST(sent.at("timeout").to_number<double>() == 2.5);
  BOOST_TEST(sent.at("follow_redirects").as_bool());
  BOOST_TEST(!sent.at("verify").as_bool());
  screen.type("c");
  screen.press(Kind::up);  // the name
  screen.press(Kind::right);
  call = screen.call();
  BOOST_TEST(call.path == "/api/config/requests/other");
  screen.answer(call, 404, {{"detail", "Request configuration other not found"}});
  BOOST_TEST(screen.model.said() == "other: 404 Request configuration other not found");
}

BOOST_AUTO_TEST_CASE(what_is_saved_is_executed_by_its_name_and_what_is_not_as_it_is) {
  Screen screen;
  screen.start(with_configs());
  screen.answer(screen.call(), 200, {{"url", "http://x/"}, {"method", "GET"}, {"timeout", 40}});
  screen.type("e");
  BOOST_TEST((screen.model.view() == View::execute));
  auto call = screen.call();
  BOOST_TEST(call.path == "/api/execute");
  BOOST_TEST(call.timeout_s == 45);
  auto sent = js::parse(call.content).as_object();
  BOOST_TEST(sent.at("config").as_string() == "default");
  BOOST_TEST(sent.contains("url") == false);
  const auto id = std::string(sent.at("request_id").as_string());
  BOOST_TEST(id.starts_with("monitor-1-"));
  screen.type("e");  // one at a time
  BOOST_TEST(screen.model.take_calls().empty());
  screen.type("x");
  const auto cancel = screen.call();
  BOOST_TEST(cancel.method == "DELETE");
  BOOST_TEST(cancel.path == "/api/requests/" + id);
  screen.answer(call, 200, record(1));
  BOOST_TEST(!screen.model.is_executing());
  BOOST_TEST(has(screen.detail(), "200 answered"));

  screen.type("c");
  screen.press(Kind::enter);
  screen.type("?more");
  screen.press(Kind::enter);
  screen.type("e");
  call = screen.call();
  sent = js::parse(call.content).as_object();
  BOOST_TEST(sent.at("url").as_string() == "http://x/?more");
  screen.answer(call, 503, {{"detail", "No available IPs in pool"}});
  BOOST_TEST(screen.model.said() == "execute: 503 No available IPs in pool");
  BOOST_TEST(has(screen.detail(), "No available IPs in pool"));
}

BOOST_AUTO_TEST_CASE(an_answer_that_does_not_come_is_told) {
  Screen screen;
  screen.start();
  screen.type("r");
  for (const auto& call : screen.model.take_calls()) {
    screen.model.answered(call.number, {0, "", "Connection refused"});
  }
  BOOST_TEST(screen.model.said() == "Connection refused");
  screen.type("r");
  for (const auto& call : screen.model.take_calls())
    screen.model.answered(call.number, {200, "[", ""});
  BOOST_TEST(screen.model.was_refused());
}

BOOST_AUTO_TEST_CASE(what_others_wrote_cannot_move_the_cursor) {
  const auto lines = printable_lines(
      "a\x1b[31mb\r\n\tc\xc2\x9b"
      "d\x7f",
      10);
  BOOST_TEST(lines == (Texts{"a [31mb", "    c d "}));
  BOOST_TEST(printable_lines("1\n2\n3", 2).size() == 2U);
  BOOST_TEST(indented(js::parse(R"({"a":[1,{}],"b":null})")) ==
             "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": null\n}");
}

BOOST_AUTO_TEST_CASE(times_and_spans_are_short) {
  BOOST_TEST(time_of_day("2026-01-31T12:34:56.123456") == "12:34:56");
  BOOST_TEST(time_of_day("") == "-");
  BOOST_TEST(short_url("http://example.com/x") == "example.com/x");
  BOOST_TEST(short_url("https://example.com/x") == "https://example.com/x");
  BOOST_TEST(format_milliseconds(0.52) == "0.5 ms");
  BOOST_TEST(format_milliseconds(345.6) == "346 ms");
  BOOST_TEST(format_milliseconds(2345) == "2.35 s");
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::cli::monitor

// `dispatch monitor`: by whom, and from where, requests are executed.
#include "tests/unit/cli/monitor_screen.hpp"

namespace dispatch::cli::monitor {
BOOST_AUTO_TEST_SUITE(monitor_pin)
namespace {

BOOST_AUTO_TEST_CASE(an_agent_or_an_address_is_pinned_where_it_is_seen_or_one_after_the_other) {
  Screen screen;
  screen.start(with_configs());
  screen.answer(screen.call(), 200, {{"url", "http://x/"}, {"method", "GET"}, {"timeout", 40}});
  const auto executed = [&] {
    screen.type("e");
    const auto call = screen.call();
    screen.answer(call, 200, record(1));
    const auto sent = js::parse(call.content).as_object();
    const auto text = [&](const char* key) {
      return sent.contains(key) ? std::string(sent.at(key).as_string()) : "any";
    };
    return text("agent_id") + " " + text("source_ip");
  };
  BOOST_TEST(executed() == "any any");
  screen.type("2");
  screen.press(Kind::down);
  screen.type("p");
  BOOST_TEST((screen.model.view() == View::execute));
  BOOST_TEST(executed() == "b any");
  screen.type("3");
  screen.press(Kind::down);
  screen.type("p");
  BOOST_TEST(executed() == "a 192.0.2.2");
  screen.type("p");
  BOOST_TEST(executed() == "any any");

  screen.press(Kind::right);
  BOOST_TEST(executed() == "a any");
  screen.type("a");
  BOOST_TEST(executed() == "a 192.0.2.1");
  screen.press(Kind::right);  // another agent has other addresses
  BOOST_TEST(executed() == "b any");
  screen.press(Kind::right);
  BOOST_TEST(executed() == "any any");
  screen.press(Kind::left);
  BOOST_TEST(executed() == "b any");
  screen.type("a");  // it offers none
  BOOST_TEST(executed() == "b any");
  screen.model.click({Clicked::Kind::agent});
  screen.model.click({Clicked::Kind::address});
  screen.model.click({Clicked::Kind::address});
  BOOST_TEST(executed() == "any 192.0.2.2");
  // What is gone is asked for, and the coordinator says so, until another one is chosen.
  screen.hear({{"type", "pool"},
               {"ip_pool", js::array()},
               {"removed", js::array{js::object{{"ip", "192.0.2.2"}, {"agent_id", "a"}}}}});
  BOOST_TEST(executed() == "any 192.0.2.2");
  screen.type("a");
  BOOST_TEST(executed() == "any any");
  // Nothing of it in the history.
  screen.type("6p");
  BOOST_TEST((screen.model.view() == View::history));
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::cli::monitor

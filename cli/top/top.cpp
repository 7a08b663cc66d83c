#include "cli/top/top.hpp"

#include "cli/control_commands.hpp"
#include "cli/exit_status.hpp"
#include "cli/top/feed.hpp"
#include "cli/top/view.hpp"

#include <boost/json.hpp>

#include <ftxui/component/component.hpp>
#include <ftxui/component/event.hpp>
#include <ftxui/component/screen_interactive.hpp>

namespace dispatch::cli {
namespace top {
namespace {

namespace js = boost::json;
using ftxui::Event;
using ftxui::Mouse;

constexpr auto kPatience = std::chrono::seconds(2);

class TopScreen {
 public:
  explicit TopScreen(const TopArguments& arguments)
      : screen_(ftxui::ScreenInteractive::Fullscreen()),
        feed_([socket = arguments.socket](
                  const std::string& request) { return ask_dispatch(socket, request, kPatience); },
              [this] { screen_.PostEvent(Event::Custom); }) {}

  void run() {
    auto renderer = ftxui::Renderer([this] { return draw(); });
    screen_.Loop(ftxui::CatchEvent(renderer, [this](Event event) { return take(event); }));
  }

 private:
  ftxui::Element draw() {
    known_ = feed_.view();
    rows_ = arranged(known_.snapshot.connections, state_.order);
    if (state_.link.empty()) state_.select_link(known_.snapshot, 0);
    return view(known_, rows_, state_, screen::size_of_terminal(), look_, spots_);
  }

  bool take(Event& event) {
    if (event.is_mouse()) return click(event.mouse());
    if (event == Event::Custom) return true;
    if (state_.order.filter.writes) return write_filter(event);
    if (state_.help) {
      state_.help = false;
      return true;
    }
    return press(event);
  }

  bool write_filter(const Event& event) {
    if (!state_.order.filter.press(screen::key_of(event))) return false;
    state_.connection = 0;
    return true;
  }

  bool press(const Event& event) {
    const auto key = event.is_character() ? event.character() : std::string();
    if (key == "q") {
      screen_.Exit();
    } else if (event == Event::Escape) {
      state_.order.filter.drop();
    } else if (event == Event::Tab || event == Event::TabReverse) {
      state_.pane = state_.pane == Pane::links ? Pane::connections : Pane::links;
    } else if (key == " ") {
      switch_link(state_.link_row(known_.snapshot));
    } else if (key == "+" || key == "=") {
      change_weight(+1);
    } else if (key == "-") {
      change_weight(-1);
    } else if (key == "s") {
      state_.order.sort_by_next();
    } else if (key == "r") {
      state_.order.reversed = !state_.order.reversed;
    } else if (key == "t") {
      state_.whole_history = !state_.whole_history;
    } else if (key == "/") {
      state_.order.filter.begin();
      state_.pane = Pane::connections;
    } else if (key == "?" || key == "h") {
      state_.help = true;
    } else {
      return move(event, key);
    }
    return true;
  }

  bool move(const Event& event, const std::string& key) {
    const auto page = static_cast<std::ptrdiff_t>(
        connection_page(known_.snapshot.links.size(), screen::size_of_terminal()));
    constexpr std::ptrdiff_t kAll = 1'000'000;
    using Kind = screen::Key::Kind;
    const auto kind = screen::key_of(event).kind;
    if (kind == Kind::up || key == "k") return select_by(-1);
    if (kind == Kind::down || key == "j") return select_by(+1);
    if (kind == Kind::page_up) return select_by(-page);
    if (kind == Kind::page_down) return select_by(+page);
    if (kind == Kind::home) return select_by(-kAll);
    if (kind == Kind::end) return select_by(+kAll);
    return false;
  }

  bool select_by(std::ptrdiff_t steps) {
    if (state_.pane == Pane::links) {
      const auto row = static_cast<std::ptrdiff_t>(state_.link_row(known_.snapshot));
      state_.select_link(known_.snapshot, row + steps);
      return true;
    }
    const auto last = static_cast<std::ptrdiff_t>(rows_.size()) - 1;
    const auto row = static_cast<std::ptrdiff_t>(state_.connection) + steps;
    state_.connection =
        static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, std::min<std::ptrdiff_t>(row, last)));
    return true;
  }

  bool click(const Mouse& mouse) {
    if (mouse.motion != Mouse::Pressed) return false;
    if (mouse.button == Mouse::WheelUp) return select_by(-1);
    if (mouse.button == Mouse::WheelDown) return select_by(+1);
    if (mouse.button != Mouse::Left) return false;
    const auto* clicked = screen::spot_at(spots_, mouse.x, mouse.y);
    if (clicked != nullptr) choose(*clicked);
    return clicked != nullptr;
  }

  void choose(const Clicked& spot) {
    switch (spot.kind) {
      case Clicked::Kind::link_switch:
        switch_link(spot.row);
        [[fallthrough]];
      case Clicked::Kind::link:
        state_.pane = Pane::links;
        state_.select_link(known_.snapshot, static_cast<std::ptrdiff_t>(spot.row));
        break;
      case Clicked::Kind::connection:
        state_.pane = Pane::connections;
        state_.connection = spot.row;
        break;
      case Clicked::Kind::column:
        state_.order.sort_by(spot.column);
        break;
    }
  }

  void switch_link(std::size_t row) {
    if (row >= known_.snapshot.links.size()) return;
    const auto& link = known_.snapshot.links[row];
    change({{"do", "link"}, {"name", link.name}, {"enabled", link.is_off()}});
  }

  void change_weight(int by) {
    if (known_.snapshot.links.empty()) return;
    const auto& link = known_.snapshot.links[state_.link_row(known_.snapshot)];
    const auto weight = static_cast<std::int64_t>(link.weight) + by;
    if (weight < 1) return;
    change({{"do", "link"}, {"name", link.name}, {"weight", weight}});
  }

  void change(const js::object& request) { feed_.change(js::serialize(request)); }

  ftxui::ScreenInteractive screen_;
  ScreenState state_;
  screen::Look look_ = screen::look_of_environment();
  Feed::View known_;  // as drawn last
  std::vector<ConnectionRow> rows_;
  Spots spots_;
  Feed feed_;  // ends first: it tells the screen
};

}  // namespace
}  // namespace top

int run_top(const TopArguments& arguments) {
  if (!screen::can_draw()) {
    throw RuntimeError(
        "top needs a terminal for its screen: 'dispatch status' and 'dispatch connections' print "
        "the same once");
  }
  top::TopScreen(arguments).run();
  return kSuccess;
}

}  // namespace dispatch::cli

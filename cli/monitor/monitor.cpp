#include "cli/monitor/monitor.hpp"

#include "cli/exit_status.hpp"
#include "cli/monitor/connection.hpp"
#include "cli/monitor/view.hpp"

#include <fmt/format.h>

#include <ftxui/component/component.hpp>
#include <ftxui/component/event.hpp>
#include <ftxui/component/screen_interactive.hpp>
#include <random>

namespace dispatch::cli {
namespace monitor {
namespace {

using ftxui::Event;
using ftxui::Mouse;

std::string session_name() {
  std::random_device chance;
  return fmt::format("monitor-{:08x}", chance());
}

class MonitorScreen {
 public:
  explicit MonitorScreen(const MonitorArguments& arguments)
      : screen_(ftxui::ScreenInteractive::Fullscreen()),
        model_(arguments.monitor.coordinator.text(), session_name()),
        connection_(arguments.monitor, [this] { screen_.PostEvent(Event::Custom); }) {}

  void run() {
    auto renderer =
        ftxui::Renderer([this] { return draw(model_, screen::size_of_terminal(), look_, spots_); });
    screen_.Loop(ftxui::CatchEvent(renderer, [this](Event event) { return take(event); }));
  }

 private:
  bool take(Event& event) {
    bool changed = false;
    if (event == Event::Custom) {
      for (const auto& word : connection_.take()) tell(model_, word);
      changed = true;
    } else if (event.is_mouse()) {
      changed = click(event.mouse());
    } else {
      changed = model_.press(screen::key_of(event));
    }
    for (auto& call : model_.take_calls()) connection_.call(std::move(call));
    if (model_.take_retry()) connection_.try_now();
    if (model_.wants_to_leave()) screen_.Exit();
    return changed;
  }

  bool click(const Mouse& mouse) {
    if (mouse.motion != Mouse::Pressed) return false;
    if (mouse.button == Mouse::WheelUp) return model_.scroll(-1);
    if (mouse.button == Mouse::WheelDown) return model_.scroll(+1);
    if (mouse.button != Mouse::Left) return false;
    const auto* clicked = screen::spot_at(spots_, mouse.x, mouse.y);
    if (clicked == nullptr) return false;
    const auto what = *clicked;
    model_.click(what);
    return true;
  }

  ftxui::ScreenInteractive screen_;
  screen::Look look_ = screen::look_of_environment();
  Model model_;
  Spots spots_;
  Connection connection_;  // ends first: it tells the screen
};

}  // namespace
}  // namespace monitor

int run_monitor(const MonitorArguments& arguments) {
  if (!screen::can_draw()) {
    throw RuntimeError(
        "monitor needs a terminal for its screen: the coordinator's address shows the same in a "
        "browser, and GET /api/stats, /api/agents and /api/history print it");
  }
  monitor::MonitorScreen(arguments).run();
  return kSuccess;
}

}  // namespace dispatch::cli

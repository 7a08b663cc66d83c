// The first view: how the fleet is, at a glance.
#include "cli/monitor/painter.hpp"
#include "cli/monitor/tables.hpp"
#include "cli/screen/graph.hpp"
#include "cli/units.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dispatch::cli::monitor {
namespace {

using ftxui::Element;
using ftxui::Elements;
using ftxui::hbox;
using ftxui::vbox;

constexpr int kLabel = 11;  // letters
constexpr int kCountLines = 3;
constexpr int kUnderWayMax = 4;

Element labelled(const char* label, std::string text, ftxui::Decorator tint = ftxui::nothing) {
  return hbox({ftxui::text(" "), screen::cell(label, kLabel) | ftxui::bold,
               ftxui::text(std::move(text)) | std::move(tint)});
}

Element heading(const std::string& text) {
  return ftxui::text(" " + text) | ftxui::bold;
}

}  // namespace

Element Painter::overview() const {
  if (!model_.state().is_known()) {
    return ftxui::text(" nothing is known of the fleet yet") | ftxui::dim;
  }
  const int graph = std::clamp(size_.height / 6, 3, 8);
  Elements drawn{counts(), rate_graph(graph)};
  int left = lines() - kCountLines - 1 - graph;
  const auto before = drawn.size();
  add_under_way(drawn, std::min(kUnderWayMax, left / 3));
  left -= static_cast<int>(drawn.size() - before);
  add_last(drawn, left - 1);
  return vbox(std::move(drawn));
}

Element Painter::counts() const {
  const auto& state = model_.state();
  const auto& stats = state.stats();
  const auto of_status = [&](std::string_view status) {
    return std::ranges::count_if(state.agents(),
                                 [&](const auto& each) { return each.second.status == status; });
  };
  const auto available =
      std::ranges::count_if(state.pool(), [](const auto& each) { return each.second.available; });
  const auto total = static_cast<std::ptrdiff_t>(state.pool().size());
  const auto active = of_status("active");
  const auto health = available == total && active != 0 ? screen::Tint::good
                      : available == 0                  ? screen::Tint::bad
                                                        : screen::Tint::warning;
  return vbox(
      {labelled("Agents",
                fmt::format("{} active, {} inactive, {} disconnected", active,
                            of_status("inactive"), of_status("disconnected")),
                look_.tint(health)),
       labelled("Addresses", fmt::format("{} of {} available", available, total),
                look_.tint(health)),
       labelled("Requests",
                fmt::format("{} executed, {} under way, {} waiting, {} repeated", stats.executed,
                            stats.executing, stats.waiting, stats.repeats))});
}

Element Painter::rate_graph(int lines) const {
  const auto& state = model_.state();
  const auto width = static_cast<std::size_t>(std::max(1, size_.width - 2));
  const auto& values = state.per_second();
  const auto shown = static_cast<std::ptrdiff_t>(std::min(values.size(), width));
  const auto most = shown == 0 ? 0 : *std::max_element(values.end() - shown, values.end());
  const auto scale = screen::round_scale(most, 10);
  Elements drawn{hbox(
      {heading(fmt::format("{:.1f} attempts/s", state.rate())),
       ftxui::text(fmt::format(" of {}, {} s", scale, std::min(width, FleetState::kSeconds)))})};
  for (auto& line : screen::area_graph(values, width, static_cast<std::size_t>(lines), scale)) {
    drawn.push_back(ftxui::text(" " + line) | look_.tint(ftxui::Color::Green));
  }
  return vbox(std::move(drawn));
}

void Painter::add_under_way(Elements& drawn, int most) const {
  const auto& requests = model_.state().requests();
  if (requests.empty() || most < 1) return;
  drawn.push_back(heading(fmt::format("Under way: {}", model_.state().stats().executing)));
  for (std::size_t i = 0; i < requests.size() && i < static_cast<std::size_t>(most); ++i) {
    const auto& each = requests[i];
    // Between attempts, and while the history is written, it is nowhere.
    const auto where = each.waits           ? std::string("waits for an address")
                       : each.agent.empty() ? std::string("is being kept")
                                            : fmt::format("{} from {}", each.agent, each.address);
    drawn.push_back(
        hbox({screen::cell("", 2), screen::cell(time_of_day(each.started), 9),
              screen::cell(each.method, 8), screen::one_line(short_url(each.url)) | ftxui::xflex,
              ftxui::text(" "), screen::one_line(where), ftxui::text(" ")}));
  }
}

void Painter::add_last(Elements& drawn, int most) const {
  drawn.push_back(heading("Last requests"));
  const auto& history = model_.state().history();
  if (history.empty()) drawn.push_back(ftxui::text("  none yet") | ftxui::dim);
  for (std::size_t i = 0; i < history.size() && static_cast<int>(i) < most; ++i) {
    const auto& record = history[i];
    const auto result = result_cell(record);
    drawn.push_back(hbox({screen::cell("", 2), screen::cell(time_of_day(record.started), 9),
                          screen::cell(result.text, 13) | look_.tint(result.tint),
                          screen::cell(record.method, 8),
                          screen::one_line(short_url(record.url)) | ftxui::xflex, ftxui::text(" "),
                          screen::cell(record.address, 16),
                          screen::cell_right(format_milliseconds(record.duration_ms), 9)}));
  }
}

}  // namespace dispatch::cli::monitor

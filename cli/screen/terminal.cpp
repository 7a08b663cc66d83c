#include "cli/screen/terminal.hpp"

#include "cli/console.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ftxui/screen/terminal.hpp>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace dispatch::cli::screen {

using ftxui::Element;
using ftxui::hbox;

Element too_small() {
  return ftxui::text(fmt::format("too small: {} x {} at least", kSizeMin.width, kSizeMin.height));
}

ftxui::Decorator Look::tint(ftxui::Color::Palette16 color) const {
  return colours ? ftxui::color(ftxui::Color(color)) : ftxui::Decorator(ftxui::nothing);
}

ftxui::Decorator Look::tint(Tint of) const {
  switch (of) {
    case Tint::good:
      return tint(ftxui::Color::Green);
    case Tint::warning:
      return tint(ftxui::Color::Yellow);
    case Tint::bad:
      return tint(ftxui::Color::Red);
    case Tint::faint:
      return ftxui::dim;
    case Tint::none:
      break;
  }
  return ftxui::nothing;
}

ftxui::Decorator Look::title() const {
  const auto colour = tint(ftxui::Color::Cyan);
  return [colour](Element element) { return std::move(element) | ftxui::bold | colour; };
}

Look look_of_environment() {
  const auto* wish = std::getenv("NO_COLOR");
  return {wish == nullptr || std::string_view(wish).empty()};
}

Size size_of_terminal() {
  const auto terminal = ftxui::Terminal::Size();
  return {terminal.dimx, terminal.dimy};
}

bool can_draw() {
  const auto* terminal = std::getenv("TERM");
  return ::isatty(STDIN_FILENO) != 0 && terminal_output() && terminal != nullptr &&
         std::string_view(terminal) != "dumb";
}

Key key_of(const ftxui::Event& event) {
  using ftxui::Event;
  using Kind = Key::Kind;
  const std::pair<const Event&, Kind> kKinds[] = {
      {Event::Return, Kind::enter},
      {Event::Escape, Kind::escape},
      {Event::Tab, Kind::tab},
      {Event::TabReverse, Kind::back_tab},
      {Event::ArrowUp, Kind::up},
      {Event::ArrowDown, Kind::down},
      {Event::ArrowLeft, Kind::left},
      {Event::ArrowRight, Kind::right},
      {Event::PageUp, Kind::page_up},
      {Event::PageDown, Kind::page_down},
      {Event::Home, Kind::home},
      {Event::End, Kind::end},
      {Event::Backspace, Kind::backspace},
      {Event::Delete, Kind::erase},
  };
  for (const auto& [its, kind] : kKinds) {
    if (event == its) return {kind};
  }
  if (event.is_character()) return {Kind::letter, event.character()};
  // As tmux, rxvt and the Linux console have them.
  const auto& input = event.input();
  if (input == "\x1b[1~" || input == "\x1b[7~" || input == "\x1bOH") return {Kind::home};
  if (input == "\x1b[4~" || input == "\x1b[8~" || input == "\x1bOF") return {Kind::end};
  return {};
}

// FTXUI leaves out control characters, but for this one.
Element one_line(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  return ftxui::text(std::move(text));
}

Element cell(const std::string& text, int width) {
  return hbox(
      {one_line(text) | ftxui::size(ftxui::WIDTH, ftxui::EQUAL, width - 1), ftxui::text(" ")});
}

Element cell_right(const std::string& text, int width) {
  return hbox({ftxui::filler(), one_line(text), ftxui::text(" ")}) |
         ftxui::size(ftxui::WIDTH, ftxui::EQUAL, width);
}

Element filter_part(const Filter& filter) {
  if (!filter.writes && filter.text.empty()) return ftxui::text("");
  auto part = ftxui::text(shown(filter));
  return hbox({ftxui::text("  with: ") | ftxui::bold,
               filter.writes ? std::move(part) | ftxui::inverted : std::move(part) | ftxui::bold});
}

Element help_window(const std::vector<std::string>& lines) {
  ftxui::Elements texts;
  for (const auto& line : lines) texts.push_back(ftxui::text(" " + line + " "));
  return ftxui::window(ftxui::text(" Keys "), ftxui::vbox(std::move(texts))) | ftxui::clear_under |
         ftxui::center;
}

}  // namespace dispatch::cli::screen

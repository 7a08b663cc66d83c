// The editor of the request configuration.
#include "cli/monitor/painter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ftxui/screen/string.hpp>

namespace dispatch::cli::monitor {
namespace {

using ftxui::Element;
using ftxui::Elements;
using ftxui::hbox;
using ftxui::vbox;

constexpr int kMarkAndLabel = 15;  // letters
// Lines beside those of headers and body: the names, fields of one line, the buttons, and two blank
// ones.
constexpr int kOtherLines = 10;

// A part of the line in which the cursor is to be seen; `column`: where it stands, none: not here.
Element line_of(const std::string& text, int width, std::optional<std::size_t> column) {
  auto glyphs = ftxui::Utf8ToGlyphs(text);
  const auto room = static_cast<std::size_t>(std::max(1, width));
  if (!column) {
    std::string shown;
    for (std::size_t i = 0; i < glyphs.size() && i < room; ++i) shown += glyphs[i];
    return ftxui::text(shown);
  }
  const auto at = std::min(*column, glyphs.size());
  const auto from = at < room ? 0 : at + 1 - room;
  std::string before;
  std::string behind;
  for (auto i = from; i < at; ++i) before += glyphs[i];
  for (auto i = at + 1; i < glyphs.size() && i < from + room; ++i) behind += glyphs[i];
  return hbox({ftxui::text(before),
               ftxui::text(at < glyphs.size() ? glyphs[at] : " ") | ftxui::inverted,
               ftxui::text(behind)});
}

}  // namespace

Element Painter::form() {
  std::string names;
  for (const auto& each : model_.state().configs()) {
    names += (names.empty() ? "" : ", ") + each.name;
  }
  Elements drawn{
      screen::one_line(" Configurations: " + (names.empty() ? "none yet" : names)) | ftxui::bold,
      ftxui::text("")};
  const int left = std::max(2, lines() - kOtherLines);
  const int of_headers = std::clamp(left / 2, 1, 8);
  const int of_body = std::clamp(left - of_headers, 1, 12);
  for (const auto each : kFields) {
    drawn.push_back(field(each, each == Field::headers ? of_headers
                                : each == Field::body  ? of_body
                                                       : 1));
  }
  drawn.push_back(ftxui::text(""));
  drawn.push_back(hbox({ftxui::text("  "), button("Save", Clicked::Kind::save), ftxui::text("  "),
                        button("Load", Clicked::Kind::load), ftxui::text("  "),
                        button("Execute", Clicked::Kind::execute),
                        ftxui::text(model_.form().is_changed() ? "   changed, not saved" : "") |
                            look_.tint(ftxui::Color::Yellow)}));
  return vbox(std::move(drawn));
}

Element Painter::field(Field field, int lines) {
  const auto& edit = model_.form().edit(field);
  const bool selected = model_.field() == field;
  const bool writes = selected && model_.writes();
  const auto texts = edit.lines();
  const auto cursor = edit.cursor();
  const auto shown = static_cast<std::size_t>(lines);
  const auto first = writes ? screen::first_shown(cursor.line, shown) : 0;
  const int width = size_.width - kMarkAndLabel - 1;
  Elements drawn;
  for (auto i = first; i < first + shown; ++i) {
    if (i >= texts.size()) {
      drawn.push_back(ftxui::text(""));
      continue;
    }
    const bool has_cursor = writes && i == cursor.line;
    drawn.push_back(
        line_of(texts[i], width, has_cursor ? std::optional(cursor.column) : std::nullopt));
  }
  if (!writes && texts.size() > shown) {
    drawn.back() =
        ftxui::text(fmt::format("... {} more lines", texts.size() - shown + 1)) | ftxui::dim;
  }
  const auto label = fmt::format("{} {}", selected ? ">" : " ", label_of(field));
  auto name = screen::cell(label, kMarkAndLabel) | look_.title();
  auto value = vbox(std::move(drawn)) | ftxui::xflex;
  if (selected && !writes) name = std::move(name) | ftxui::inverted;
  if (is_choice(field) && selected) {
    value = hbox({std::move(value), ftxui::text("  left, right: another ") | ftxui::dim});
  }
  const auto index = static_cast<std::size_t>(field);
  return clickable(hbox({std::move(name), std::move(value)}), {Clicked::Kind::field, index});
}

}  // namespace dispatch::cli::monitor

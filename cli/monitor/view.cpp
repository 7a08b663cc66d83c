#include "cli/monitor/view.hpp"

#include "cli/control_tables.hpp"
#include "cli/monitor/painter.hpp"
#include "cli/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ftxui/screen/string.hpp>
#include <utility>

namespace dispatch::cli::monitor {
namespace {

using ftxui::Element;
using ftxui::Elements;
using ftxui::hbox;
using ftxui::vbox;

constexpr int kMark = 2;  // letters before a row
// Lines of a table beside its rows: how many there are, and the titles.
constexpr int kTableHead = 2;

std::string_view keys_of(const Model& model) {
  if (model.writes()) return " Enter, Esc done  Tab next field";
  if (const auto* table = model.table()) {
    if (table->filter.writes) return " part of any column; Enter: done; Esc: all again";
    if (model.detail() != nullptr) return " Esc back  up, down scroll  q quit";
    return model.view() == View::history
               ? " q quit  Tab view  Enter look closer  m older  / filter  s, v sort  ? help"
               : " q quit  Tab view  Enter look closer  p pin  / filter  s, v sort  ? help";
  }
  switch (model.view()) {
    case View::configuration:
      return " q quit  Tab view  Enter write  left, right choose  s save  l load  e execute";
    case View::execute:
      return " q quit  e execute  x cancel  left, right agent  a address  p any  ? help";
    default:
      return " q quit  Tab view  r refresh  e execute  c configuration  ? help";
  }
}

// Wide glyphs have two cells, the second of which is empty.
std::vector<std::string> cut(const std::string& text, int width) {
  std::vector<std::string> lines(1);
  int used = 0;
  for (const auto& glyph : ftxui::Utf8ToGlyphs(text)) {
    if (used == width) {
      lines.emplace_back();
      used = 0;
    }
    lines.back() += glyph;
    ++used;
  }
  return lines;
}

const std::vector<std::string>& help_lines() {
  static const std::vector<std::string> kLines{
      "Tab, 1 to 6      the next view, or that one; or click on its name",
      "up, down, j, k   select, or scroll; also Page up and down, the wheel",
      "Enter, click     look closer at an agent or a record; Esc: back",
      "/                only rows with a text in them",
      "s, v             sort by the next column; reverse. Or click on a title",
      "m                older records of the history",
      "e                execute the request of the configuration, saved or not",
      "x                cancel it",
      "p                execute by this agent, or from this address, only",
      "left, right, a   there: another agent, another address; p: any",
      "c                the configuration: Enter writes, s saves, l loads",
      "r                ask for everything again; or connect again now",
      "q, Ctrl-C        leave. The coordinator goes on",
  };
  return kLines;
}

}  // namespace

Element Painter::paint() {
  // Spots of what is drawn within others come first: the content before the frame.
  auto middle = content();
  return vbox({head(), views(), std::move(middle) | ftxui::yflex, foot()});
}

Element Painter::head() const {
  auto text = fmt::format(" dispatch monitor: {}", model_.coordinator());
  if (model_.state().is_known()) {
    text += ", up for " + format_age(model_.state().stats().uptime_s);
  }
  Elements parts{ftxui::text(text) | ftxui::bold | ftxui::xflex_shrink, ftxui::filler()};
  if (!model_.is_live()) {
    parts.push_back(ftxui::text(" waiting for the coordinator ") | ftxui::bold | ftxui::inverted |
                    look_.tint(ftxui::Color::Red));
  }
  return hbox(std::move(parts));
}

Element Painter::views() {
  Elements parts{ftxui::text(" ")};
  for (std::size_t i = 0; i < kViews.size(); ++i) {
    auto name = ftxui::text(fmt::format(" {} {} ", i + 1, title_of(kViews[i])));
    if (kViews[i] == model_.view()) name = std::move(name) | ftxui::inverted | ftxui::bold;
    parts.push_back(clickable(std::move(name), {Clicked::Kind::view, i}));
  }
  return hbox(std::move(parts));
}

Element Painter::foot() const {
  if (!model_.is_live() && !model_.trouble().empty()) {
    return screen::one_line(" " + model_.trouble()) | look_.tint(ftxui::Color::Red);
  }
  if (model_.said().empty()) return ftxui::text(std::string(keys_of(model_))) | ftxui::dim;
  auto said = screen::one_line(" " + model_.said()) | ftxui::bold;
  return model_.was_refused() ? std::move(said) | look_.tint(ftxui::Color::Red) : std::move(said);
}

Element Painter::content() {
  if (model_.table() != nullptr) {
    const auto* closer = model_.detail();
    return closer == nullptr ? table() : detail(*closer, lines());
  }
  switch (model_.view()) {
    case View::configuration:
      return form();
    case View::execute:
      return execution();
    default:
      return overview();
  }
}

Element Painter::table() {
  const auto page = static_cast<std::size_t>(std::max(1, lines() - kTableHead));
  model_.set_page(page);
  const auto& columns = Model::columns(model_.view());
  const auto widths = screen::widths_of(columns, size_.width - kMark, is_wide());
  const auto rows = model_.rows();
  const auto all = model_.row_count();
  auto count = rows.size() == all ? std::to_string(all) : fmt::format("{} of {}", rows.size(), all);
  Elements drawn{
      hbox({ftxui::text(fmt::format(" {}: {}", title_of(model_.view()), count)) | ftxui::bold,
            screen::filter_part(model_.table()->filter)}),
      table_titles(columns, widths)};
  const auto selected = model_.table()->row(rows);
  const auto first = screen::first_shown(selected, page);
  const auto end = std::min(first + page, rows.size());
  for (auto i = first; i < end; ++i) {
    drawn.push_back(table_row(rows[i], i, i == selected, columns, widths));
  }
  if (rows.empty()) drawn.push_back(ftxui::text("  nothing yet") | ftxui::dim);
  return vbox(std::move(drawn));
}

Element Painter::table_titles(const std::vector<screen::Column>& columns,
                              const std::vector<int>& widths) {
  const auto& state = *model_.table();
  Elements titles{screen::cell("", kMark)};
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (widths[i] == 0) continue;
    auto title = columns[i].title;
    const bool sorted = state.by == i;
    if (sorted) title += state.reversed ? "^" : "v";
    auto element =
        columns[i].right ? screen::cell_right(title, widths[i]) : screen::cell(title, widths[i]);
    if (sorted) element = std::move(element) | ftxui::underlined;
    titles.push_back(clickable(std::move(element), {Clicked::Kind::column, i}));
  }
  return hbox(std::move(titles)) | look_.title();
}

Element Painter::table_row(const screen::Row& row, std::size_t index, bool selected,
                           const std::vector<screen::Column>& columns,
                           const std::vector<int>& widths) {
  Elements cells{screen::cell(selected ? ">" : "", kMark)};
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (widths[i] == 0) continue;
    const auto& cell = row.cells[i];
    auto element = columns[i].right ? screen::cell_right(cell.text, widths[i])
                                    : screen::cell(cell.text, widths[i]);
    cells.push_back(std::move(element) | look_.tint(cell.tint));
  }
  auto line = hbox(std::move(cells)) | ftxui::xflex;
  if (selected) line = std::move(line) | ftxui::inverted;
  return clickable(std::move(line), {Clicked::Kind::row, index});
}

Element Painter::detail(const Detail& detail, int lines) {
  std::vector<std::pair<std::string, const DetailLine*>> cut_lines;
  for (const auto& line : detail.lines) {
    for (auto& part : cut(line.text, std::max(1, size_.width - 2))) {
      cut_lines.emplace_back(std::move(part), &line);
    }
  }
  const auto page = static_cast<std::size_t>(std::max(1, lines - 1));
  model_.set_page(page);
  model_.set_detail_end(cut_lines.size() > page ? cut_lines.size() - page : 0);
  const auto first = model_.detail_top();
  const auto end = std::min(first + page, cut_lines.size());
  auto title = fmt::format(" {}", detail.title);
  if (cut_lines.size() > page) {
    title += fmt::format(": lines {} to {} of {}", first + 1, end, cut_lines.size());
  }
  Elements drawn{ftxui::text(title) | look_.title()};
  for (auto i = first; i < end; ++i) {
    const auto& [text, line] = cut_lines[i];
    auto element = ftxui::text(" " + text) | look_.tint(line->tint);
    drawn.push_back(line->bold ? std::move(element) | ftxui::bold : std::move(element));
  }
  return vbox(std::move(drawn));
}

Element Painter::execution() {
  constexpr int kHead = 4;
  Elements drawn{screen::one_line(" " + model_.what_is_executed())};
  if (model_.is_executing()) {
    drawn.push_back(hbox({ftxui::text(" "), button("Cancel", Clicked::Kind::cancel),
                          ftxui::text("  under way ...") | ftxui::bold}));
  } else {
    drawn.push_back(hbox({ftxui::text(" "), button("Execute", Clicked::Kind::execute)}));
  }
  drawn.push_back(executed_by());
  drawn.push_back(ftxui::text(""));
  if (const auto* result = model_.detail()) drawn.push_back(detail(*result, lines() - kHead));
  return vbox(std::move(drawn));
}

Element Painter::executed_by() {
  const auto& agent = model_.by_agent();
  const auto& address = model_.from_address();
  const auto choice = [&](const std::string& text, bool is_any, Clicked::Kind kind) {
    auto element = ftxui::text(text);
    return clickable(is_any ? std::move(element) | ftxui::dim : std::move(element) | ftxui::bold,
                     {kind});
  };
  return hbox(
      {ftxui::text(" by "),
       choice(agent.empty() ? "any agent" : agent, agent.empty(), Clicked::Kind::agent) |
           ftxui::xflex_shrink,
       ftxui::text(" from "),
       choice(address.empty() ? "any address" : address, address.empty(), Clicked::Kind::address)});
}

Element Painter::button(const char* text, Clicked::Kind kind) {
  return clickable(ftxui::text(fmt::format("[ {} ]", text)) | ftxui::bold, {kind});
}

Element draw(Model& model, screen::Size size, const screen::Look& look, Spots& spots) {
  spots.clear();
  if (screen::is_too_small(size)) return screen::too_small();
  auto painted = Painter(model, size, look, spots).paint();
  return model.shows_help() ? ftxui::dbox({std::move(painted), screen::help_window(help_lines())})
                            : std::move(painted);
}

}  // namespace dispatch::cli::monitor

#include "cli/top/view.hpp"

#include "cli/control_tables.hpp"
#include "cli/screen/graph.hpp"
#include "cli/units.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dispatch::cli::top {
namespace {

using ftxui::Element;
using ftxui::Elements;
using ftxui::hbox;
using ftxui::vbox;
using screen::cell;
using screen::cell_right;
using screen::kWide;
using screen::Look;
using screen::Size;

// Letters of a column, and one that parts it from the next.
constexpr int kMark = 2;
constexpr int kSwitch = 4;
constexpr int kState = 11;
constexpr int kWeight = 7;
constexpr int kLive = 7;
constexpr int kFailed = 7;
constexpr int kRate = 13;
constexpr int kAge = 10;
constexpr int kBytes = 10;
constexpr int kLinkOfConnection = 12;
constexpr int kLinkNameMax = 24;
constexpr int kLinkTableFixed = kMark + kSwitch + kState + kWeight + kLive + kFailed + 2 * kRate;
constexpr int kConnectionTableFixed = kMark + kLinkOfConnection + kRate + kBytes + kAge;

// Lines beside those of links, of the graph and of connections: the head, titles, the reason, the
// foot.
constexpr int kOtherLines = 7;
constexpr std::size_t kHistory = 300;  // seconds: control::Rates::kIntervalsMax

int link_lines(std::size_t links, Size size) {
  return std::min(static_cast<int>(std::max<std::size_t>(links, 1)), size.height / 4);
}
int graph_lines(Size size) {
  return std::clamp(size.height / 6, 3, 8);
}

class Painter {
 public:
  Painter(const Feed::View& known, const std::vector<ConnectionRow>& rows, ScreenState& state,
          Size size, const Look& look, Spots& spots)
      : known_(known),
        snapshot_(known.snapshot),
        rows_(rows),
        state_(state),
        size_(size),
        look_(look),
        spots_(spots) {}

  Element paint() {
    Elements lines{head()};
    add_links(lines);
    lines.push_back(reason());
    add_graphs(lines);
    add_connections(lines);
    lines.push_back(ftxui::filler());
    lines.push_back(foot());
    return vbox(std::move(lines));
  }

 private:
  ftxui::Decorator tint_of_state(const std::string& state) const {
    if (state == "up") return look_.tint(ftxui::Color::Green);
    if (state == "down") return look_.tint(ftxui::Color::Red);
    if (state == "off") return ftxui::dim;
    return look_.tint(ftxui::Color::Yellow);
  }

  Element clickable(Element element, Clicked what) {
    return screen::clickable(std::move(element), what, spots_);
  }

  Element head() const {
    const auto text =
        fmt::format(" dispatch {}, up for {}: {}, {} accepted, {} refused", snapshot_.version,
                    format_age(snapshot_.uptime_s), format_count(snapshot_.clients_live, "client"),
                    snapshot_.clients_accepted, snapshot_.clients_refused);
    Elements parts{ftxui::text(text) | ftxui::bold, ftxui::filler()};
    if (!known_.trouble.empty()) {
      parts.push_back(ftxui::text(" waiting for dispatch ") | ftxui::bold | ftxui::inverted |
                      look_.tint(ftxui::Color::Red));
    }
    return hbox(std::move(parts));
  }

  int link_name_width() const {
    const int rest = size_.width - kLinkTableFixed;
    return size_.width >= kWide ? std::min(rest, kLinkNameMax) : rest;
  }

  void add_links(Elements& lines) {
    const int name = link_name_width();
    Elements titles{cell("", kMark),
                    cell("ON", kSwitch),
                    cell("LINK", name),
                    cell("STATE", kState),
                    cell_right("WEIGHT", kWeight),
                    cell_right("LIVE", kLive),
                    cell_right("FAILED", kFailed),
                    cell_right("DOWN", kRate),
                    cell_right("UP", kRate)};
    if (size_.width >= kWide) titles.push_back(ftxui::text("WHY"));
    lines.push_back(hbox(std::move(titles)) | look_.title());
    const auto selected = state_.link_row(snapshot_);
    const auto shown = static_cast<std::size_t>(link_lines(snapshot_.links.size(), size_));
    const auto first = screen::first_shown(selected, shown);
    const auto end = std::min(first + shown, snapshot_.links.size());
    for (auto i = first; i < end; ++i) lines.push_back(link_line(i, i == selected, name));
    if (snapshot_.links.empty()) lines.push_back(ftxui::text("  there is no link") | ftxui::dim);
  }

  Element link_line(std::size_t i, bool selected, int name) {
    const auto& link = snapshot_.links[i];
    auto on =
        clickable(cell(link.is_off() ? "[ ]" : "[x]", kSwitch), {Clicked::Kind::link_switch, i});
    Elements cells{cell(selected ? ">" : "", kMark),
                   std::move(on),
                   cell(link.name, name),
                   cell(link.state, kState) | tint_of_state(link.state),
                   cell_right(std::to_string(link.weight), kWeight),
                   cell_right(std::to_string(link.live), kLive),
                   cell_right(std::to_string(link.dial_failures), kFailed),
                   cell_right(format_rate(link.rate.received), kRate),
                   cell_right(format_rate(link.rate.sent), kRate)};
    if (size_.width >= kWide) {
      const int rest = size_.width - kLinkTableFixed - name;
      cells.push_back(ftxui::text(why(link)) | ftxui::size(ftxui::WIDTH, ftxui::EQUAL, rest));
    }
    auto line = hbox(std::move(cells)) | ftxui::xflex;
    if (selected && state_.pane == Pane::links) line = std::move(line) | ftxui::inverted;
    if (link.is_off()) line = std::move(line) | ftxui::dim;
    return clickable(std::move(line), {Clicked::Kind::link, i});
  }

  static std::string why(const LinkRow& link) {
    if (link.is_off()) return "by hand";
    const auto time = "for " + format_age(link.since_s);
    return link.reason.empty() ? time : link.reason + ", " + time;
  }

  const LinkRow* selected_link() const {
    return snapshot_.links.empty() ? nullptr : &snapshot_.links[state_.link_row(snapshot_)];
  }

  Element reason() const {
    if (!known_.trouble.empty()) {
      return ftxui::text(" " + known_.trouble) | look_.tint(ftxui::Color::Red);
    }
    const auto* link = selected_link();
    if (link == nullptr) return ftxui::text("");
    const auto from = link->addresses.empty() ? "" : fmt::format(" ({})", link->addresses);
    return ftxui::text(fmt::format(" {}{}: {} {}", link->name, from, link->state, why(*link))) |
           tint_of_state(link->state);
  }

  void add_graphs(Elements& lines) const {
    const auto* link = selected_link();
    if (link == nullptr) return;
    const int width = size_.width / 2;
    std::vector<std::uint64_t> down;
    std::vector<std::uint64_t> up;
    for (const auto& rate : link->history) {
      down.push_back(rate.received);
      up.push_back(rate.sent);
    }
    lines.push_back(hbox({graph_title("down", link->rate.received, down, width),
                          graph_title("up", link->rate.sent, up, size_.width - width)}));
    lines.push_back(
        hbox({graph(down, width - 1) | look_.tint(ftxui::Color::Green), ftxui::text(" "),
              graph(up, size_.width - width) | look_.tint(ftxui::Color::Blue)}));
  }

  std::size_t columns_shown(int width) const {
    return static_cast<std::size_t>(std::max(1, width));
  }
  std::size_t values_per_column(std::size_t width) const {
    return state_.whole_history ? (kHistory + width - 1) / width : 1;
  }
  std::uint64_t most_of(const std::vector<std::uint64_t>& values, int width) const {
    const auto columns = columns_shown(width);
    const auto shown = std::min(values.size(), columns * values_per_column(columns));
    return shown == 0
               ? 0
               : *std::max_element(values.end() - static_cast<std::ptrdiff_t>(shown), values.end());
  }

  Element graph_title(const std::string& name, std::uint64_t now,
                      const std::vector<std::uint64_t>& values, int width) const {
    const auto columns = columns_shown(width - 1);
    const auto seconds = columns * values_per_column(columns);
    const auto scale = screen::scale_for(most_of(values, width - 1));
    return hbox({ftxui::text(fmt::format(" {} {}", name, format_rate(now))) | ftxui::bold,
                 ftxui::text(fmt::format(" of {}, {} s", round_rate(scale),
                                         std::min<std::size_t>(seconds, kHistory)))}) |
           ftxui::size(ftxui::WIDTH, ftxui::EQUAL, width);
  }

  // Of a scale: "50 Mbit/s".
  static std::string round_rate(std::uint64_t bytes_per_second) {
    auto text = format_rate(bytes_per_second);
    if (const auto zero = text.find(".0 "); zero != std::string::npos) text.erase(zero, 2);
    return text;
  }

  Element graph(const std::vector<std::uint64_t>& values, int width) const {
    const auto columns = columns_shown(width);
    const auto most = screen::scale_for(most_of(values, width));
    Elements lines;
    for (auto& line :
         screen::area_graph(values, columns, static_cast<std::size_t>(graph_lines(size_)), most,
                            values_per_column(columns))) {
      lines.push_back(ftxui::text(std::move(line)));
    }
    return vbox(std::move(lines)) | ftxui::size(ftxui::WIDTH, ftxui::EQUAL, width);
  }

  int client_width() const {
    return std::clamp((size_.width - kConnectionTableFixed) * 2 / 5, 16, 48);
  }
  int width_of(Column column) const {
    switch (column) {
      case Column::target:
        return size_.width - kConnectionTableFixed - client_width();
      case Column::link:
        return kLinkOfConnection;
      case Column::rate:
        return kRate;
      case Column::bytes:
        return kBytes;
      case Column::age:
        return kAge;
      case Column::client:
        return client_width();
    }
    return 0;
  }
  static bool stands_right(Column column) {
    return column == Column::rate || column == Column::bytes || column == Column::age;
  }
  Element column_cell(const std::string& text, Column column) const {
    return stands_right(column) ? cell_right(text, width_of(column)) : cell(text, width_of(column));
  }

  static std::string text_of(const ConnectionRow& row, Column column) {
    switch (column) {
      case Column::target:
        return row.target;
      case Column::link:
        return row.link;
      case Column::rate:
        return format_rate(row.rate.sum());
      case Column::bytes:
        return format_bytes(row.bytes());
      case Column::age:
        return format_age(row.age_s);
      case Column::client:
        return row.client;
    }
    return "";
  }

  Element connection_titles() {
    Elements titles{cell("", kMark)};
    for (const auto column : kColumns) {
      auto title = std::string(title_of(column));
      const bool sorted = column == state_.order.by;
      // Names ascend by themselves, figures descend.
      const bool ascends = stands_right(column) == state_.order.reversed;
      if (sorted) title += ascends ? "^" : "v";
      auto element = column_cell(title, column);
      if (sorted) element = std::move(element) | ftxui::underlined;
      titles.push_back(clickable(std::move(element), {Clicked::Kind::column, 0, column}));
    }
    return hbox(std::move(titles)) | look_.title();
  }

  Element connections_head() const {
    const auto all = snapshot_.connections.size();
    auto count = format_count(all, "connection");
    if (rows_.size() != all) count = fmt::format("{} of {}", rows_.size(), count);
    return hbox({ftxui::text(" " + count) | ftxui::bold, screen::filter_part(state_.order.filter)});
  }

  void add_connections(Elements& lines) {
    lines.push_back(connections_head());
    lines.push_back(connection_titles());
    const auto page = connection_page(snapshot_.links.size(), size_);
    state_.connection = rows_.empty() ? 0 : std::min(state_.connection, rows_.size() - 1);
    const auto selected = state_.connection;
    const auto first = screen::first_shown(selected, page);
    const auto end = std::min(first + page, rows_.size());
    for (auto i = first; i < end; ++i) {
      const bool marked = i == selected && state_.pane == Pane::connections;
      Elements cells{cell(marked ? ">" : "", kMark)};
      for (const auto column : kColumns) {
        cells.push_back(column_cell(text_of(rows_[i], column), column));
      }
      auto line = hbox(std::move(cells)) | ftxui::xflex;
      if (marked) line = std::move(line) | ftxui::inverted;
      lines.push_back(clickable(std::move(line), {Clicked::Kind::connection, i}));
    }
  }

  Element foot() const {
    if (!known_.said.empty()) {
      auto said = ftxui::text(" " + known_.said);
      return known_.refused ? said | look_.tint(ftxui::Color::Red) | ftxui::bold
                            : said | ftxui::bold;
    }
    if (state_.order.filter.writes) {
      return ftxui::text(" part of a client, target or link; Enter: done; Esc: all again") |
             ftxui::dim;
    }
    return ftxui::text(
               " q quit  Tab pane  space on/off  +/- weight  s sort  r reverse  / filter  ? help") |
           ftxui::dim;
  }

  const Feed::View& known_;
  const Snapshot& snapshot_;
  const std::vector<ConnectionRow>& rows_;
  ScreenState& state_;
  Size size_;
  const Look& look_;
  Spots& spots_;
};

Element help() {
  return screen::help_window({
      "Tab               between links and connections",
      "up, down, j, k    select; also Page up and down, Home, End, the wheel",
      "space             switch the selected link off or on; or click on [x]",
      "+, -              its weight, until dispatch is started again",
      "t                 graphs: a second a column, or the last 5 minutes",
      "s, r              sort by the next column; reverse. Or click on a title",
      "/                 only connections with a text in client, target or link",
      "q, Ctrl-C         leave. dispatch goes on",
  });
}

}  // namespace

std::size_t connection_page(std::size_t links, Size size) {
  const int lines = size.height - kOtherLines - link_lines(links, size) - graph_lines(size);
  return static_cast<std::size_t>(std::max(1, lines));
}

Element view(const Feed::View& known, const std::vector<ConnectionRow>& rows, ScreenState& state,
             Size size, const Look& look, Spots& spots) {
  spots.clear();
  if (screen::is_too_small(size)) return screen::too_small();
  auto painted = Painter(known, rows, state, size, look, spots).paint();
  return state.help ? ftxui::dbox({std::move(painted), help()}) : std::move(painted);
}

}  // namespace dispatch::cli::top

// What the parts of the monitor's drawing share.
#pragma once

#include "cli/monitor/view.hpp"

namespace dispatch::cli::monitor {

// Lines beside a view's own: the head, the views, the foot.
inline constexpr int kFrameLines = 3;

class Painter {
 public:
  Painter(Model& model, screen::Size size, const screen::Look& look, Spots& spots)
      : model_(model), size_(size), look_(look), spots_(spots) {}

  ftxui::Element paint();

 private:
  int lines() const { return size_.height - kFrameLines; }  // of a view
  bool is_wide() const { return size_.width >= screen::kWide; }
  ftxui::Element clickable(ftxui::Element element, Clicked what) {
    return screen::clickable(std::move(element), what, spots_);
  }

  ftxui::Element head() const;
  ftxui::Element views();
  ftxui::Element foot() const;
  ftxui::Element content();

  // view_overview.cpp
  ftxui::Element overview() const;
  ftxui::Element counts() const;
  ftxui::Element rate_graph(int lines) const;
  void add_under_way(ftxui::Elements& lines, int most) const;
  void add_last(ftxui::Elements& lines, int most) const;

  // view.cpp
  ftxui::Element table();
  ftxui::Element table_titles(const std::vector<screen::Column>& columns,
                              const std::vector<int>& widths);
  ftxui::Element table_row(const screen::Row& row, std::size_t index, bool selected,
                           const std::vector<screen::Column>& columns,
                           const std::vector<int>& widths);
  ftxui::Element detail(const Detail& detail, int lines);
  ftxui::Element execution();
  ftxui::Element executed_by();

  // view_form.cpp
  ftxui::Element form();
  ftxui::Element field(Field field, int lines);
  ftxui::Element button(const char* text, Clicked::Kind kind);

  Model& model_;
  screen::Size size_;
  const screen::Look& look_;
  Spots& spots_;
};

}  // namespace dispatch::cli::monitor

// What the screens of dispatch draw with: FTXUI's elements, cut to our measure.
#pragma once

#include "cli/screen/data_table.hpp"
#include "cli/screen/key.hpp"

#include <cstddef>
#include <deque>
#include <ftxui/component/event.hpp>
#include <ftxui/dom/elements.hpp>
#include <ftxui/screen/box.hpp>
#include <string>
#include <vector>

namespace dispatch::cli::screen {

struct Size {
  int width;
  int height;
};

// What is too small to show anything of use: a line says so in its place.
inline constexpr Size kSizeMin{60, 16};
ftxui::Element too_small();
inline bool is_too_small(Size size) {
  return size.width < kSizeMin.width || size.height < kSizeMin.height;
}

// From here on there is room for more columns.
inline constexpr int kWide = 110;

struct Look {
  bool colours = true;

  ftxui::Decorator tint(ftxui::Color::Palette16 color) const;
  ftxui::Decorator tint(Tint tint) const;
  ftxui::Decorator title() const;  // of a table
};

// As NO_COLOR has it.
Look look_of_environment();
Size size_of_terminal();
// Whether there is a terminal at both ends that does more than lines.
bool can_draw();

Key key_of(const ftxui::Event& event);

// What others wrote, on one line whatever is in it.
ftxui::Element one_line(std::string text);

// `width` has one letter that parts the cell from the next.
ftxui::Element cell(const std::string& text, int width);
ftxui::Element cell_right(const std::string& text, int width);

// "  with: part" behind what counts the rows.
ftxui::Element filter_part(const Filter& filter);

// The keys, in a frame over the screen.
ftxui::Element help_window(const std::vector<std::string>& lines);

// Where something that can be clicked was drawn: what it is is filled in when it is made, where it
// is by FTXUI when it draws. A deque: boxes stay where they are until they are drawn.
template <typename What>
struct Spot {
  What what;
  ftxui::Box box{};
};
template <typename What>
using Spots = std::deque<Spot<What>>;

template <typename What>
ftxui::Element clickable(ftxui::Element element, What what, Spots<What>& spots) {
  spots.push_back({std::move(what), {}});
  return std::move(element) | ftxui::reflect(spots.back().box);
}

// What is within something else was made before it, and comes first.
template <typename What>
const What* spot_at(const Spots<What>& spots, int x, int y) {
  for (const auto& spot : spots) {
    if (spot.box.Contain(x, y)) return &spot.what;
  }
  return nullptr;
}

}  // namespace dispatch::cli::screen

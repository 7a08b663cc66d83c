// The screen of `dispatch top`, as FTXUI draws it.
#pragma once

#include "cli/top/feed.hpp"
#include "cli/top/screen_state.hpp"

#include <cstddef>
#include <deque>
#include <ftxui/dom/elements.hpp>
#include <ftxui/screen/box.hpp>
#include <string>

namespace dispatch::cli::top {

// Where something that can be clicked was drawn. What it is is filled in by view(), where it is by
// FTXUI when it draws.
struct Spot {
  enum class Kind : std::uint8_t { link, link_switch, connection, column };

  Kind kind;
  std::size_t row = 0;  // of link, link_switch, connection
  Column column = Column::rate;
  ftxui::Box box{};
};

// A deque: boxes stay where they are until they are drawn.
using Spots = std::deque<Spot>;

struct Size {
  int width;
  int height;
};

struct Look {
  bool colours = true;
};

// `rows` are the connections that are shown, arranged. `state` is moved to what there is.
ftxui::Element view(const Feed::View& known, const std::vector<ConnectionRow>& rows,
                    ScreenState& state, Size size, const Look& look, Spots& spots);

// What is too small to show anything of use: a line says so in its place.
inline constexpr Size kSizeMin{60, 16};

// How many connections are shown at a time: what a page is.
std::size_t connection_page(std::size_t links, Size size);

}  // namespace dispatch::cli::top

// The screen of `dispatch top`, as FTXUI draws it.
#pragma once

#include "cli/screen/terminal.hpp"
#include "cli/top/feed.hpp"
#include "cli/top/screen_state.hpp"

#include <cstddef>
#include <ftxui/dom/elements.hpp>
#include <vector>

namespace dispatch::cli::top {

// What can be clicked.
struct Clicked {
  enum class Kind : std::uint8_t { link, link_switch, connection, column };

  Kind kind;
  std::size_t row = 0;  // of link, link_switch, connection
  Column column = Column::rate;
};
using Spots = screen::Spots<Clicked>;

// `rows` are the connections that are shown, arranged. `state` is moved to what there is.
ftxui::Element view(const Feed::View& known, const std::vector<ConnectionRow>& rows,
                    ScreenState& state, screen::Size size, const screen::Look& look, Spots& spots);

// How many connections are shown at a time: what a page is.
std::size_t connection_page(std::size_t links, screen::Size size);

}  // namespace dispatch::cli::top

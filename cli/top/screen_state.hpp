// What the user of `dispatch top` has chosen.
#pragma once

#include "cli/top/connection_order.hpp"
#include "cli/top/snapshot.hpp"

#include <cstddef>
#include <string>

namespace dispatch::cli::top {

enum class Pane : std::uint8_t { links, connections };

struct ScreenState {
  Pane pane = Pane::links;
  std::string link{};          // the selected one, by name: it keeps it when others come and go
  std::size_t connection = 0;  // the selected row of the arranged table
  ConnectionOrder order{};
  bool whole_history = false;  // of the graphs: all of it, in place of a second a column
  bool help = false;

  // Where `link` stands; the first one where it is gone. Of no links: 0.
  std::size_t link_row(const Snapshot& snapshot) const;
  void select_link(const Snapshot& snapshot, std::ptrdiff_t row);  // the nearest one that there is
};

}  // namespace dispatch::cli::top

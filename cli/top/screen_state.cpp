#include "cli/top/screen_state.hpp"

#include <algorithm>

namespace dispatch::cli::top {

std::size_t ScreenState::link_row(const Snapshot& snapshot) const {
  const auto found = std::ranges::find(snapshot.links, link, &LinkRow::name);
  return found == snapshot.links.end() ? 0
                                       : static_cast<std::size_t>(found - snapshot.links.begin());
}

void ScreenState::select_link(const Snapshot& snapshot, std::ptrdiff_t row) {
  if (snapshot.links.empty()) return;
  const auto last = static_cast<std::ptrdiff_t>(snapshot.links.size()) - 1;
  link = snapshot.links[static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(row, 0, last))].name;
}

}  // namespace dispatch::cli::top

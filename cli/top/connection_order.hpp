// In which order connections stand in a table, and which of them.
#pragma once

#include "cli/screen/filter.hpp"
#include "cli/top/snapshot.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::cli::top {

enum class Column : std::uint8_t { target, link, rate, bytes, age, client };

// In the order of the table, and of the key that goes from one to the next.
inline constexpr std::array kColumns{Column::target, Column::link, Column::rate,
                                     Column::bytes,  Column::age,  Column::client};

std::string_view title_of(Column column);

struct ConnectionOrder {
  Column by = Column::rate;
  bool reversed = false;    // else figures descend, and names ascend
  screen::Filter filter{};  // somewhere in the client, target or link

  // The next of kColumns, and from the last one the first.
  void sort_by_next();
  // What it is sorted by already: the other way round.
  void sort_by(Column column);
};

// Those that pass the filter, sorted. Where they are alike, as they were.
std::vector<ConnectionRow> arranged(const std::vector<ConnectionRow>& rows,
                                    const ConnectionOrder& order);

}  // namespace dispatch::cli::top

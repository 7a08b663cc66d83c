// A table that is filtered, sorted, and of which a row is selected.
#pragma once

#include "cli/screen/filter.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace dispatch::cli::screen {

enum class Tint : std::uint8_t { none, good, warning, bad, faint };

struct Cell {
  std::string text{};
  std::optional<double> number{};  // figures are sorted by it, the largest first
  Tint tint = Tint::none;
};

struct Row {
  std::string id;  // of its own, and kept
  std::vector<Cell> cells;
};

struct Column {
  std::string title;
  int width = 0;              // letters, one that parts it from the next included; 0: what is left
  bool right = false;         // where it stands
  bool only_if_wide = false;  // is left out of a narrow screen
};

struct TableState {
  std::string selected{};           // the row's id: it keeps it when others come and go
  std::size_t at = 0;               // where that was seen last
  std::optional<std::size_t> by{};  // the column that it is sorted by; none: as the rows come
  bool reversed = false;
  Filter filter{};

  // Through all columns, then as they come.
  void sort_by_next(std::size_t columns);
  // What it is sorted by already: the other way round.
  void sort_by(std::size_t column);
  // Where the selected one stands; where it is gone, one that stands there now. Of no rows: 0.
  std::size_t row(const std::vector<Row>& rows) const;
  void select(const std::vector<Row>& rows, std::ptrdiff_t row);  // the nearest that there is
};

// Those that pass the filter with any cell, sorted. Where they are alike, as they were.
std::vector<Row> arranged(std::vector<Row> rows, const TableState& state);

// Of each column, 0: it is not shown. `wide`: there is room for all of them.
std::vector<int> widths_of(const std::vector<Column>& columns, int width, bool wide);

// Which row stands first, where `page` of them are shown and the selected one is to be seen.
std::size_t first_shown(std::size_t selected, std::size_t page);

}  // namespace dispatch::cli::screen

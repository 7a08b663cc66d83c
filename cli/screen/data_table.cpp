#include "cli/screen/data_table.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace dispatch::cli::screen {
namespace {

bool stands_before(const Cell& a, const Cell& b) {
  if (a.number && b.number) return *a.number > *b.number;
  if (a.number || b.number) return a.number.has_value();
  return a.text < b.text;
}

bool passes(const Row& row, const std::string& filter) {
  return filter.empty() || std::ranges::any_of(row.cells, [&](const auto& cell) {
           return contains(cell.text, filter);
         });
}

}  // namespace

void TableState::sort_by_next(std::size_t columns) {
  reversed = false;
  if (!by) {
    by = 0;
  } else if (*by + 1 < columns) {
    ++*by;
  } else {
    by.reset();
  }
}

void TableState::sort_by(std::size_t column) {
  reversed = by == column && !reversed;
  by = column;
}

std::size_t TableState::row(const std::vector<Row>& rows) const {
  if (rows.empty()) return 0;
  const auto found = std::ranges::find(rows, selected, &Row::id);
  if (found != rows.end()) return static_cast<std::size_t>(found - rows.begin());
  return std::min(at, rows.size() - 1);
}

void TableState::select(const std::vector<Row>& rows, std::ptrdiff_t row) {
  if (rows.empty()) return;
  const auto last = static_cast<std::ptrdiff_t>(rows.size()) - 1;
  at = static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(row, 0, last));
  selected = rows[at].id;
}

std::vector<Row> arranged(std::vector<Row> rows, const TableState& state) {
  std::erase_if(rows, [&](const auto& row) { return !passes(row, state.filter.text); });
  if (!state.by) {
    if (state.reversed) std::ranges::reverse(rows);
    return rows;
  }
  std::ranges::stable_sort(rows, [&](const Row& a, const Row& b) {
    const auto& one = a.cells.at(*state.by);
    const auto& other = b.cells.at(*state.by);
    return state.reversed ? stands_before(other, one) : stands_before(one, other);
  });
  return rows;
}

std::vector<int> widths_of(const std::vector<Column>& columns, int width, bool wide) {
  std::vector<int> widths;
  int flexible = 0;
  for (const auto& column : columns) {
    const bool is_shown = wide || !column.only_if_wide;
    widths.push_back(is_shown ? column.width : 0);
    if (is_shown && column.width == 0) ++flexible;
  }
  int left = std::max(0, width - std::accumulate(widths.begin(), widths.end(), 0));
  for (std::size_t i = 0; i < columns.size() && flexible > 0; ++i) {
    if (columns[i].width != 0 || (columns[i].only_if_wide && !wide)) continue;
    widths[i] = left / flexible;
    left -= widths[i];
    --flexible;
  }
  return widths;
}

std::size_t first_shown(std::size_t selected, std::size_t page) {
  return selected < page ? 0 : selected + 1 - page;
}

}  // namespace dispatch::cli::screen

#include "cli/top/connection_order.hpp"

#include <algorithm>

namespace dispatch::cli::top {
namespace {

bool stands_before(const ConnectionRow& a, const ConnectionRow& b, Column by) {
  switch (by) {
    case Column::target:
      return a.target < b.target;
    case Column::link:
      return a.link < b.link;
    case Column::rate:
      return a.rate.sum() > b.rate.sum();
    case Column::bytes:
      return a.bytes() > b.bytes();
    case Column::age:
      return a.age_s > b.age_s;
    case Column::client:
      return a.client < b.client;
  }
  return false;
}

}  // namespace

std::string_view title_of(Column column) {
  switch (column) {
    case Column::target:
      return "TARGET";
    case Column::link:
      return "LINK";
    case Column::rate:
      return "RATE";
    case Column::bytes:
      return "BYTES";
    case Column::age:
      return "AGE";
    case Column::client:
      return "CLIENT";
  }
  return "";
}

void ConnectionOrder::sort_by_next() {
  const auto now = std::ranges::find(kColumns, by);
  by = now + 1 == kColumns.end() ? kColumns.front() : *(now + 1);
  reversed = false;
}

void ConnectionOrder::sort_by(Column column) {
  reversed = by == column && !reversed;
  by = column;
}

std::vector<ConnectionRow> arranged(const std::vector<ConnectionRow>& rows,
                                    const ConnectionOrder& order) {
  std::vector<ConnectionRow> found;
  for (const auto& row : rows) {
    const auto& part = order.filter.text;
    const bool passes = screen::contains(row.target, part) || screen::contains(row.link, part) ||
                        screen::contains(row.client, part);
    if (passes) found.push_back(row);
  }
  std::ranges::stable_sort(found, [&](const ConnectionRow& a, const ConnectionRow& b) {
    return order.reversed ? stands_before(b, a, order.by) : stands_before(a, b, order.by);
  });
  return found;
}

}  // namespace dispatch::cli::top

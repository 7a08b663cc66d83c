#include "cli/table.hpp"

#include <algorithm>

namespace dispatch::cli {
namespace {

constexpr auto kBold = "\x1b[1m";
constexpr auto kDim = "\x1b[2m";
constexpr auto kPlain = "\x1b[0m";

}  // namespace

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {
  for (const auto& column : columns_) widths_.push_back(column.title.size());
}

void Table::add(std::vector<std::string> cells, bool dim) {
  cells.resize(columns_.size());
  for (std::size_t i = 0; i < cells.size(); ++i) widths_[i] = std::max(widths_[i], cells[i].size());
  rows_.push_back({std::move(cells), dim});
}

std::string Table::line(const std::vector<std::string>& cells) const {
  std::string text;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string padding(widths_[i] - cells[i].size(), ' ');
    if (i != 0) text += "  ";
    text += columns_[i].align == Align::left ? cells[i] + padding : padding + cells[i];
  }
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

std::string Table::render(const std::string& indent, bool styled) const {
  const auto style = [&](const char* on, const std::string& text) {
    return styled ? on + text + kPlain : text;
  };
  std::vector<std::string> titles;
  for (const auto& column : columns_) titles.push_back(column.title);
  std::string text = indent + style(kBold, line(titles)) + "\n";
  for (const auto& row : rows_) {
    text += indent + (row.dim ? style(kDim, line(row.cells)) : line(row.cells)) + "\n";
  }
  return text;
}

}  // namespace dispatch::cli

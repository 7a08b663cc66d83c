// Columns of text.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace dispatch::cli {

enum class Align : std::uint8_t { left, right };

struct Column {
  std::string title;
  Align align = Align::left;
};

// Each column is as wide as its widest cell; columns stand two spaces apart, without a trailing
// space. Text is ASCII.
class Table {
 public:
  explicit Table(std::vector<Column> columns);

  // Missing cells are empty. `dim` rows are set in fainter letters by a styled render.
  void add(std::vector<std::string> cells, bool dim = false);

  // One line for the titles and one for each row, each behind `indent`.
  std::string render(const std::string& indent = "", bool styled = false) const;

 private:
  struct Row {
    std::vector<std::string> cells;
    bool dim = false;
  };

  std::string line(const std::vector<std::string>& cells) const;

  std::vector<Column> columns_;
  std::vector<std::size_t> widths_;
  std::vector<Row> rows_;
};

}  // namespace dispatch::cli

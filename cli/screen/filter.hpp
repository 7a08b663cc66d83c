// A text that rows of a table have to contain.
#pragma once

#include "cli/screen/key.hpp"

#include <string>
#include <string_view>

namespace dispatch::cli::screen {

// In any case, of ASCII's letters.
bool contains(std::string_view text, std::string_view part);

struct Filter {
  std::string text{};   // empty: everything passes
  bool writes = false;  // letters go to it

  void begin() { writes = true; }
  void drop() { text.clear(); }
  // A key while it is written: Enter and Tab end that, Escape also drops the text. False: the key
  // means nothing here.
  bool press(const Key& key);
};

// "part_" while it is written.
std::string shown(const Filter& filter);

}  // namespace dispatch::cli::screen

// A key that was pressed, whatever library read it.
#pragma once

#include <cstdint>
#include <string>

namespace dispatch::cli::screen {

struct Key {
  enum class Kind : std::uint8_t {
    letter,
    enter,
    escape,
    tab,
    back_tab,
    up,
    down,
    left,
    right,
    page_up,
    page_down,
    home,
    end,
    backspace,
    erase,  // Del
    other,
  };

  Kind kind = Kind::other;
  std::string letter{};  // in UTF-8; of Kind::letter

  bool is(const char* text) const { return kind == Kind::letter && letter == text; }
};

}  // namespace dispatch::cli::screen

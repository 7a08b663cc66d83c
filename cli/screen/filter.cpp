#include "cli/screen/filter.hpp"

#include "cli/screen/text_edit.hpp"

#include <algorithm>

namespace dispatch::cli::screen {
namespace {

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

}  // namespace

bool contains(std::string_view text, std::string_view part) {
  const auto alike = [](char a, char b) { return lower(a) == lower(b); };
  return std::search(text.begin(), text.end(), part.begin(), part.end(), alike) != text.end();
}

bool Filter::press(const Key& key) {
  switch (key.kind) {
    case Key::Kind::enter:
    case Key::Kind::tab:
      writes = false;
      return true;
    case Key::Kind::escape:
      writes = false;
      drop();
      return true;
    case Key::Kind::backspace:
      text.resize(letter_before(text, text.size()));
      return true;
    case Key::Kind::letter:
      text += key.letter;
      return true;
    default:
      return false;
  }
}

std::string shown(const Filter& filter) {
  return filter.text + (filter.writes ? "_" : "");
}

}  // namespace dispatch::cli::screen

#include "cli/screen/text_edit.hpp"

#include <algorithm>
#include <utility>

namespace dispatch::cli::screen {
namespace {

bool goes_on(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

std::size_t letters_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return !goes_on(c); }));
}

}  // namespace

std::size_t letter_before(std::string_view text, std::size_t at) {
  while (at > 0 && goes_on(text[at - 1])) --at;
  return at == 0 ? 0 : at - 1;
}

std::size_t letter_behind(std::string_view text, std::size_t at) {
  if (at < text.size()) ++at;
  while (at < text.size() && goes_on(text[at])) ++at;
  return at;
}

void TextEdit::set(std::string text) {
  text_ = std::move(text);
  at_ = text_.size();
}

std::size_t TextEdit::line_begin(std::size_t at) const {
  const auto before = at == 0 ? std::string::npos : text_.rfind('\n', at - 1);
  return before == std::string::npos ? 0 : before + 1;
}

std::size_t TextEdit::line_end(std::size_t at) const {
  return std::min(text_.find('\n', at), text_.size());
}

void TextEdit::move_lines(int by) {
  const auto begin = line_begin(at_);
  const auto letters = letters_of(std::string_view(text_).substr(begin, at_ - begin));
  std::size_t to = 0;
  if (by < 0) {
    if (begin == 0) return;
    to = line_begin(begin - 1);
  } else {
    const auto end = line_end(at_);
    if (end == text_.size()) return;
    to = end + 1;
  }
  at_ = to;
  const auto end = line_end(to);
  for (std::size_t i = 0; i < letters && at_ < end; ++i) at_ = letter_behind(text_, at_);
}

bool TextEdit::press(const Key& key) {
  using Kind = Key::Kind;
  switch (key.kind) {
    case Kind::letter:
      text_.insert(at_, key.letter);
      at_ += key.letter.size();
      return true;
    case Kind::enter:
      if (!has_lines()) return false;
      text_.insert(at_++, "\n");
      return true;
    case Kind::backspace: {
      const auto from = letter_before(text_, at_);
      text_.erase(from, at_ - from);
      at_ = from;
      return true;
    }
    case Kind::erase:
      text_.erase(at_, letter_behind(text_, at_) - at_);
      return true;
    case Kind::left:
      at_ = letter_before(text_, at_);
      return true;
    case Kind::right:
      at_ = letter_behind(text_, at_);
      return true;
    case Kind::home:
      at_ = line_begin(at_);
      return true;
    case Kind::end:
      at_ = line_end(at_);
      return true;
    case Kind::up:
    case Kind::down:
      if (!has_lines()) return false;
      move_lines(key.kind == Kind::up ? -1 : 1);
      return true;
    default:
      return false;
  }
}

TextEdit::Place TextEdit::cursor() const {
  const auto begin = line_begin(at_);
  const auto before = std::string_view(text_).substr(0, begin);
  return {static_cast<std::size_t>(std::ranges::count(before, '\n')),
          letters_of(std::string_view(text_).substr(begin, at_ - begin))};
}

std::vector<std::string> TextEdit::lines() const {
  std::vector<std::string> lines;
  for (std::size_t begin = 0;;) {
    const auto end = line_end(begin);
    lines.push_back(text_.substr(begin, end - begin));
    if (end == text_.size()) return lines;
    begin = end + 1;
  }
}

}  // namespace dispatch::cli::screen

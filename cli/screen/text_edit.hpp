// A text that is being written: one line or several, and where the cursor stands.
#pragma once

#include "cli/screen/key.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::cli::screen {

// Where the letter before (behind) `at` begins (ends). A letter of UTF-8 may be several bytes.
std::size_t letter_before(std::string_view text, std::size_t at);
std::size_t letter_behind(std::string_view text, std::size_t at);

class TextEdit {
 public:
  enum class Lines : std::uint8_t { one, many };

  explicit TextEdit(Lines lines = Lines::one) : lines_(lines) {}

  const std::string& text() const { return text_; }
  void set(std::string text);  // the cursor goes to its end
  bool has_lines() const { return lines_ == Lines::many; }

  // False: the key means nothing here. Enter is a new line where there are many, and else nothing.
  bool press(const Key& key);

  struct Place {
    std::size_t line = 0;
    std::size_t column = 0;  // in letters
  };
  Place cursor() const;
  std::vector<std::string> lines() const;  // at least one

 private:
  std::size_t line_begin(std::size_t at) const;
  std::size_t line_end(std::size_t at) const;
  void move_lines(int by);

  Lines lines_;
  std::string text_;
  std::size_t at_ = 0;  // of the cursor, in bytes
};

}  // namespace dispatch::cli::screen

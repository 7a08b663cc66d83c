// Standard output and standard error, without losing anything silently.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <system_error>

namespace dispatch::cli {

// A write to standard output that failed: a closed descriptor, a reader that went away, a full
// disk.
class OutputError : public std::system_error {
 public:
  explicit OutputError(std::error_code code)
      : std::system_error(code, "cannot write to standard output") {}
};

// Call first. Makes a broken pipe an error of the write instead of a signal, and keeps descriptors
// 0 to 2 from being given to a socket or a file where the program was started without them.
void prepare_standard_streams();

// Writes all of `text`, unbuffered. Throws OutputError.
void print(std::string_view text);

// As print, for a program that has more important work than its words: after the first failure,
// which is told on standard error, nothing more is written.
void try_print(std::string_view text);

// "dispatch: LINE" on standard error. Control characters in it become spaces.
void complain(std::string_view line);

// Writes all of `text` to standard error, as far as that goes.
void say(std::string_view text);

// Whether standard output is a terminal that may be styled (NO_COLOR and TERM=dumb are honoured).
bool styled_output();

// Whether standard output is a terminal; and standard error.
bool terminal_output();
bool terminal_errors();

struct TerminalSize {
  std::size_t columns = 0;
  std::size_t rows = 0;
};

// Of the terminal that standard error is; nothing where it is none, or does not know.
std::optional<TerminalSize> error_terminal_size();

}  // namespace dispatch::cli

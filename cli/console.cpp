#include "cli/console.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <sys/ioctl.h>
#include <unistd.h>

namespace dispatch::cli {
namespace {

std::error_code write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(descriptor, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {  // a terminal or pipe that some other program left non-blocking
      pollfd ready{descriptor, POLLOUT, 0};
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      return {errno, std::generic_category()};
    }
  }
  return {};
}

}  // namespace

void prepare_standard_streams() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file at its limit: the write says so, too
  // Opened the wrong way round, so that reading or writing them fails as it would if closed.
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(descriptor, F_GETFD) != -1) continue;
    if (::open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY) == -1) break;
  }
}

void print(std::string_view text) {
  if (const auto error = write_all(STDOUT_FILENO, text)) throw OutputError(error);
}

void try_print(std::string_view text) {
  static bool failed = false;
  if (failed) return;
  try {
    print(text);
  } catch (const OutputError& error) {
    failed = true;
    complain(std::string("warning: ") + error.what() + "; going on without it");
  }
}

void complain(std::string_view line) {
  std::string text = "dispatch: " + std::string(line);
  // It may quote what the user typed, escape sequences included.
  std::replace_if(
      text.begin(), text.end(), [](unsigned char each) { return each < 0x20 || each == 0x7f; },
      ' ');
  write_all(STDERR_FILENO, text + "\n");
}

void say(std::string_view text) {
  write_all(STDERR_FILENO, text);
}

bool terminal_errors() {
  return ::isatty(STDERR_FILENO) == 1;
}

std::optional<TerminalSize> error_terminal_size() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return std::nullopt;
  return TerminalSize{size.ws_col, size.ws_row};
}

bool terminal_output() {
  return ::isatty(STDOUT_FILENO) == 1;
}

bool styled_output() {
  const auto* no_color = std::getenv("NO_COLOR");
  const auto* term = std::getenv("TERM");
  return terminal_output() && (no_color == nullptr || *no_color == '\0') &&
         !(term != nullptr && std::string_view(term) == "dumb");
}

}  // namespace dispatch::cli

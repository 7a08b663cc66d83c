#include "cli/config_text.hpp"

#include "engine/net/config_error.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dispatch::cli {
namespace {

constexpr std::string_view kKeyLetters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

class Reader {
 public:
  Reader(std::string_view text, const std::string& source) : rest_(text), source_(source) {}

  std::vector<ConfigEntry> entries() {
    std::vector<ConfigEntry> entries;
    for (skip_empty_lines(); !rest_.empty(); skip_empty_lines()) {
      auto entry = read_entry();
      const auto same = std::find_if(entries.begin(), entries.end(),
                                     [&](const auto& each) { return each.key == entry.key; });
      if (same != entries.end()) {
        fail(entry.line, fmt::format("'{}' stands in line {} already: several values are a list, "
                                     "{} = [\"A\", \"B\"]",
                                     entry.key, same->line, entry.key));
      }
      entries.push_back(std::move(entry));
    }
    return entries;
  }

 private:
  [[noreturn]] void fail(int line, const std::string& what) const {
    throw net::ConfigError(fmt::format("{}:{}: {}", source_, line, what));
  }

  bool at(char letter) const { return rest_.starts_with(letter); }
  bool at_end_of_line() const { return rest_.empty() || at('\n') || at('#'); }

  char take() {
    const char letter = rest_.front();
    rest_.remove_prefix(1);
    if (letter == '\n') ++line_;
    return letter;
  }

  std::string_view take_while(std::string_view letters) {
    const auto end = std::min(rest_.find_first_not_of(letters), rest_.size());
    const auto taken = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return taken;
  }

  void skip_blanks() { take_while(" \t\r"); }

  void skip_comment() {
    if (at('#')) rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size()));
  }

  void skip_empty_lines() {
    for (;;) {
      skip_blanks();
      skip_comment();
      if (!at('\n')) return;
      take();
    }
  }

  // The rest of the line, as an error shows it.
  std::string_view shown() const {
    constexpr std::string_view kEnds("\r\n\0", 3);
    return rest_.substr(0, std::min<std::size_t>(rest_.find_first_of(kEnds), 40));
  }

  ConfigEntry read_entry() {
    ConfigEntry entry;
    entry.line = line_;
    if (at('['))
      fail(line_,
           "there are no sections: write KEY = VALUE, with the keys of 'dispatch "
           "config example'");
    entry.key = take_while(kKeyLetters);
    if (entry.key.empty()) {
      fail(line_, fmt::format("'{}' is no KEY = VALUE", shown()));
    }
    skip_blanks();
    if (!at('='))
      fail(line_, fmt::format("no '=' behind '{}': write {} = VALUE", entry.key, entry.key));
    take();
    skip_blanks();
    entry.is_list = at('[');
    if (entry.is_list) {
      read_list(entry);
    } else {
      entry.values.push_back(read_value(entry.key));
    }
    skip_blanks();
    if (!at_end_of_line()) {
      fail(line_, fmt::format("'{}' is too much behind the value of '{}': quote what has spaces, "
                              "and write several values as a list, [\"A\", \"B\"]",
                              shown(), entry.key));
    }
    return entry;
  }

  void read_list(ConfigEntry& entry) {
    take();
    for (;;) {
      skip_empty_lines();
      if (at(']')) break;
      if (rest_.empty()) unclosed(entry);
      entry.values.push_back(read_value(entry.key));
      skip_empty_lines();
      if (rest_.empty()) unclosed(entry);
      if (at(']')) break;
      if (!at(','))
        fail(line_,
             fmt::format("a comma is missing before '{}' in the list of '{}'", shown(), entry.key));
      take();
    }
    take();
  }

  [[noreturn]] void unclosed(const ConfigEntry& entry) const {
    fail(entry.line, fmt::format("the list of '{}' has no ']' at its end", entry.key));
  }

  ConfigValue read_value(const std::string& key) {
    ConfigValue value{{}, line_};
    if (at('"') || at('\'')) {
      value.text = read_quoted(key);
    } else {
      const auto end = std::min(rest_.find_first_of(" \t\r\n,]#"), rest_.size());
      value.text = rest_.substr(0, end);
      rest_.remove_prefix(end);
      if (value.text.empty()) fail(line_, fmt::format("'{}' has no value", key));
      if (value.text.find_first_of("\"'[{") != std::string::npos) {
        fail(line_, fmt::format("'{}' is no value of '{}': put it in quotes", value.text, key));
      }
    }
    return value;
  }

  std::string read_quoted(const std::string& key) {
    const char quote = take();
    std::string text;
    while (!at(quote)) {
      if (rest_.empty() || at('\n')) {
        fail(line_, fmt::format("the value of '{}' has no {} at its end", key, quote));
      }
      const char letter = take();
      text += letter == '\\' && quote == '"' ? read_escaped(key) : letter;
    }
    take();
    return text;
  }

  char read_escaped(const std::string& key) {
    const char letter = rest_.empty() ? '\n' : rest_.front();
    if (letter != '\n') take();
    switch (letter) {
      case '"':
      case '\\':
        return letter;
      case 'n':
        return '\n';
      case 't':
        return '\t';
      default:
        fail(line_, fmt::format("a backslash in the value of '{}': write \\\\ for one, or put the "
                                "value in single quotes",
                                key));
    }
  }

  std::string_view rest_;
  const std::string& source_;
  int line_ = 1;
};

}  // namespace

std::vector<ConfigEntry> parse_config_text(std::string_view text, const std::string& source) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  return Reader(text, source).entries();
}

}  // namespace dispatch::cli

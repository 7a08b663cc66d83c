// Any text as a configuration file.
//
// Beyond not crashing: it is refused with a line within the text, or its entries, written down
// again, are the same.

#include "cli/config_text.hpp"
#include "engine/net/config_error.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>

namespace dispatch {
namespace {

using fuzz::require;

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char letter : text) {
    if (letter == '\n') {
      out += "\\n";
    } else {
      if (letter == '"' || letter == '\\') out += '\\';
      out += letter;
    }
  }
  return out + '"';
}

// One a line, so that the lines are known.
std::string written(const std::vector<cli::ConfigEntry>& entries) {
  std::string out;
  for (const auto& entry : entries) {
    out += entry.key + " = " + (entry.is_list ? "[" : "");
    for (const auto& value : entry.values) out += quoted(value.text) + (entry.is_list ? "," : "");
    out += entry.is_list ? "]\n" : "\n";
  }
  return out;
}

void check(const std::vector<cli::ConfigEntry>& entries) {
  const auto again = cli::parse_config_text(written(entries), "f");
  require(again.size() == entries.size(), "as many entries");
  for (std::size_t i = 0; i < entries.size(); ++i) {
    require(entries[i].is_list || entries[i].values.size() == 1, "one value, or a list");
    require(again[i].key == entries[i].key && again[i].is_list == entries[i].is_list,
            "the same key");
    require(std::ranges::equal(again[i].values, entries[i].values, {}, &cli::ConfigValue::text,
                               &cli::ConfigValue::text),
            "the same values");
  }
}

}  // namespace
}  // namespace dispatch

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dispatch;
  const auto text = fuzz::text_of(data, size);
  try {
    check(cli::parse_config_text(text, "f"));
  } catch (const net::ConfigError& error) {
    const std::string what = error.what();
    const auto lines = 1 + std::count(text.begin(), text.end(), '\n');
    fuzz::require(what.starts_with("f:"), "an error names its place");
    const auto line = std::atol(what.c_str() + 2);
    fuzz::require(line >= 1 && line <= lines, "a line is within the text");
  }
  return fuzz::kDone;
}

// The text of a configuration file: keys and values, as in TOML.
//
//     # a comment
//     links = ["eth0/7", "wlan0/3"]     # a list may go over several lines
//     idle-timeout = "5min"
//     port = 1080                       # a word needs no quotes
//     udp-one-link = true
//
// Of TOML it knows strings on one line ("with \" \\ \n \t", 'as it is'), words, and lists of
// them; there are no tables.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dispatch::cli {

struct ConfigValue {
  std::string text;
  int line = 0;  // from 1

  friend bool operator==(const ConfigValue&, const ConfigValue&) = default;
};

struct ConfigEntry {
  std::string key;
  int line = 0;  // from 1
  bool is_list = false;
  std::vector<ConfigValue> values;  // exactly one, but of a list

  friend bool operator==(const ConfigEntry&, const ConfigEntry&) = default;
};

// In their order. `source` is what errors call it. Throws net::ConfigError: "SOURCE:LINE: what is
// wrong, and what to write"; also for a key that is there twice.
std::vector<ConfigEntry> parse_config_text(std::string_view text, const std::string& source);

}  // namespace dispatch::cli

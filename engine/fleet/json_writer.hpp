// JSON written straight into a text: for what goes by thousands a second, of which trees of values
// would cost more than all else.
#pragma once

#include "engine/fleet/json_reader.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace dispatch::fleet {

// One object, key by key; it is whole when this is destroyed or end() was called.
class JsonObjectWriter {
 public:
  explicit JsonObjectWriter(std::string& out) : out_(out) { out_.push_back('{'); }

  void text(std::string_view key, std::string_view value);
  void text_or_null(std::string_view key, std::string_view value);  // empty: null
  void truth(std::string_view key, bool value);
  void count(std::string_view key, std::uint64_t value);
  void milliseconds(std::string_view key, net::Duration value);  // with three decimals
  void seconds(std::string_view key, net::Duration value);
  void pairs(std::string_view key, const Pairs& value);
  void value(std::string_view key, const json::value& value);
  void null(std::string_view key);
  // What follows is the value, which the caller writes.
  std::string& key(std::string_view name);
  void end() { out_.push_back('}'); }

 private:
  std::string& out_;
  bool first_ = true;
};

void append_json_text(std::string& out, std::string_view text);

}  // namespace dispatch::fleet

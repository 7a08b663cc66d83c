#include "engine/fleet/json_writer.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <iterator>

namespace dispatch::fleet {

void append_json_text(std::string& out, std::string_view text) {
  out.push_back('"');
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text.substr(plain, i - plain));
    plain = i + 1;
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        fmt::format_to(std::back_inserter(out), "\\u{:04x}", c);
    }
  }
  out.append(text.substr(plain));
  out.push_back('"');
}

std::string& JsonObjectWriter::key(std::string_view name) {
  if (!first_) out_.push_back(',');
  first_ = false;
  append_json_text(out_, name);
  out_.push_back(':');
  return out_;
}

void JsonObjectWriter::text(std::string_view name, std::string_view value) {
  append_json_text(key(name), value);
}

void JsonObjectWriter::text_or_null(std::string_view name, std::string_view value) {
  value.empty() ? null(name) : text(name, value);
}

void JsonObjectWriter::truth(std::string_view name, bool value) {
  key(name) += value ? "true" : "false";
}

void JsonObjectWriter::count(std::string_view name, std::uint64_t value) {
  fmt::format_to(std::back_inserter(key(name)), "{}", value);
}

void JsonObjectWriter::milliseconds(std::string_view name, net::Duration value) {
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(value).count();
  fmt::format_to(std::back_inserter(key(name)), "{}.{:03}", micros / 1000, micros % 1000);
}

void JsonObjectWriter::seconds(std::string_view name, net::Duration value) {
  fmt::format_to(std::back_inserter(key(name)), "{}", std::chrono::duration<double>(value).count());
}

void JsonObjectWriter::pairs(std::string_view name, const Pairs& value) {
  // What follows is quadratic.
  constexpr std::size_t kFew = 64;
  if (value.size() > kFew) {
    key(name) += json::serialize(to_json(value));
    return;
  }
  auto& out = key(name);
  JsonObjectWriter object(out);
  for (std::size_t i = 0; i < value.size(); ++i) {
    const auto same = [&](std::size_t other) { return value[other].first == value[i].first; };
    bool seen = false;
    bool more = false;
    for (std::size_t k = 0; k < i; ++k) seen = seen || same(k);
    for (std::size_t k = i + 1; k < value.size(); ++k) more = more || same(k);
    if (seen) continue;
    if (!more) {
      object.text(value[i].first, value[i].second);
      continue;
    }
    auto& list = object.key(value[i].first);
    for (std::size_t k = i; k < value.size(); ++k) {
      if (!same(k)) continue;
      list.push_back(k == i ? '[' : ',');
      append_json_text(list, value[k].second);
    }
    list.push_back(']');
  }
  object.end();
}

void JsonObjectWriter::value(std::string_view name, const json::value& value) {
  if (const auto* text_value = value.if_string()) {
    text(name, {text_value->data(), text_value->size()});
  } else if (value.is_null()) {
    null(name);
  } else {
    key(name) += json::serialize(value);
  }
}

void JsonObjectWriter::null(std::string_view name) {
  key(name) += "null";
}

}  // namespace dispatch::fleet

#include "cli/monitor/json_text.hpp"

#include <boost/json/serialize.hpp>

namespace dispatch::cli::monitor {
namespace {

namespace js = boost::json;

void append(std::string& out, const js::value& value, const std::string& indent) {
  const auto inner = indent + "  ";
  if (const auto* object = value.if_object(); object != nullptr && !object->empty()) {
    out += "{";
    const char* before = "\n";
    for (const auto& [key, each] : *object) {
      out += before + inner + js::serialize(js::value(key)) + ": ";
      append(out, each, inner);
      before = ",\n";
    }
    out += "\n" + indent + "}";
  } else if (const auto* array = value.if_array(); array != nullptr && !array->empty()) {
    out += "[";
    const char* before = "\n";
    for (const auto& each : *array) {
      out += before + inner;
      append(out, each, inner);
      before = ",\n";
    }
    out += "\n" + indent + "]";
  } else {
    out += js::serialize(value);
  }
}

}  // namespace

std::string indented(const js::value& value) {
  std::string out;
  append(out, value, "");
  return out;
}

std::vector<std::string> printable_lines(std::string_view text, std::size_t most) {
  std::vector<std::string> lines(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    // U+0080 to U+009F are control characters, too.
    const bool is_c1 =
        byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (byte == '\n') {
      if (lines.size() == most) return lines;
      lines.emplace_back();
    } else if (byte == '\t') {
      lines.back() += "    ";
    } else if (byte == '\r') {
      continue;
    } else if (byte < 0x20 || byte == 0x7F) {
      lines.back() += ' ';
    } else if (is_c1) {
      lines.back() += ' ';
      ++i;
    } else {
      lines.back() += text[i];
    }
  }
  return lines;
}

}  // namespace dispatch::cli::monitor

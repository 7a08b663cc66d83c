#include "engine/proxy/http_head_scanner.hpp"

#include <algorithm>
#include <utility>

namespace dispatch::proxy::http {
namespace {

bool is_control(char c) {
  const auto value = static_cast<unsigned char>(c);
  return (value < 0x20 && c != '\t') || value == 0x7f;
}

}  // namespace

Progress HeadScanner::scan(std::string_view bytes) {
  for (; at_ < std::min(bytes.size(), kHeadSizeMax); ++at_) {
    if (in_start_line_ && at_ >= kStartLineSizeMax)
      return invalid(414, "the first line is too long");
    const char c = bytes[at_];
    if (c == '\r') {
      if (at_ + 1 == bytes.size()) break;
      if (bytes[at_ + 1] != '\n') return invalid(400, "a carriage return by itself");
      const auto line = bytes.substr(line_begin_, at_ - line_begin_);
      at_ += 2;
      if (line.empty()) return Progress::complete;
      if (check_line(line) == Progress::invalid) return Progress::invalid;
      line_begin_ = at_--;
    } else if (c == '\n') {
      return invalid(400, "a line feed by itself");
    } else if (is_control(c)) {
      return invalid(400, "a control character");
    }
  }
  if (bytes.size() >= kHeadSizeMax) return invalid(431, "the head is too large");
  return Progress::incomplete;
}

Progress HeadScanner::invalid(unsigned status, std::string_view why) {
  fault_ = {status, std::string(why)};
  return Progress::invalid;
}

Progress HeadScanner::check_line(std::string_view line) {
  if (line.front() == ' ' || line.front() == '\t') {
    return invalid(400, "a line that begins with white space");
  }
  if (std::exchange(in_start_line_, false)) return Progress::incomplete;
  const auto colon = std::find(line.begin(), line.end(), ':');
  if (colon == line.end()) return invalid(400, "a field without a colon");
  if (colon == line.begin()) return invalid(400, "a field without a name");
  if (!std::all_of(line.begin(), colon, is_token_character)) {
    return invalid(400, "white space or a separator in the name of a field");
  }
  return Progress::incomplete;
}

}  // namespace dispatch::proxy::http

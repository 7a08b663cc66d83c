#include "engine/proxy/http_chunked_decoder.hpp"

#include "engine/proxy/octets.hpp"

#include <algorithm>
#include <charconv>

namespace dispatch::proxy::http {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

const ChunkedDecoder::Step kInvalid{Progress::invalid, 0, {}};

bool is_text_character(char c) {
  const auto value = static_cast<unsigned char>(c);
  return (value >= 0x20 && value != 0x7f) || c == '\t';
}

// chunk-ext, with the white space before it that 7.1.1 has recipients bear; what it says does not
// matter.
bool is_extension(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  return text.empty() || (begin != text.npos && text[begin] == ';');
}

}  // namespace

ChunkedDecoder::Step ChunkedDecoder::decode(std::span<const std::byte> input) {
  switch (state_) {
    case State::size_line:
      return decode_size_line(text_of(input));
    case State::content:
      return decode_content(input);
    case State::end_of_content:
      return decode_end_of_content(text_of(input));
    case State::trailers:
      return decode_trailers(text_of(input));
  }
  return kInvalid;
}

ChunkedDecoder::Step ChunkedDecoder::decode_size_line(std::string_view input) {
  const auto text_end = std::find_if_not(input.begin(), input.end(), is_text_character);
  const auto line = input.substr(0, static_cast<std::size_t>(text_end - input.begin()));
  const auto rest = input.substr(line.size(), kLineEnd.size());
  if (!kLineEnd.starts_with(rest) || line.size() > kChunkLineSizeMax) return kInvalid;
  if (rest != kLineEnd) return {};
  const auto [digits_end, error] =
      std::from_chars(line.data(), line.data() + line.size(), left_, 16);
  const auto digits = static_cast<std::size_t>(digits_end - line.data());
  if (error != std::errc{} || !is_extension(line.substr(digits))) return kInvalid;
  state_ = left_ == 0 ? State::trailers : State::content;
  return {Progress::incomplete, line.size() + kLineEnd.size(), {}};
}

ChunkedDecoder::Step ChunkedDecoder::decode_content(std::span<const std::byte> input) {
  const auto content = input.first(std::min<std::uint64_t>(input.size(), left_));
  left_ -= content.size();
  if (left_ == 0) state_ = State::end_of_content;
  return {Progress::incomplete, content.size(), content};
}

ChunkedDecoder::Step ChunkedDecoder::decode_end_of_content(std::string_view input) {
  const auto end = input.substr(0, kLineEnd.size());
  if (!kLineEnd.starts_with(end)) return kInvalid;
  if (end != kLineEnd) return {};
  state_ = State::size_line;
  return {Progress::incomplete, kLineEnd.size(), {}};
}

ChunkedDecoder::Step ChunkedDecoder::decode_trailers(std::string_view input) {
  const auto progress = scanner_.scan(input);
  if (progress == Progress::incomplete) return {};
  if (progress == Progress::invalid) return kInvalid;
  auto fields = parse_fields(input.substr(0, scanner_.size()));
  if (!fields) return kInvalid;
  trailers_ = std::move(*fields);
  return {Progress::complete, scanner_.size(), {}};
}

}  // namespace dispatch::proxy::http

// Chunked bodies as Boost.Beast parses them. By itself, since Beast is slow to compile.
#include "engine/proxy/http_chunked_decoder.hpp"

#include "engine/proxy/http_head_scanner.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>

#include <algorithm>
#include <string_view>

namespace dispatch::proxy::http {
namespace {

namespace beast = boost::beast;

// Beast decodes bodies of messages only: this is the smallest that has one.
constexpr std::string_view kChunkedHead = "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";

bool is_value_character(char c) {
  const auto value = static_cast<unsigned char>(c);
  return (value >= 0x20 && value != 0x7f) || c == '\t';
}

}  // namespace

struct ChunkedDecoder::Impl {
  Impl() {
    parser.header_limit(kHeadSizeMax);
    parser.body_limit(boost::none);
    parser.on_chunk_body(taken);
    boost::system::error_code error;
    parser.put(boost::asio::buffer(kChunkedHead.data(), kChunkedHead.size()), error);
    parser.get().clear();  // so that what it holds in the end are the trailers
  }

  std::span<const std::byte> content;
  std::function<std::size_t(std::uint64_t, beast::string_view, boost::system::error_code&)> taken =
      [this](std::uint64_t, beast::string_view bytes, boost::system::error_code&) {
        content = std::as_bytes(std::span(bytes.data(), bytes.size()));
        return bytes.size();
      };
  beast::http::request_parser<beast::http::empty_body> parser;
  Fields trailers;
};

ChunkedDecoder::ChunkedDecoder() : impl_(std::make_unique<Impl>()) {}

ChunkedDecoder::~ChunkedDecoder() = default;

ChunkedDecoder::Step ChunkedDecoder::decode(std::span<const std::byte> input) {
  auto& parser = impl_->parser;
  Step step;
  // Beast takes one element of the coding at a time, and would take no input as a chunk's.
  if (input.empty()) return step;
  impl_->content = {};
  boost::system::error_code error;
  step.size = parser.put(boost::asio::buffer(input.data(), input.size()), error);
  step.content = impl_->content;
  if (error && error != beast::http::error::need_more) {
    step.progress = Progress::invalid;
    return step;
  }
  if (!parser.is_done()) return step;
  step.progress = Progress::complete;
  for (const auto& field : parser.get()) {
    const std::string_view value(field.value().data(), field.value().size());
    if (!std::all_of(value.begin(), value.end(), is_value_character)) {
      step.progress = Progress::invalid;
    }
    impl_->trailers.add({field.name_string().data(), field.name_string().size()}, value);
  }
  return step;
}

const Fields& ChunkedDecoder::trailers() const {
  return impl_->trailers;
}

}  // namespace dispatch::proxy::http

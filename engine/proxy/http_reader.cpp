#include "engine/proxy/http_reader.hpp"

#include "engine/proxy/octets.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace dispatch::proxy::http {
namespace {

constexpr std::size_t kFirstSize = 1024;  // holds most heads

}  // namespace

void Reader::seed(std::span<const std::byte> bytes) {
  assert(begin_ == end_);
  storage_.assign(bytes.begin(), bytes.end());
  begin_ = 0;
  end_ = storage_.size();
}

std::span<const std::byte> Reader::buffered() const {
  return std::span(storage_).subspan(begin_, end_ - begin_);
}

void Reader::consume(std::size_t count) {
  assert(count <= end_ - begin_);
  begin_ += count;
}

void Reader::release() {
  if (begin_ != end_) return;
  storage_ = {};
  begin_ = end_ = 0;
  was_filled_ = false;
}

// Grows only where what came filled it: a large body is read with a large buffer, a head with a
// small one.
void Reader::make_room() {
  if (begin_ != 0) {
    std::memmove(storage_.data(), storage_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ < storage_.size() && !was_filled_) return;
  storage_.resize(std::clamp(2 * storage_.size(), kFirstSize, kHeadSizeMax));
}

net::Task<net::Result<std::size_t>> Reader::fill(net::TimePoint deadline) {
  assert(!is_full());
  make_room();
  auto room = std::span(storage_).subspan(end_);
  if (is_paced()) room = room.first(pace_->portion(room.size()));
  const auto got = co_await stream_->read_some(room, deadline);
  if (!got) co_return got;
  end_ += *got;
  was_filled_ = end_ == storage_.size();
  if (counter_ != nullptr) counter_->add(*got);
  if (is_paced()) {
    if (const auto error = co_await pace_->pass(*got)) co_return error;
  }
  co_return got;
}

void Reader::skip_empty_lines() {
  while (text_of(buffered()).starts_with("\r\n")) consume(2);
}

net::Task<net::Result<HeadRead>> Reader::read_head(net::TimePoint deadline) {
  HeadScanner scanner;
  for (;;) {
    skip_empty_lines();
    // A lone CR may be the first half of an empty line.
    const auto bytes = text_of(buffered());
    const auto progress = bytes == "\r" ? Progress::incomplete : scanner.scan(bytes);
    if (progress == Progress::invalid) co_return HeadRead{{}, scanner.fault()};
    if (progress == Progress::complete) {
      HeadRead read{std::string(bytes.substr(0, scanner.size())), std::nullopt};
      consume(scanner.size());
      co_return read;
    }
    const auto got = co_await fill(deadline);
    if (!got) co_return got.error();
    if (*got == 0) co_return net::Error{net::asio::error::eof};
  }
}

}  // namespace dispatch::proxy::http

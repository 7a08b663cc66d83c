#include "engine/proxy/http_body.hpp"

#include "engine/proxy/http_rewrite.hpp"
#include "engine/proxy/octets.hpp"

#include <boost/system/errc.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace dispatch::proxy::http {
namespace {

namespace errc = boost::system::errc;

using Piece = std::span<const std::byte>;

// Collects what goes out, so that a head and the start of its body make one segment.
class Sender {
 public:
  Sender(net::Stream& to, std::optional<net::Meter> meter) : to_(to), meter_(meter) {}

  void append(std::string_view text) { pending_ += text; }
  bool is_large() const { return pending_.size() >= kLarge; }

  net::Task<net::Status> flush() {
    if (pending_.empty()) co_return net::Status{};
    const auto error = co_await send(std::as_bytes(std::span(pending_)));
    pending_.clear();
    co_return error;
  }

  // Without a copy where nothing waits before it.
  net::Task<net::Status> pass(Piece piece) {
    if (!pending_.empty()) {
      append(text_of(piece));
      co_return co_await flush();
    }
    co_return co_await send(piece);
  }

 private:
  static constexpr std::size_t kLarge = 64 * 1024;

  net::Task<net::Status> send(Piece bytes) {
    while (!bytes.empty()) {
      auto part = bytes;
      if (meter_ && meter_->is_paced()) {
        part = bytes.first(meter_->pace->portion(bytes.size()));
        if (const auto error = co_await meter_->pace->pass(part.size())) co_return error;
      }
      const auto taken = co_await to_.write_some(part);
      if (!taken) co_return taken.error();
      if (meter_) meter_->took(*taken, part.size());
      bytes = bytes.subspan(*taken);
    }
    co_return net::Status{};
  }

  net::Stream& to_;
  std::optional<net::Meter> meter_;
  std::string pending_;
};

void append_chunk(Sender& sender, Piece piece) {
  sender.append(fmt::format("{:x}\r\n", piece.size()));
  sender.append(text_of(piece));
  sender.append("\r\n");
}

std::string last_chunk(const Fields* trailers) {
  std::string text = "0\r\n";
  if (trailers != nullptr) text += to_text(forwarded_trailers(*trailers));
  return text + "\r\n";
}

}  // namespace

BodyReader::BodyReader(Reader& reader, const Framing& framing)
    : reader_(reader), until_close_(framing.kind == BodyKind::until_close) {
  if (framing.kind == BodyKind::chunked) decoder_.emplace();
  if (framing.kind == BodyKind::length) left_ = framing.length;
  if (until_close_) left_ = std::numeric_limits<std::uint64_t>::max();
  ended_ = !decoder_ && left_ == 0;
}

Piece BodyReader::take_plain() {
  const auto bytes = reader_.buffered();
  const auto piece = bytes.first(std::min<std::uint64_t>(bytes.size(), left_));
  if (!until_close_) left_ -= piece.size();
  ended_ = left_ == 0;
  given_ = piece.size();
  return piece;
}

net::Result<Piece> BodyReader::take_chunk() {
  for (;;) {
    const auto step = decoder_->decode(reader_.buffered());
    if (step.progress == Progress::invalid) return errc::make_error_code(errc::protocol_error);
    if (!step.content.empty()) {
      given_ = step.size;
      return step.content;
    }
    reader_.consume(step.size);
    ended_ = step.progress == Progress::complete;
    if (ended_ || step.size == 0) return Piece{};
  }
}

net::Result<Piece> BodyReader::take() {
  reader_.consume(std::exchange(given_, 0));
  if (ended_) return Piece{};
  return decoder_ ? take_chunk() : take_plain();
}

net::Task<net::Status> BodyReader::wait(net::TimePoint deadline) {
  if (reader_.is_full()) co_return errc::make_error_code(errc::protocol_error);
  const auto got = co_await reader_.fill(deadline);
  if (!got) co_return got.error();
  if (*got != 0) co_return net::Status{};
  if (!until_close_) co_return net::Error{net::asio::error::eof};
  ended_ = true;
  co_return net::Status{};
}

net::Task<Forwarded> forward_message(std::string head, BodyReader& body, bool chunked,
                                     net::Stream& to, std::optional<net::Meter> meter) {
  Sender sender(to, meter);
  sender.append(head);
  for (;;) {
    const auto piece = body.take();
    const bool waits = piece && piece->empty() && !body.has_ended();
    // What came before a failure counts.
    if (!piece || waits || sender.is_large()) {
      if (const auto error = co_await sender.flush()) co_return Forwarded{{}, error};
    }
    if (!piece) co_return Forwarded{piece.error(), {}};
    if (waits) {
      if (const auto error = co_await body.wait()) co_return Forwarded{error, {}};
      continue;
    }
    if (piece->empty()) break;
    if (chunked) {
      append_chunk(sender, *piece);
    } else if (const auto error = co_await sender.pass(*piece)) {
      co_return Forwarded{{}, error};
    }
  }
  if (chunked) sender.append(last_chunk(body.trailers()));
  const auto error = co_await sender.flush();
  co_return Forwarded{{}, error};
}

}  // namespace dispatch::proxy::http

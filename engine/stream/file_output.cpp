#include "engine/stream/file_output.hpp"

#include <boost/system/errc.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace dispatch::stream {
namespace {

constexpr std::size_t kPieces = 256;  // written with one call

bool would_block(const net::Error& error) {
  return error == boost::system::errc::operation_would_block;
}

// Of the datagram that `offset` is in or before.
std::size_t datagram_bytes(const Chunk& chunk, std::size_t offset) {
  const auto left = chunk.data.size() - offset;
  return chunk.segment == 0 ? left : std::min(left, chunk.segment - offset % chunk.segment);
}

}  // namespace

FileOutput::FileOutput(Hub& hub, net::asio::any_io_executor executor, std::string name,
                       std::size_t backlog_max, FileSeries series, net::FilePtr file, Failed failed)
    : Output(hub, std::move(executor), std::move(name), {WhenSlow::wait, backlog_max}),
      series_(std::move(series)),
      file_(std::move(file)),
      failed_(std::move(failed)),
      begun_(series_.clock().now()) {}

Output::Position FileOutput::send_now(std::span<const Chunk> chunks) {
  Position position;
  while (position.chunk < chunks.size()) {
    const auto& chunk = chunks[position.chunk];
    const auto written = write(chunks, position);
    if (!written) {
      if (would_block(written.error())) return position;
      fail(written.error(), chunk.segment == 0 ? position.offset : position.offset % chunk.segment);
      return position;
    }
    advance(chunks, position, *written);
  }
  if (!synced_ && series_.policy().sync_after == net::Duration::zero()) {
    if (const auto error = sync()) fail(error, 0);
  }
  return position;
}

net::Result<std::size_t> FileOutput::write(std::span<const Chunk> chunks, Position position) {
  const auto limit = series_.policy().rotate_bytes;
  const auto first_bytes = datagram_bytes(chunks[position.chunk], position.offset);
  if (const auto error = rotate(first_bytes)) return error;
  // A datagram that is longer than any file may be has one of its own.
  auto room = limit == 0 ? SIZE_MAX : std::max<std::size_t>(limit - in_file_, first_bytes);
  std::array<std::span<const std::byte>, kPieces> pieces;
  std::size_t count = 0;
  for (auto i = position.chunk; i < chunks.size() && count < kPieces; ++i) {
    const auto offset = std::exchange(position.offset, 0);
    auto data = chunks[i].data.subspan(offset);
    const bool fits = data.size() <= room;
    if (!fits) {
      const auto begun = datagram_bytes(chunks[i], offset);
      const auto whole = chunks[i].segment == 0 || begun > room
                             ? 0
                             : begun + (room - begun) / chunks[i].segment * chunks[i].segment;
      data = data.first(begun <= room ? std::max(whole, begun) : 0);
    }
    if (!data.empty()) pieces[count++] = data;
    room -= data.size();
    if (!fits) break;
  }
  if (count == 0) return std::size_t{0};
  auto written = file_->try_write(std::span(pieces).first(count));
  if (written) {
    in_file_ += *written;
    synced_ = false;
  }
  return written;
}

void FileOutput::advance(std::span<const Chunk> chunks, Position& position, std::size_t bytes) {
  while (position.chunk < chunks.size()) {
    const auto& chunk = chunks[position.chunk];
    const auto step = std::min(bytes, chunk.data.size() - position.offset);
    bytes -= step;
    position.offset += step;
    if (position.offset < chunk.data.size()) return;
    sent(chunk.datagrams(), chunk.data.size());
    position = {position.chunk + 1, 0};
  }
}

void FileOutput::advance(std::size_t bytes) {
  progress_ += bytes;
  while (!sending().empty() && progress_ >= sending().front_size()) {
    progress_ -= sending().front_size();
    sent(1, sending().front_size());
    sending().pop_front();
  }
  backlog_shrank();
}

net::Status FileOutput::rotate(std::size_t next_bytes) {
  const auto& policy = series_.policy();
  if (!policy.rotates() || in_file_ == 0) return {};
  const auto now = series_.clock().now();
  const bool too_long = policy.rotate_bytes != 0 && in_file_ + next_bytes > policy.rotate_bytes;
  const bool too_old =
      policy.rotate_after != net::Duration::zero() && now - begun_ >= policy.rotate_after;
  if (!too_long && !too_old) return {};
  if (policy.sync_after) {
    if (const auto error = sync()) return error;
  }
  auto next = series_.open_next();
  if (!next) return next.error();
  file_ = std::move(*next);
  in_file_ = 0;
  begun_ = now;
  return {};
}

net::Status FileOutput::sync() {
  synced_ = true;
  return file_->sync();
}

// Regular files have no backlog, and nothing else can be synced.
net::Task<void> FileOutput::run() {
  const auto every = series_.policy().sync_after;
  if (every && *every != net::Duration::zero() && file_->size()) return sync_now_and_then();
  return write_backlog();
}

net::Task<void> FileOutput::sync_now_and_then() {
  for (;;) {
    if (co_await series_.clock().sleep_for(*series_.policy().sync_after)) co_return;
    if (synced_ || ended()) continue;
    if (const auto error = sync()) {
      fail(error, 0);
      co_return;
    }
  }
}

net::Task<void> FileOutput::write_backlog() {
  for (;;) {
    if (co_await backlog()) co_return;
    const std::array<std::span<const std::byte>, 1> piece{sending().contiguous(progress_)};
    net::Result<std::size_t> written = std::size_t{0};
    if (!piece[0].empty()) written = file_->try_write(piece);
    if (written) {
      advance(*written);
    } else if (!would_block(written.error())) {
      fail(written.error(), progress_);
      co_return;
    } else if (co_await file_->writable()) {
      co_return;
    }
  }
}

net::Task<void> FileOutput::finish() {
  if (!synced_ && series_.policy().sync_after) {
    if (const auto error = sync()) fail(error, 0);
  }
  co_return;
}

void FileOutput::fail(const net::Error& error, std::size_t partial_bytes) {
  if (const auto size = file_->size(); size && partial_bytes != 0 && partial_bytes <= *size) {
    (void)file_->truncate(*size - partial_bytes);
  }
  end();
  failed_(error);
}

}  // namespace dispatch::stream

#include "engine/stream/file_output.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
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
    : Output(hub, executor, std::move(name), {WhenSlow::wait, backlog_max}),
      series_(std::move(series)),
      file_(std::make_shared<WrittenFile>(std::move(file), series_.policy().preamble.size())),
      failed_(std::move(failed)),
      begun_(series_.clock().now()),
      taken_(std::move(executor)) {}

Output::Position FileOutput::send_now(std::span<const Chunk> chunks) {
  Position position;
  while (position.chunk < chunks.size()) {
    const auto written = write(chunks, position);
    if (!written) {
      if (!would_block(written.error())) fail(written.error(), file_);
      break;
    }
    advance(chunks, position, *written);
  }
  file_->confirm();
  if (!std::exchange(tended_, true)) taken_.notify_all();
  return position;
}

net::Result<std::size_t> FileOutput::write(std::span<const Chunk> chunks, Position position) {
  const auto limit = series_.policy().rotate_bytes;
  const auto first_bytes = datagram_bytes(chunks[position.chunk], position.offset);
  if (const auto error = rotate(first_bytes)) {
    fail(error, nullptr);
    return error;
  }
  // A datagram that is longer than any file may be has one of its own.
  auto room = limit == 0 ? SIZE_MAX : std::max<std::size_t>(limit - file_->bytes(), first_bytes);
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
  auto written = file_->file().try_write(std::span(pieces).first(count));
  if (written) file_->took(*written);
  return written;
}

void FileOutput::advance(std::span<const Chunk> chunks, Position& position, std::size_t bytes) {
  while (position.chunk < chunks.size()) {
    const auto& chunk = chunks[position.chunk];
    const auto step = std::min(bytes, chunk.data.size() - position.offset);
    bytes -= step;
    position.offset += step;
    took_whole(chunk, position.offset - step, position.offset);
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
    file_->took_whole(static_cast<std::uint32_t>(sending().front_size()), 1);
    sending().pop_front();
  }
  backlog_shrank();
}

// Of the chunk's bytes, those from `from` to `to` have been taken.
void FileOutput::took_whole(const Chunk& chunk, std::size_t from, std::size_t to) {
  const auto size = chunk.data.size();
  const auto each = chunk.segment == 0 ? size : chunk.segment;
  if (each == 0) return;
  const auto whole = static_cast<std::uint32_t>(to / each - from / each);
  if (whole != 0) file_->took_whole(static_cast<std::uint32_t>(each), whole);
  if (to == size && size % each != 0) {
    file_->took_whole(static_cast<std::uint32_t>(size % each), 1);
  }
}

net::Status FileOutput::rotate(std::size_t next_bytes) {
  const auto& policy = series_.policy();
  if (!policy.rotates() || file_->bytes() == 0) return {};
  const auto now = series_.clock().now();
  const bool too_long =
      policy.rotate_bytes != 0 && file_->bytes() + next_bytes > policy.rotate_bytes;
  const bool too_old =
      policy.rotate_after != net::Duration::zero() && now - begun_ >= policy.rotate_after;
  if (!too_long && !too_old) return {};
  auto next = series_.open_next();
  if (!next) return next.error();
  old_.push_back(std::exchange(
      file_, std::make_shared<WrittenFile>(std::move(*next), policy.preamble.size())));
  begun_ = now;
  return {};
}

net::Task<void> FileOutput::run() {
  using net::asio::experimental::awaitable_operators::operator&&;
  co_await (write_backlog() && tend() && sync_now_and_then());
}

net::Task<bool> FileOutput::settle(std::shared_ptr<WrittenFile> file, bool sync) {
  net::Status error;
  if (sync) {
    file->set_synced();
    error = co_await file->file().sync();
  } else {
    error = co_await file->file().drained();
  }
  if (!error) {
    file->confirm();
    co_return true;
  }
  if (!net::is_cancelled(error)) fail(error, file);
  co_return false;
}

net::Task<bool> FileOutput::settle_old_ones() {
  while (!old_.empty()) {
    const auto oldest = old_.front();
    const bool settled = co_await settle(oldest, series_.policy().sync_after.has_value());
    if (!settled) co_return false;
    old_.remove(oldest);
  }
  co_return true;
}

net::Task<void> FileOutput::tend() {
  while (!ended()) {
    const auto file = file_;
    const auto before = file->bytes();
    const bool old_ones = co_await settle_old_ones();
    if (!old_ones) co_return;
    const bool settled = co_await settle(file, syncs_always() && !file->is_synced());
    if (!settled) co_return;
    tended_ = file != file_ || before != file->bytes();
    if (tended_) continue;
    const auto status = co_await taken_.wait();
    if (status) co_return;
  }
}

net::Task<void> FileOutput::sync_now_and_then() {
  const auto every = series_.policy().sync_after;
  if (!every || *every == net::Duration::zero()) co_return;
  while (!ended()) {
    const auto status = co_await series_.clock().sleep_for(*every);
    if (status) co_return;
    if (file_->is_synced()) continue;
    const bool settled = co_await settle(file_, true);
    if (!settled) co_return;
  }
}

net::Task<void> FileOutput::write_backlog() {
  while (!ended()) {
    const auto status = co_await backlog();
    if (status) co_return;
    if (sending().empty()) continue;  // it has ended
    std::array<std::span<const std::byte>, 1> piece{sending().contiguous(progress_)};
    if (series_.policy().rotates()) {
      const auto left = sending().front_size() - progress_;
      piece[0] = piece[0].first(std::min(piece[0].size(), left));
    }
    net::Result<std::size_t> written = std::size_t{0};
    if (progress_ == 0) {
      const auto error = rotate(sending().front_size());
      if (error) co_return fail(error, nullptr);
    }
    if (!piece[0].empty()) written = file_->file().try_write(piece);
    if (written) {
      file_->took(*written);
      advance(*written);
      if (!std::exchange(tended_, true)) taken_.notify_all();
      continue;
    }
    if (!would_block(written.error())) co_return fail(written.error(), file_);
    const auto room = co_await file_->file().writable();
    if (room) co_return;
  }
}

net::Task<void> FileOutput::finish() {
  const bool old_ones = co_await settle_old_ones();
  if (!old_ones) co_return;
  (void)co_await settle(file_, series_.policy().sync_after && !file_->is_synced());
}

// What has not been written of what was taken is lost after all.
void FileOutput::fail(const net::Error& error, const std::shared_ptr<WrittenFile>& of) {
  if (ended()) return;
  if (of) {
    const auto unwritten = of->give_up();
    not_sent(unwritten.datagrams, unwritten.bytes);
    lost(unwritten.datagrams, unwritten.bytes);
  }
  end();
  failed_(error);
}

}  // namespace dispatch::stream

#include "engine/fleet/inflate.hpp"

#include "engine/proxy/http_head.hpp"

#include <algorithm>
#include <array>
#include <new>
#include <zlib.h>

namespace dispatch::fleet {
namespace {

constexpr int kGzipWindow = 15 + 16;
constexpr int kZlibWindow = 15;
constexpr int kRawWindow = -15;
constexpr std::size_t kBlock = 16 * 1024;

bool is_gzip(std::string_view coding) {
  return proxy::http::equal_ignoring_case(coding, "gzip") ||
         proxy::http::equal_ignoring_case(coding, "x-gzip");
}

}  // namespace

struct Inflater::State {
  z_stream stream{};
  bool gzip = false;
  bool begun = false;
  bool ended = false;
};

bool is_known_coding(std::string_view coding) {
  return is_gzip(coding) || proxy::http::equal_ignoring_case(coding, "deflate");
}

Inflater::Inflater(std::string_view coding) : state_(std::make_unique<State>()) {
  state_->gzip = is_gzip(coding);
  if (inflateInit2(&state_->stream, state_->gzip ? kGzipWindow : kZlibWindow) != Z_OK) {
    throw std::bad_alloc();
  }
}

Inflater::~Inflater() {
  inflateEnd(&state_->stream);
}

Inflater::Step Inflater::feed(std::span<const std::byte> piece, std::string& out,
                              std::size_t most) {
  auto& stream = state_->stream;
  if (piece.empty()) return state_->ended ? Step::ended : Step::more;
  // Some servers send deflate without the zlib format around it (RFC 9110 8.4.1.2).
  if (!state_->begun && !state_->gzip && (std::to_integer<unsigned>(piece[0]) & 0x0f) != 8) {
    inflateReset2(&stream, kRawWindow);
  }
  state_->begun = true;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(piece.data()));
  stream.avail_in = static_cast<uInt>(piece.size());
  std::array<char, kBlock> block;
  while (stream.avail_in != 0) {
    if (state_->ended) {
      if (!state_->gzip) return Step::ended;  // what follows is not its
      inflateReset(&stream);                  // another member (RFC 1952 2.2)
      state_->ended = false;
    }
    do {
      stream.next_out = reinterpret_cast<Bytef*>(block.data());
      stream.avail_out = static_cast<uInt>(block.size());
      const int result = inflate(&stream, Z_NO_FLUSH);
      const auto made = block.size() - stream.avail_out;
      if (made > most - std::min(most, out.size())) return Step::too_large;
      out.append(block.data(), made);
      if (result == Z_STREAM_END) {
        state_->ended = true;
        break;
      }
      if (result == Z_BUF_ERROR) break;  // it needs more
      if (result != Z_OK) return Step::broken;
    } while (stream.avail_out == 0 || stream.avail_in != 0);
  }
  return state_->ended ? Step::ended : Step::more;
}

}  // namespace dispatch::fleet

#include "engine/proxy/handshake_buffer.hpp"

#include <cstring>

namespace dispatch::proxy {

net::Task<net::Result<std::size_t>> HandshakeBuffer::fill_from(net::Stream& stream,
                                                               net::TimePoint deadline) {
  if (begin_ != 0) {
    std::memmove(storage_.data(), storage_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == storage_.size()) co_return net::Error{net::asio::error::no_buffer_space};
  const auto got = co_await stream.read_some(std::span(storage_).subspan(end_), deadline);
  if (got) end_ += *got;
  co_return got;
}

}  // namespace dispatch::proxy

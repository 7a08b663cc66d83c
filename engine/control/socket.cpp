#include "engine/control/socket.hpp"

#include "engine/control/clients.hpp"
#include "engine/control/request.hpp"

#include <array>

namespace dispatch::control {
namespace {

constexpr std::size_t kAnswerSizeMax = 16'000'000;

// What a stream says, line by line.
class Lines {
 public:
  Lines(net::Stream& stream, std::size_t size_max) : stream_(stream), size_max_(size_max) {}

  // Without its end. Errors: eof; no_buffer_space where it is too long; the stream's.
  net::Task<net::Result<std::string>> next(net::TimePoint deadline) {
    for (;;) {
      if (const auto end = text_.find('\n'); end != std::string::npos) {
        auto line = text_.substr(0, end);
        text_.erase(0, end + 1);
        co_return line;
      }
      if (text_.size() > size_max_) co_return net::Error{net::asio::error::no_buffer_space};
      const auto got = co_await stream_.read_some(buffer_, deadline);
      if (!got) co_return got.error();
      if (*got == 0) co_return net::Error{net::asio::error::eof};
      text_.append(reinterpret_cast<const char*>(buffer_.data()), *got);
    }
  }

 private:
  net::Stream& stream_;
  std::size_t size_max_;
  std::string text_;
  std::array<std::byte, 4096> buffer_;
};

net::Task<net::Status> write_line(net::Stream& stream, std::string line, net::TimePoint deadline) {
  line += '\n';
  co_return co_await net::write_all(stream, std::as_bytes(std::span(line)), deadline);
}

net::Task<void> serve(Controller& controller, net::StreamPtr stream) {
  Lines lines(*stream, kRequestSizeMax);
  auto& clock = controller.runtime().clock();
  for (;;) {
    auto request = co_await lines.next(clock.now() + kClientPatience);
    if (!request) {
      const bool too_long = request.error() == net::asio::error::no_buffer_space;
      if (too_long) {
        const auto deadline = clock.now() + kClientPatience;
        (void)co_await write_line(*stream, R"({"error":"the request is too long"})", deadline);
      }
      co_return;
    }
    auto text = co_await answer(controller, std::move(*request));
    const auto deadline = clock.now() + kClientPatience;
    if (co_await write_line(*stream, std::move(text), deadline)) co_return;
  }
}

}  // namespace

net::Result<net::ListenerPtr> open_socket(net::Network& network, const std::string& path) {
  constexpr std::uint32_t kOwnerOnly = 0600;
  net::LocalListenOptions options;
  options.mode = kOwnerOnly;
  return network.listen_local(path, options);
}

net::Task<void> serve_socket(Controller& controller, net::Listener& listener) {
  co_await serve_clients(
      controller.runtime(), listener, kClientsMax,
      [&controller](net::StreamPtr stream) { return serve(controller, std::move(stream)); });
}

net::Task<net::Result<std::string>> ask(net::Runtime& runtime, std::string path,
                                        std::string request, net::Duration limit) {
  const auto deadline = runtime.clock().now() + limit;
  auto stream = runtime.network().connect_local(path);
  if (!stream) co_return stream.error();
  const auto error = co_await write_line(**stream, std::move(request), deadline);
  if (error) co_return error;
  Lines lines(**stream, kAnswerSizeMax);
  co_return co_await lines.next(deadline);
}

}  // namespace dispatch::control

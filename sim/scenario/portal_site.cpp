#include "sim/scenario/portal_site.hpp"

#include "engine/net/well_known_port.hpp"

#include <array>
#include <stdexcept>
#include <string>
#include <string_view>

namespace dispatch::scenario {
namespace {

constexpr std::size_t kHeadMax = 16 * 1024;
constexpr std::string_view kRedirection =
    "HTTP/1.1 302 Found\r\nLocation: http://portal.invalid/\r\nCache-Control: no-store\r\n"
    "Content-Length: 0\r\nConnection: close\r\n\r\n";

}  // namespace

PortalSite::PortalSite(net::Runtime& runtime)
    : runtime_(runtime),
      names_(runtime),
      tasks_(runtime.executor(), [](std::exception_ptr bug) { std::rethrow_exception(bug); }) {}

void PortalSite::start(const std::vector<net::Address>& addresses) {
  names_.set_every_other(addresses);
  for (const auto& address : addresses) {
    auto listener = runtime_.network().listen({address, net::kHttpPort}, {});
    if (!listener) throw std::runtime_error("the portal: " + listener.error().message());
    tasks_.spawn(serve(std::move(*listener)));
    tasks_.spawn(names_.serve({address, net::kDnsPort}));
    tasks_.spawn(names_.serve_streams({address, net::kDnsPort}));
  }
}

net::Task<void> PortalSite::serve(net::ListenerPtr listener) {
  for (;;) {
    auto accepted = co_await listener->accept();
    if (!accepted) co_return;
    tasks_.spawn(redirect(std::move(*accepted)));
  }
}

net::Task<void> PortalSite::redirect(net::StreamPtr stream) {
  std::string head;
  std::array<std::byte, 1024> buffer;
  while (head.find("\r\n\r\n") == std::string::npos && head.size() < kHeadMax) {
    const auto got = co_await stream->read_some(buffer);
    if (!got || *got == 0) co_return;
    for (std::size_t i = 0; i < *got; ++i) head.push_back(static_cast<char>(buffer[i]));
  }
  const auto answer = std::as_bytes(std::span(kRedirection));
  if (co_await net::write_all(*stream, answer)) co_return;
  static_cast<void>(stream->shutdown_write());
  while (true) {  // what else the client sends must not become a RST
    const auto got = co_await stream->read_some(buffer);
    if (!got || *got == 0) co_return;
  }
}

}  // namespace dispatch::scenario

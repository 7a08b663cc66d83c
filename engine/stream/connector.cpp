#include "engine/stream/connector.hpp"

#include "engine/net/deadline.hpp"
#include "engine/stream/locate.hpp"
#include "engine/stream/stream_error.hpp"
#include "engine/tls/stream.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <utility>

namespace dispatch::stream {
namespace {

constexpr std::size_t kFileMost = 1 << 20;

net::Task<tls::Pem> read_pem(net::Files& files, std::string path) {
  auto file = files.open_to_read(path);
  if (!file) throw net::ConfigError(fmt::format("{}: {}", path, file.error().message()));
  std::string text;
  std::array<std::byte, 4096> buffer;
  while (text.size() < kFileMost) {
    const auto got = co_await (*file)->read_some(buffer);
    if (!got) throw net::ConfigError(fmt::format("{}: {}", path, got.error().message()));
    if (*got == 0) break;
    text.append(reinterpret_cast<const char*>(buffer.data()), *got);
  }
  co_return tls::Pem{std::move(text), path};
}

net::Task<std::shared_ptr<const tls::Context>> client_context(net::Files& files,
                                                              EndpointSpec spec) {
  if (spec.insecure) co_return tls::Context::client_of_anyone();
  if (spec.ca_file.empty()) co_return tls::Context::client_of_system();
  const auto believed = co_await read_pem(files, spec.ca_file);
  co_return tls::Context::client(believed);
}

net::Task<std::shared_ptr<const tls::Context>> server_context(net::Files& files,
                                                              EndpointSpec spec) {
  if (spec.certificate_file.empty()) {
    throw net::ConfigError(fmt::format(
        "{}: a TLS listener has a certificate: ?cert=FILE, and key=FILE", to_string(spec)));
  }
  const auto certificate = co_await read_pem(files, spec.certificate_file);
  auto key = certificate;
  if (!spec.key_file.empty()) key = co_await read_pem(files, spec.key_file);
  co_return tls::Context::server(certificate, key);
}

}  // namespace

net::Task<Connector> Connector::make(net::Runtime& runtime, net::Files& files, EndpointSpec spec,
                                     const link::Link* link) {
  Connector made(runtime, spec);
  made.link_ = link;
  if (spec.scheme == Scheme::tls) made.tls_ = co_await client_context(files, spec);
  co_return made;
}

net::Task<net::Result<net::StreamPtr>> Connector::connect() {
  auto& clock = runtime_->clock();
  if (spec_.scheme == Scheme::local) co_return runtime_->network().connect_local(spec_.path);
  const auto deadline = clock.now() + kTimeout;
  auto stream = co_await connect_tcp(deadline);
  if (!stream || !tls_) co_return stream;
  const auto& name = spec_.server_name.empty() ? spec_.host : spec_.server_name;
  co_return co_await net::with_deadline(
      clock, deadline, tls::Stream::connect(*runtime_, tls_, std::move(*stream), name));
}

net::Task<net::Result<net::StreamPtr>> Connector::connect_tcp(net::TimePoint deadline) {
  const auto addresses = co_await try_locate(*runtime_, spec_);
  if (!addresses) co_return addresses.error();
  net::Egress egress;
  egress.source = spec_.source;
  egress.device = spec_.device;
  net::Error first;
  for (const auto& address : *addresses) {
    if (link_ != nullptr) {
      const auto by = link_->egress(net::family_of(address.address));
      if (!by) continue;
      egress = *by;
    }
    auto stream = co_await runtime_->network().connect(address, egress, deadline);
    if (stream) co_return std::move(*stream);
    if (net::is_cancelled(stream.error())) co_return stream.error();
    if (!first) first = stream.error();
  }
  if (!first) first = net::errno_error(ENETDOWN);
  co_return first;
}

net::Task<Acceptor> Acceptor::make(net::Runtime& runtime, net::Files& files, EndpointSpec spec) {
  Acceptor made(runtime, spec);
  if (spec.scheme == Scheme::tls) made.tls_ = co_await server_context(files, spec);
  net::Result<net::ListenerPtr> listener = net::Error{};
  if (spec.scheme == Scheme::local) {
    listener = runtime.network().listen_local(spec.path, {});
  } else {
    net::ListenOptions options;
    options.device = spec.device;
    options.keep_alive = net::KeepAlive::after(std::chrono::minutes(1));
    listener = runtime.network().listen(local_endpoint(runtime, spec), options);
  }
  if (!listener) {
    throw StreamError(
        fmt::format("{}: cannot listen: {}", to_string(spec), listener.error().message()));
  }
  made.listener_ = std::move(*listener);
  if (spec.scheme != Scheme::local) made.spec_.port = made.listener_->local_endpoint().port;
  co_return made;
}

net::Task<net::Result<net::StreamPtr>> Acceptor::welcome(net::StreamPtr stream) {
  if (!tls_) co_return stream;
  auto& clock = runtime_->clock();
  co_return co_await net::with_deadline(
      clock, clock.now() + Connector::kTimeout,
      tls::Stream::accept(*runtime_, tls_, std::move(stream), {}));
}

}  // namespace dispatch::stream

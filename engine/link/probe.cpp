#include "engine/link/probe.hpp"

#include "engine/net/deadline.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/errc.hpp>
#include <fmt/format.h>

#include <array>
#include <charconv>

namespace dispatch::link {
namespace {

using net::Task;

// Of an answer only its first line is looked at.
constexpr std::size_t kStatusLineMax = 1024;

std::string host_text(const ProbeSpec& spec) {
  if (const auto* name = std::get_if<std::string>(&spec.host)) return *name;
  const auto& address = std::get<net::Address>(spec.host);
  return address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
}

// 0: this is no answer of HTTP.
int status_of(std::string_view line) {
  constexpr std::string_view kVersion = "HTTP/1.";
  constexpr std::size_t kAt = 9;
  if (!line.starts_with(kVersion) || line.size() < kAt + 3) return 0;
  int status = 0;
  std::from_chars(line.data() + kAt, line.data() + kAt + 3, status);
  return status;
}

class Probe {
 public:
  Probe(net::Runtime& runtime, const Link& link, const ProbeSpec& spec, net::TimePoint deadline,
        std::optional<net::Address> at, ProbeResult& result)
      : runtime_(runtime),
        link_(link.upstream() ? link.via() : link),
        spec_(spec),
        deadline_(deadline),
        at_(std::move(at)),
        result_(result) {}

  Task<void> run() {
    auto remote = co_await find();
    if (!remote) co_return;
    if (spec_.kind == ProbeKind::dns) {
      result_.passed = true;
      co_return;
    }
    const auto began = runtime_.clock().now();
    const auto egress = link_.egress(net::family_of(remote->address));
    if (!egress) co_return fail("it has no address of that family");
    auto stream = co_await runtime_.network().connect(*remote, *egress, deadline_);
    if (!stream) co_return fail(stream.error());
    result_.took = runtime_.clock().now() - began;
    result_.peer = *remote;
    if (spec_.kind == ProbeKind::tcp) {
      result_.passed = true;
    } else {
      co_await ask(**stream);
    }
    (*stream)->abort();
  }

 private:
  void fail(std::string_view why) {
    result_.reason = fmt::format("probe of {}: {}", spec_.text, why);
  }
  // The end of its time is said by who has set it.
  void fail(const net::Error& error) {
    if (!net::is_cancelled(error) && error != boost::system::errc::timed_out) {
      fail(error.message());
    }
  }

  // Empty: it has failed. Of dns, any address will do.
  Task<std::optional<net::Endpoint>> find() {
    if (at_) co_return net::Endpoint{*at_, spec_.port};
    if (const auto* address = std::get_if<net::Address>(&spec_.host)) {
      co_return net::Endpoint{*address, spec_.port};
    }
    const auto v4 = link_.egress(net::Family::v4);
    const auto v6 = link_.egress(net::Family::v6);
    if (!v4 && !v6) {
      fail("it has no address");
      co_return std::nullopt;
    }
    net::ResolveQuery query;
    query.name = std::get<std::string>(spec_.host);
    query.v4 = v4.has_value();
    query.v6 = !v4;
    query.egress = v4 ? *v4 : *v6;
    const auto found = co_await runtime_.resolver().resolve(std::move(query));
    if (found) co_return net::Endpoint{found->front().address, spec_.port};
    fail(found.error().message());
    co_return std::nullopt;
  }

  Task<void> ask(net::Stream& stream) {
    const auto request = fmt::format(
        "GET {} HTTP/1.1\r\nHost: {}{}\r\nUser-Agent: dispatch\r\nConnection: close\r\n\r\n",
        spec_.path, host_text(spec_), spec_.port == 80 ? "" : fmt::format(":{}", spec_.port));
    const auto bytes = std::as_bytes(std::span(request));
    if (const auto error = co_await net::write_all(stream, bytes, deadline_)) {
      co_return fail(error);
    }
    std::array<std::byte, kStatusLineMax> line{};
    std::size_t size = 0;
    while (size < line.size()) {
      const auto got = co_await stream.read_some(std::span(line).subspan(size), deadline_);
      if (!got) co_return fail(got.error());
      if (*got == 0) break;
      size += *got;
      const std::string_view text(reinterpret_cast<const char*>(line.data()), size);
      if (text.find('\n') != std::string_view::npos) break;
    }
    judge(status_of({reinterpret_cast<const char*>(line.data()), size}));
  }

  void judge(int status) {
    result_.passed = status == spec_.status;
    if (result_.passed) return;
    if (status == 0) return fail("what answers is no web server");
    const bool portal = status == 200 || status / 100 == 3 || status == 511;
    fail(fmt::format("status {} in place of {}{}", status, spec_.status,
                     portal ? ": a captive portal? Somebody may have to sign in" : ""));
  }

  net::Runtime& runtime_;
  const Link& link_;
  const ProbeSpec& spec_;
  net::TimePoint deadline_;
  std::optional<net::Address> at_;
  ProbeResult& result_;
};

}  // namespace

Task<ProbeResult> probe(net::Runtime& runtime, const Link& link, ProbeSpec spec,
                        net::TimePoint deadline, std::optional<net::Address> at) {
  ProbeResult result;
  Probe work(runtime, link, spec, deadline, std::move(at), result);
  co_await net::run_until(runtime.clock(), deadline, work.run());
  if (!result.passed && result.reason.empty()) {
    result.reason = fmt::format("probe of {}: no answer in time", spec.text);
  }
  co_return result;
}

}  // namespace dispatch::link

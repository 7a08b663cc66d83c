#include "sim/host/dns_server.hpp"

#include "engine/net/task_group.hpp"
#include "sim/host/dns_message.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace dispatch::sim {
namespace {

constexpr int kAliasesMax = 8;
constexpr std::size_t kUdpMessageMax = 512;    // RFC 1035 4.2.1
constexpr std::size_t kTcpMessageMax = 65535;  // 4.2.2

std::string checked_name(std::string_view name) {
  auto normal = dns::normal_name(name);
  if (!normal) throw std::invalid_argument("not a DNS name: " + std::string(name));
  return std::move(*normal);
}

std::uint32_t seconds(net::Duration ttl) {
  return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(ttl).count());
}

net::Task<void> answer_later(net::Clock& clock, net::Duration delay, net::Datagram& socket,
                             net::Endpoint to, std::vector<std::byte> answer) {
  if (delay > net::Duration::zero() && co_await clock.sleep_for(delay)) co_return;
  const std::array<net::DatagramOut, 1> batch{net::DatagramOut{answer, to}};
  // An answer that cannot be sent is lost, as any datagram may be.
  static_cast<void>(co_await socket.send(batch));
}

}  // namespace

void DnsServer::add(std::string_view name, std::vector<net::Address> addresses, net::Duration ttl) {
  records_[checked_name(name)] = {std::move(addresses), {}, ttl, false};
}

void DnsServer::add_alias(std::string_view name, std::string_view target, net::Duration ttl) {
  records_[checked_name(name)] = {{}, checked_name(target), ttl, false};
}

void DnsServer::add_failure(std::string_view name) {
  records_[checked_name(name)] = {{}, {}, {}, true};
}

void DnsServer::remove(std::string_view name) {
  records_.erase(checked_name(name));
}

void DnsServer::set_every_other(std::vector<net::Address> addresses) {
  every_other_ = std::move(addresses);
}

void DnsServer::set_behaviour(const std::vector<net::Prefix>& sources,
                              const std::optional<DnsBehaviour>& behaviour) {
  std::erase_if(behaviours_, [&](const auto& each) {
    return std::find(sources.begin(), sources.end(), each.first) != sources.end();
  });
  if (!behaviour) return;
  for (const auto& source : sources) behaviours_.emplace_back(source, *behaviour);
}

const DnsBehaviour& DnsServer::behaviour_to(const net::Address& source) const {
  for (const auto& [who, behaviour] : behaviours_) {
    if (who.contains(source)) return behaviour;
  }
  return behaviour_;
}

net::Duration DnsServer::delay_to(const net::Address& source) const {
  return behaviour_to(source).delay.value_or(delay_);
}

std::vector<std::byte> DnsServer::answer(std::span<const std::byte> question,
                                         const net::Address& source, bool over_tcp) {
  auto message = dns::decode(question);
  if (!message || message->response || !message->question) return {};
  ++questions_;
  message->response = true;
  message->answers.clear();
  const auto asked = *message->question;
  const auto reply = [&](dns::Code code) {
    message->code = code;
    return dns::encode(*message, over_tcp ? kTcpMessageMax : kUdpMessageMax);
  };
  const auto fault = behaviour_to(source).fault;
  switch (fault) {
    case DnsFault::silent:
      return {};
    case DnsFault::servfail:
      return reply(dns::Code::server_failure);
    case DnsFault::nxdomain:
      return reply(dns::Code::not_found);
    case DnsFault::refused:
      return reply(dns::Code::refused);
    case DnsFault::truncated:
    case DnsFault::truncated_without_tcp:
      if (over_tcp) break;
      message->truncated = true;
      return reply(dns::Code::no_error);
    case DnsFault::only_a:
    case DnsFault::only_aaaa:
    case DnsFault::none:
      break;
  }
  const auto told = [&](const net::Address& address) {
    return !(fault == DnsFault::only_a && address.is_v6()) &&
           !(fault == DnsFault::only_aaaa && address.is_v4());
  };
  auto name = asked.name;
  for (int hop = 0; hop < kAliasesMax; ++hop) {
    const auto found = records_.find(name);
    if (found == records_.end() && !every_other_) return reply(dns::Code::not_found);
    const auto& record =
        found == records_.end() ? Record{*every_other_, {}, {}, false} : found->second;
    if (record.fails) return reply(dns::Code::server_failure);
    if (record.alias.empty()) {
      for (const auto& address : record.addresses) {
        if ((asked.type == dns::Type::aaaa) != address.is_v6()) continue;
        if (asked.type != dns::Type::a && asked.type != dns::Type::aaaa) continue;
        if (!told(address)) continue;
        message->answers.push_back({name, seconds(record.ttl), address, {}});
      }
      return reply(dns::Code::no_error);
    }
    message->answers.push_back({name, seconds(record.ttl), std::nullopt, record.alias});
    name = record.alias;
  }
  return reply(dns::Code::server_failure);  // aliases in a circle
}

net::Task<void> DnsServer::serve(net::Endpoint local) {
  auto opened = runtime_.network().open_datagram({local, {}, std::nullopt});
  if (!opened) throw boost::system::system_error(opened.error(), "DNS server");
  const auto socket = std::move(*opened);
  net::TaskGroup answers(runtime_.executor(),
                         [](std::exception_ptr failed) { std::rethrow_exception(failed); });
  std::array<std::byte, kUdpMessageMax> buffer{};
  for (;;) {
    std::array<net::DatagramIn, 1> batch{net::DatagramIn{buffer, 0, {}, false}};
    const auto got = co_await socket->receive(batch);
    if (!got) break;
    const auto& asker = batch[0].from;
    auto reply = answer(std::span(buffer).first(batch[0].size), asker.address, false);
    if (reply.empty()) continue;
    answers.spawn(
        answer_later(runtime_.clock(), delay_to(asker.address), *socket, asker, std::move(reply)));
  }
  answers.cancel();
  co_await answers.idle();
}

net::Task<void> DnsServer::serve_streams(net::Endpoint local) {
  auto opened = runtime_.network().listen(local, {});
  if (!opened) co_return;
  const auto listener = std::move(*opened);
  net::TaskGroup sessions(runtime_.executor(),
                          [](std::exception_ptr failed) { std::rethrow_exception(failed); });
  for (;;) {
    auto accepted = co_await listener->accept();
    if (!accepted) break;
    sessions.spawn(serve_stream(std::move(*accepted)));
  }
  sessions.cancel();
  co_await sessions.idle();
}

// Each message follows its length (RFC 1035 4.2.2).
net::Task<void> DnsServer::serve_stream(net::StreamPtr stream) {
  const auto asker = net::unmapped(stream->remote_endpoint().address);
  if (behaviour_to(asker).fault == DnsFault::truncated_without_tcp) {
    stream->abort();
    co_return;
  }
  std::array<std::byte, 2> head{};
  const auto began = co_await net::read_full(*stream, head);
  if (!began || *began < head.size()) co_return;
  const auto size =
      std::to_integer<std::size_t>(head[0]) << 8 | std::to_integer<std::size_t>(head[1]);
  std::vector<std::byte> question(size);
  if (size == 0) co_return;
  const auto got = co_await net::read_full(*stream, question);
  if (!got || *got < size) co_return;
  const auto reply = answer(question, asker, true);
  if (reply.empty()) co_return;
  const auto delay = delay_to(asker);
  if (delay > net::Duration::zero() && co_await runtime_.clock().sleep_for(delay)) co_return;
  const auto message = dns::with_length(reply);
  static_cast<void>(co_await net::write_all(*stream, message));
}

}  // namespace dispatch::sim

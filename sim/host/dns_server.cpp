#include "sim/host/dns_server.hpp"

#include "engine/net/task_group.hpp"
#include "sim/host/dns_message.hpp"

#include <array>
#include <utility>

namespace dispatch::sim {
namespace {

constexpr int kAliasesMax = 8;

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

std::vector<std::byte> DnsServer::answer(std::span<const std::byte> question) {
  auto message = dns::decode(question);
  if (!message || message->response || !message->question) return {};
  ++questions_;
  message->response = true;
  message->answers.clear();
  const auto asked = *message->question;
  const auto reply = [&](dns::Code code) {
    message->code = code;
    return dns::encode(*message);
  };
  switch (mode_) {
    case Mode::silent:
      return {};
    case Mode::server_failure:
      return reply(dns::Code::server_failure);
    case Mode::refused:
      return reply(dns::Code::refused);
    case Mode::normal:
      break;
  }
  auto name = asked.name;
  for (int hop = 0; hop < kAliasesMax; ++hop) {
    const auto found = records_.find(name);
    if (found == records_.end()) return reply(dns::Code::not_found);
    const auto& record = found->second;
    if (record.fails) return reply(dns::Code::server_failure);
    if (record.alias.empty()) {
      for (const auto& address : record.addresses) {
        if ((asked.type == dns::Type::aaaa) != address.is_v6()) continue;
        if (asked.type != dns::Type::a && asked.type != dns::Type::aaaa) continue;
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
  std::array<std::byte, 512> buffer{};
  for (;;) {
    std::array<net::DatagramIn, 1> batch{net::DatagramIn{buffer, 0, {}, false}};
    const auto got = co_await socket->receive(batch);
    if (!got) break;
    auto reply = answer(std::span(buffer).first(batch[0].size));
    if (reply.empty()) continue;
    answers.spawn(answer_later(runtime_.clock(), delay_, *socket, batch[0].from, std::move(reply)));
  }
  answers.cancel();
  co_await answers.idle();
}

}  // namespace dispatch::sim

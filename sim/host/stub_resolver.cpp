#include "sim/host/stub_resolver.hpp"

#include "engine/net/deadline.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>

namespace dispatch::sim {

using net::Error;
using net::ResolveError;

namespace {

constexpr std::size_t kMessageBytesMax = 512;  // RFC 1035 4.2.1

// The addresses that `message` gives for the name that was asked, along its aliases.
std::vector<net::ResolvedAddress> addresses_of(const dns::Message& message) {
  std::set<std::string> names{message.question->name};
  auto ttl = net::Duration::max();
  std::vector<net::ResolvedAddress> addresses;
  for (const auto& record : message.answers) {
    if (!names.contains(record.name)) continue;
    const net::Duration own = std::chrono::seconds(record.ttl_seconds);
    if (record.address) {
      addresses.push_back({*record.address, std::min(ttl, own)});
    } else {
      names.insert(record.alias);
      ttl = std::min(ttl, own);
    }
  }
  return addresses;
}

// How much an outcome says about the name: the higher is what the caller is told.
int weight(ResolveError outcome) {
  switch (outcome) {
    case ResolveError::bad_name:
      return 0;
    case ResolveError::no_data:
      return 1;
    case ResolveError::unreachable:
      return 2;
    case ResolveError::timed_out:
      return 3;
    case ResolveError::server_failure:
      return 4;
    case ResolveError::not_found:
      return 5;
  }
  return 0;
}

}  // namespace

struct StubResolver::Question {
  dns::Question asked;
  std::uint16_t id = 0;
  bool settled = false;                              // no other server needs to be asked
  bool answered_here = false;                        // by the server that is being asked
  ResolveError outcome = ResolveError::unreachable;  // while there are no addresses
  Addresses addresses;

  void failed(ResolveError how) {
    if (weight(how) > weight(outcome)) outcome = how;
  }
  void settle(ResolveError how) {
    settled = true;
    outcome = how;
  }
  void answer(const dns::Message& message);
};

void StubResolver::Question::answer(const dns::Message& message) {
  answered_here = true;
  if (message.code == dns::Code::not_found) return settle(ResolveError::not_found);
  if (message.code != dns::Code::no_error) return failed(ResolveError::server_failure);
  settle(ResolveError::no_data);
  addresses = addresses_of(message);
}

StubResolver::StubResolver(Kernel& kernel, IpLayer& ip, net::Runtime& runtime)
    : kernel_(kernel), ip_(ip), runtime_(runtime), ids_(kernel.random("dns/ids")) {
  add_host_name("localhost",
                {net::loopback_address(net::Family::v6), net::loopback_address(net::Family::v4)});
}

void StubResolver::add_host_name(std::string_view name, std::vector<net::Address> addresses) {
  auto normal = dns::normal_name(name);
  if (!normal) throw std::invalid_argument("not a name: " + std::string(name));
  host_names_[std::move(*normal)] = std::move(addresses);
}

std::optional<StubResolver::Addresses> StubResolver::known(const std::string& name,
                                                           const net::ResolveQuery& query) const {
  const auto found = host_names_.find(name);
  if (found == host_names_.end()) return std::nullopt;
  Addresses addresses;
  for (const auto& address : found->second) {
    if (address.is_v6() ? query.v6 : query.v4) addresses.push_back({address, {}});
  }
  return addresses;
}

StubResolver::Questions StubResolver::questions_for(const std::string& name,
                                                    const net::ResolveQuery& query) {
  const auto somewhere = *net::parse_address("2001:db8:ffff::1");
  auto egress = query.egress;
  if (egress.source && egress.source->is_v4()) egress.source.reset();
  const bool v6_first = ip_.find_path(somewhere, egress).has_value();
  Questions questions;
  const auto add = [&](bool wanted, dns::Type type) {
    if (!wanted) return;
    Question question;
    question.asked = {name, type};
    question.id = static_cast<std::uint16_t>(ids_.next());
    questions.push_back(std::move(question));
  };
  add(query.v6 && v6_first, dns::Type::aaaa);
  add(query.v4, dns::Type::a);
  add(query.v6 && !v6_first, dns::Type::aaaa);
  return questions;
}

net::Task<net::Result<std::vector<net::ResolvedAddress>>> StubResolver::resolve(
    net::ResolveQuery query) {
  const auto name = dns::normal_name(query.name);
  if (!name) co_return Error{ResolveError::bad_name};
  if (auto addresses = known(*name, query)) {
    if (addresses->empty()) co_return Error{ResolveError::no_data};
    co_return std::move(*addresses);
  }
  auto questions = questions_for(*name, query);
  const auto settled = [&] {
    return std::all_of(questions.begin(), questions.end(),
                       [](const Question& each) { return each.settled; });
  };
  const auto servers = kernel_.options.nameservers;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    for (const auto& server : servers) {
      if (settled()) break;
      auto asking = ask(questions, query.egress, server);
      const auto deadline = runtime_.clock().now() + kTimeout;
      const auto result =
          co_await net::with_deadline(runtime_.clock(), deadline, std::move(asking));
      if (result) continue;
      if (net::is_cancelled(result.error())) co_return result.error();
      if (result.error() != net::asio::error::timed_out) continue;
      for (auto& question : questions) {
        if (!question.settled && !question.answered_here) question.failed(ResolveError::timed_out);
      }
    }
  }
  Addresses addresses;
  auto outcome = ResolveError::bad_name;
  for (const auto& question : questions) {
    addresses.insert(addresses.end(), question.addresses.begin(), question.addresses.end());
    if (weight(question.outcome) > weight(outcome)) outcome = question.outcome;
  }
  if (addresses.empty()) co_return Error{outcome};
  co_return addresses;
}

net::Task<net::Result<std::size_t>> StubResolver::ask(Questions& questions, net::Egress egress,
                                                      net::Endpoint server) {
  net::DatagramOptions options;
  options.egress = std::move(egress);
  options.connect = server;
  auto opened = runtime_.network().open_datagram(options);
  if (!opened) co_return opened.error();
  const auto socket = std::move(*opened);

  std::size_t open = 0;
  for (auto& question : questions) {
    question.answered_here = false;
    if (question.settled) continue;
    dns::Message message;
    message.id = question.id;
    message.question = question.asked;
    const auto bytes = dns::encode(message);
    const std::array<net::DatagramOut, 1> batch{net::DatagramOut{bytes, server}};
    const auto sent = co_await socket->send(batch);
    if (!sent) co_return sent.error();
    ++open;
  }
  std::size_t answers = 0;
  std::array<std::byte, kMessageBytesMax> buffer{};
  while (answers < open) {
    std::array<net::DatagramIn, 1> batch{net::DatagramIn{buffer, 0, {}, false}};
    const auto got = co_await socket->receive(batch);
    if (!got) co_return got.error();
    const auto message = dns::decode(std::span(buffer).first(batch[0].size));
    if (!message || !message->response || !message->question) continue;
    for (auto& question : questions) {
      if (question.settled || question.answered_here || question.id != message->id) continue;
      // What was not asked is no answer (RFC 5452 9.1).
      if (question.asked != *message->question) continue;
      ++answers;
      if (!message->truncated) {
        question.answer(*message);
        continue;
      }
      question.answered_here = true;
      const auto failed = co_await ask_over_tcp(question, options.egress, server);
      if (net::is_cancelled(failed)) co_return failed;
      if (failed) question.failed(ResolveError::server_failure);
    }
  }
  co_return answers;
}

net::Task<net::Status> StubResolver::ask_over_tcp(Question& question, net::Egress egress,
                                                  net::Endpoint server) {
  auto connected = co_await runtime_.network().connect(server, egress);
  if (!connected) co_return connected.error();
  const auto stream = std::move(*connected);
  dns::Message asked;
  asked.id = question.id;
  asked.question = question.asked;
  const auto bytes = dns::encode(asked);
  const auto message = dns::with_length(bytes);
  if (const auto error = co_await net::write_all(*stream, message)) co_return error;
  std::array<std::byte, 2> head{};
  const auto began = co_await net::read_full(*stream, head);
  if (!began) co_return began.error();
  if (*began < head.size()) co_return net::errno_error(ECONNRESET);
  std::vector<std::byte> reply(std::to_integer<std::size_t>(head[0]) << 8 |
                               std::to_integer<std::size_t>(head[1]));
  if (reply.empty()) co_return net::errno_error(EBADMSG);
  const auto got = co_await net::read_full(*stream, reply);
  if (!got) co_return got.error();
  const auto answer = dns::decode(reply);
  if (*got < reply.size() || !answer || !answer->response || answer->id != question.id ||
      !answer->question || question.asked != *answer->question) {
    co_return net::errno_error(EBADMSG);
  }
  question.answer(*answer);
  co_return net::Status{};
}

}  // namespace dispatch::sim

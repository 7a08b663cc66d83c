// Any bytes as each message of SOCKS5, of both its sides: the first byte says which.
//
// Beyond not crashing: a message means the same however it was cut, and what was understood of it,
// encoded and decoded again, is the same.

#include "engine/proxy/socks5.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace dispatch::proxy::socks5 {
namespace {

using fuzz::decode_however_cut;
using fuzz::require;
using Input = std::span<const std::byte>;

template <typename Decode>
auto again(Decode decode, const Bytes& bytes) {
  const auto decoded = decode(Input(bytes));
  require(decoded.progress == Progress::complete, "what was encoded is a message");
  require(decoded.size == bytes.size(), "and nothing more");
  return decoded.message;
}

void greeting(Input input) {
  const auto decoded = decode_however_cut(decode_greeting, input);
  if (decoded.progress != Progress::complete) return;
  const auto& methods = decoded.message.methods;
  require(again(decode_greeting, encode_greeting(methods)).methods == methods, "the same methods");
}

void request(Input input) {
  const auto decoded = decode_however_cut(decode_request, input);
  if (decoded.progress == Progress::invalid) {
    require(decoded.reply != Reply::succeeded, "a refusal is no success");
  }
  if (decoded.progress != Progress::complete) return;
  const auto& [command, target] = decoded.message;
  const auto second = again(decode_request, encode_request(command, target));
  require(second.command == command && second.target == target, "the same request");
}

void credentials(Input input) {
  const auto decoded = decode_however_cut(decode_credentials, input);
  if (decoded.progress != Progress::complete) return;
  const auto second = again(decode_credentials, encode_credentials(decoded.message));
  require(second.user == decoded.message.user, "the same user");
  require(second.password == decoded.message.password, "the same password");
}

void method(Input input) {
  const auto decoded = decode_however_cut(decode_method, input);
  if (decoded.progress != Progress::complete) return;
  require(again(decode_method, encode_method(decoded.message)) == decoded.message, "the same");
}

void answer(Input input) {
  const auto decoded = decode_however_cut(decode_answer, input);
  if (decoded.progress != Progress::complete) return;
  const auto& [reply, bound] = decoded.message;
  const auto* address = std::get_if<net::Address>(&bound.host);
  if (address == nullptr) return;
  const auto second = again(decode_answer, encode_answer(reply, {*address, bound.port}));
  require(second.reply == reply && second.bound == bound, "the same answer");
}

void credentials_status(Input input) {
  const auto decoded = decode_however_cut(decode_credentials_status, input);
  if (decoded.progress != Progress::complete) return;
  const auto bytes = encode_credentials_status(decoded.message);
  require(again(decode_credentials_status, bytes) == decoded.message, "the same status");
}

}  // namespace
}  // namespace dispatch::proxy::socks5

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dispatch;
  constexpr void (*kMessages[])(std::span<const std::byte>) = {
      proxy::socks5::greeting, proxy::socks5::request, proxy::socks5::credentials,
      proxy::socks5::method,   proxy::socks5::answer,  proxy::socks5::credentials_status};
  if (size == 0) return fuzz::kDone;
  kMessages[*data % std::size(kMessages)](fuzz::bytes_of(data + 1, size - 1));
  return fuzz::kDone;
}

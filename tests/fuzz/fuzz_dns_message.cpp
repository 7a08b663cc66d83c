// Any bytes as a DNS message.
//
// Beyond not crashing: what was understood, encoded and decoded again, is the same message; cut to
// the size of a datagram, it is still one, and says that it was cut.

#include "sim/host/dns_message.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>

namespace dispatch::sim::dns {
namespace {

using fuzz::require;

bool is_normal(const std::string& name) {
  return normal_name(name) == name;
}

// The encoder takes normal names only: a label with a dot in it, or the root, is another's to have.
bool is_encodable(const Message& message) {
  if (message.question && !is_normal(message.question->name)) return false;
  const auto good = [](const Record& record) {
    return is_normal(record.name) && (record.address || is_normal(record.alias));
  };
  return std::all_of(message.answers.begin(), message.answers.end(), good);
}

bool same(const Record& a, const Record& b) {
  return a.name == b.name && a.ttl_seconds == b.ttl_seconds && a.address == b.address &&
         a.alias == b.alias;
}

bool same_answers(const Message& a, const Message& b) {
  return std::equal(a.answers.begin(), a.answers.end(), b.answers.begin(), b.answers.end(), same);
}

void check(const Message& message) {
  const auto again = decode(encode(message, std::string().max_size()));
  require(again.has_value(), "what was encoded is a message");
  require(again->id == message.id && again->response == message.response, "the same header");
  require(again->truncated == message.truncated && again->code == message.code, "and flags");
  require(again->question == message.question, "the same question");
  require(same_answers(*again, message), "the same answers");
  const auto bytes = encode(message);
  const auto cut = decode(bytes);
  require(cut && bytes.size() <= 512, "a datagram is a message");
  require(cut->truncated || same_answers(*cut, message), "what is left out is told");
}

}  // namespace
}  // namespace dispatch::sim::dns

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dispatch;
  const auto message = sim::dns::decode(fuzz::bytes_of(data, size));
  if (message && sim::dns::is_encodable(*message)) sim::dns::check(*message);
  return fuzz::kDone;
}

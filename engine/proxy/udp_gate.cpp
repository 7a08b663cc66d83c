#include "engine/proxy/udp_gate.hpp"

#include <limits>

namespace dispatch::proxy {
namespace {

constexpr std::size_t kPortion = std::numeric_limits<std::size_t>::max();

}  // namespace

void UdpGate::follow(Shaper& shaper, const link::Link& link, const net::Address& client) {
  if (limits_ == shaper.version()) return;
  limits_ = shaper.version();
  shaper.bind(paces_, link, client);
}

bool UdpGate::spend(net::Pace& pace, Credit& credit, std::size_t bytes) {
  if (pace.is_free()) return true;
  while (credit.bytes < bytes && !credit.waits) {
    const auto taken = pace.take(bytes - credit.bytes);
    credit.bytes += taken;
    if (taken != 0) continue;
    // It is the others' turn; when this one's comes, it is for a whole portion.
    const auto portion = pace.take(kPortion);
    credit.bytes += portion;
    if (portion != 0) continue;
    credit.waits = true;
    pace.when_ready([weak = weak_from_this(), &pace, &credit] {
      if (const auto here = weak.lock()) {
        credit.waits = false;
        if (!pace.is_free()) credit.bytes += pace.take(kPortion);
      }
    });
  }
  if (credit.bytes < bytes) return false;
  credit.bytes -= bytes;
  return true;
}

}  // namespace dispatch::proxy

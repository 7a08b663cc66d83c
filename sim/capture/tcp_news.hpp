// What changes in simulated TCP connections, as a sequence of events.
#pragma once

#include "sim/host/tcp_observer.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>

namespace dispatch::sim {

std::string_view to_string(tcp::State state);          // "SYN-SENT", as RFC 9293 writes it
std::string_view to_string(tcp::RecoveryPhase phase);  // "open", "disorder", "recovery", ...

// Tells of a connection's new state, of the phases of its loss recovery, of segments that it sends
// again, and of the window's reductions. Forgets what is closed.
class TcpNews : public TcpObserver {
 public:
  enum class What : std::uint8_t { state, recovery, retransmit };
  struct News {
    What what;
    std::string_view before;  // of a state or a phase
    std::string_view after;
    std::uint32_t segments = 0;  // of a retransmit
  };
  using Tell = std::function<void(const TcpView&, const News&)>;

  explicit TcpNews(Tell tell) : tell_(std::move(tell)) {}

  void stepped(const TcpView& view) override;

 private:
  struct Known {
    tcp::State state = tcp::State::closed;
    tcp::RecoveryPhase phase = tcp::RecoveryPhase::open;
    std::uint32_t retransmits = 0;
  };

  Tell tell_;
  std::map<std::pair<std::string, std::uint64_t>, Known, std::less<>> known_;
};

}  // namespace dispatch::sim

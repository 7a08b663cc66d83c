#include "sim/capture/tcp_news.hpp"

namespace dispatch::sim {

std::string_view to_string(tcp::State state) {
  switch (state) {
    case tcp::State::closed:
      return "CLOSED";
    case tcp::State::syn_sent:
      return "SYN-SENT";
    case tcp::State::syn_received:
      return "SYN-RECEIVED";
    case tcp::State::established:
      return "ESTABLISHED";
    case tcp::State::fin_wait_1:
      return "FIN-WAIT-1";
    case tcp::State::fin_wait_2:
      return "FIN-WAIT-2";
    case tcp::State::close_wait:
      return "CLOSE-WAIT";
    case tcp::State::closing:
      return "CLOSING";
    case tcp::State::last_ack:
      return "LAST-ACK";
    case tcp::State::time_wait:
      return "TIME-WAIT";
  }
  return "?";
}

std::string_view to_string(tcp::RecoveryPhase phase) {
  switch (phase) {
    case tcp::RecoveryPhase::open:
      return "open";
    case tcp::RecoveryPhase::disorder:
      return "disorder";
    case tcp::RecoveryPhase::reduction:
      return "reduction";
    case tcp::RecoveryPhase::recovery:
      return "recovery";
    case tcp::RecoveryPhase::loss:
      return "loss";
  }
  return "?";
}

void TcpNews::stepped(const TcpView& view) {
  const std::pair<std::string, std::uint64_t> key(view.host, view.id);
  auto& known = known_[key];
  if (view.state != known.state) {
    tell_(view, {What::state, to_string(known.state), to_string(view.state)});
    known.state = view.state;
  }
  if (view.phase != known.phase) {
    tell_(view, {What::recovery, to_string(known.phase), to_string(view.phase)});
    known.phase = view.phase;
  }
  if (view.info.retransmits != known.retransmits) {
    tell_(view, {What::retransmit, {}, {}, view.info.retransmits - known.retransmits});
    known.retransmits = view.info.retransmits;
  }
  if (view.state == tcp::State::closed) known_.erase(key);
}

}  // namespace dispatch::sim

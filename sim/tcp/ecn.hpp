// Explicit congestion notification (RFC 3168), as Linux has it.
#pragma once

#include "sim/tcp/options.hpp"
#include "sim/tcp/segment.hpp"

#include <utility>

namespace dispatch::sim::tcp {

class Ecn {
 public:
  // The handshake. We ask with ECE and CWR in the first SYN; one that is repeated does not, in case
  // that is why it was lost (tcp_ecn_fallback).
  static void ask(const Options& options, bool repeated, Segment& syn) {
    syn.ece = syn.cwr = options.ecn == EcnPolicy::on && !repeated;
  }
  // The peer's SYN came with `mark`, which must be none (RFC 3168 6.1.1).
  void on_syn(const Options& options, const Segment& syn, EcnMark mark) {
    agreed_ = options.ecn != EcnPolicy::off && syn.ece && syn.cwr && mark == EcnMark::none;
  }
  void answer(Segment& syn_ack) const { syn_ack.ece = agreed_; }
  void on_syn_ack(const Options& options, const Segment& syn_ack) {
    agreed_ = options.ecn == EcnPolicy::on && syn_ack.ece && !syn_ack.cwr;
  }

  bool agreed() const { return agreed_; }

  // As a sender. What is sent for the first time may be marked, and says, once, that the window has
  // been reduced.
  void on_reduced() { tell_reduced_ = agreed_; }
  void on_new_data(Segment& segment) {
    if (!agreed_) return;
    segment.mark = EcnMark::capable;
    segment.cwr = std::exchange(tell_reduced_, false);
  }
  bool is_echo(const Segment& segment) const { return agreed_ && segment.ece && !segment.syn; }

  // As a receiver: every acknowledgment says that congestion was met until the sender says that it
  // knows.
  enum class News : std::uint8_t { none, congestion, understood };
  News on_data(const Segment& segment, EcnMark mark) {
    if (!agreed_) return News::none;
    auto news = News::none;
    if (segment.cwr && std::exchange(echo_, false)) news = News::understood;
    // A segment that came without the capability is a repetition: its sender is in need, too.
    if (mark == EcnMark::none) return seen_ ? News::congestion : news;
    seen_ = true;
    if (mark == EcnMark::congestion && !std::exchange(echo_, true)) news = News::congestion;
    return news;
  }
  void on_acknowledgment(Segment& segment) const { segment.ece = agreed_ && echo_; }

 private:
  bool agreed_ = false;
  bool tell_reduced_ = false;
  bool echo_ = false;
  bool seen_ = false;  // a segment that could have been marked
};

}  // namespace dispatch::sim::tcp

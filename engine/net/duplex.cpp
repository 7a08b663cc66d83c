// Stream::relay_both_ways where the world has nothing better: a task for each direction.
#include "engine/net/stream.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

#include <memory>
#include <utility>

namespace dispatch::net {
namespace {

struct Duplex {
  Duplex(Stream& asked, Stream& other, Meter from_a, Meter to_a, RelayObserver& by)
      : a(asked), b(other), sent(from_a), received(to_a), observer(by) {}

  Stream& a;
  Stream& b;
  Meter sent;
  Meter received;
  RelayObserver& observer;
  DuplexEnd end{};
  int under_way = 2;
  bool keeps_a = false;
  asio::cancellation_signal stop_sending{};

  void fail(bool because_of_b) {
    const bool is_first = !keeps_a && !(end.sent.error && end.received.error);
    if (is_first && because_of_b) keeps_a = observer.keeps_asked_stream();
    if (!keeps_a) a.abort();
    b.abort();
    for (auto* pace : {sent.pace, received.pace}) {
      if (pace != nullptr) release(*pace);
    }
    if (keeps_a && under_way == 2) stop_sending.emit(asio::cancellation_type::terminal);
  }
  bool has_failed() const { return end.sent.error || end.received.error; }
};

Task<void> one_way(Stream& source, Stream& sink, Meter meter, Duplex& duplex, RelayEnd& end) {
  end = co_await source.relay_to(sink, meter);
  if (end.error) {
    const auto b_is = &source == &duplex.b ? RelayEnd::Side::source : RelayEnd::Side::sink;
    duplex.fail(end.failed == b_is);
  } else if (const auto error = sink.shutdown_write()) {
    // The sink has failed since: the other direction finds out by itself.
    end = {RelayEnd::Side::sink, error};
  }
}

}  // namespace

void Stream::relay_both_ways(Stream& other, Meter sent, Meter received,
                             asio::any_io_executor executor, RelayObserver& observer) {
  const auto duplex = std::make_shared<Duplex>(*this, other, sent, received, observer);
  const auto direction_ended = [duplex](std::exception_ptr exception) {
    const bool is_fault = exception && !(duplex->keeps_a && is_cancellation(exception));
    if (is_fault) std::rethrow_exception(exception);
    if (--duplex->under_way == 0) {
      duplex->observer.ended(duplex->end);
    } else if (!duplex->has_failed()) {
      duplex->observer.half_ended();
    }
  };
  asio::co_spawn(executor, one_way(*this, other, sent, *duplex, duplex->end.sent),
                 asio::bind_cancellation_slot(duplex->stop_sending.slot(), direction_ended));
  asio::co_spawn(executor, one_way(other, *this, received, *duplex, duplex->end.received),
                 direction_ended);
}

}  // namespace dispatch::net

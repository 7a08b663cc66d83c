// Stream::relay_both_ways where the world has nothing better: a task for each direction.
#include "engine/net/stream.hpp"

#include <boost/asio/co_spawn.hpp>

#include <memory>
#include <utility>

namespace dispatch::net {
namespace {

struct Duplex {
  Stream& a;
  Stream& b;
  Meter sent;
  Meter received;
  RelayObserver& observer;
  DuplexEnd end{};
  int under_way = 2;

  void abort() {
    a.abort();
    b.abort();
    for (auto* pace : {sent.pace, received.pace}) {
      if (pace != nullptr) release(*pace);
    }
  }
  bool has_failed() const { return end.sent.error || end.received.error; }
};

Task<void> one_way(Stream& source, Stream& sink, Meter meter, Duplex& duplex, RelayEnd& end) {
  end = co_await source.relay_to(sink, meter);
  if (end.error) {
    duplex.abort();
  } else if (const auto error = sink.shutdown_write()) {
    // The sink has failed since: the other direction finds out by itself.
    end = {RelayEnd::Side::sink, error};
  }
}

}  // namespace

void Stream::relay_both_ways(Stream& other, Meter sent, Meter received,
                             asio::any_io_executor executor, RelayObserver& observer) {
  const auto duplex = std::make_shared<Duplex>(Duplex{*this, other, sent, received, observer});
  const auto direction_ended = [duplex](std::exception_ptr exception) {
    if (exception) std::rethrow_exception(exception);
    if (--duplex->under_way == 0) {
      duplex->observer.ended(duplex->end);
    } else if (!duplex->has_failed()) {
      duplex->observer.half_ended();
    }
  };
  asio::co_spawn(executor, one_way(*this, other, sent, *duplex, duplex->end.sent), direction_ended);
  asio::co_spawn(executor, one_way(other, *this, received, *duplex, duplex->end.received),
                 direction_ended);
}

}  // namespace dispatch::net

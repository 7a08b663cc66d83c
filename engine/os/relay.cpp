// Relaying between two TCP connections of the kernel's: one direction for a task, and both without
// one, since what a connection costs while it is idle is mostly the tasks that wait for it.
#include "engine/os/relay_flow.hpp"
#include "engine/os/tcp_stream.hpp"

#include <boost/asio/post.hpp>

#include <array>
#include <functional>
#include <memory>
#include <utility>

namespace dispatch::os {
namespace {

using Next = RelayFlow::Next;

net::Task<net::RelayEnd> relay(TcpStream& source, TcpStream& sink, net::Meter meter) {
  struct Flow : RelayFlow {
    using RelayFlow::RelayFlow;
    ~Flow() { give_back(); }
  } flow(source, sink, meter);
  for (;;) {
    const auto next = flow.go();
    net::Status status;
    if (next == Next::ended) co_return flow.end();
    if (next == Next::turn) {
      co_await source.loop().events.yield();
    } else if (next == Next::pace) {
      status = co_await flow.meter().pace->turn();
    } else if (next == Next::source_readable) {
      status = co_await source.socket().wait(Socket::For::reading);
    } else {
      status = co_await sink.socket().wait(Socket::For::writing);
    }
    if (status) {
      flow.fail(next, status);
      co_return flow.end();
    }
  }
}

// Kept alive by what it waits for: a socket, or its turn.
class Duplex : public std::enable_shared_from_this<Duplex> {
 public:
  Duplex(TcpStream& a, TcpStream& b, net::Meter from_a, net::Meter from_b,
         net::RelayObserver& observer)
      : flows_{RelayFlow(a, b, from_a), RelayFlow(b, a, from_b)}, observer_(observer) {}

  // Nothing is read before the kernel says that there is something.
  void start() {
    for (auto& flow : flows_) {
      if (flow.source().has_unread()) {
        wait_for_turn(flow);
      } else {
        wait(flow, Next::source_readable);
      }
    }
  }

 private:
  void go(RelayFlow& flow) {
    if (keeps_a_) {  // what it has waited for is of no use any more
      flow.fail(Next::source_readable, cancelled());
      return end(flow);
    }
    const auto next = flow.go();
    if (next == Next::ended) {
      end(flow);
    } else if (next == Next::turn) {
      wait_for_turn(flow);
    } else if (next == Next::pace) {
      flow.meter().pace->when_ready([self = shared_from_this(), &flow] { self->go(flow); });
    } else {
      wait(flow, next);
    }
  }

  void wait(RelayFlow& flow, Next next) {
    auto ready = [self = shared_from_this(), &flow, next](const net::Error& error) {
      if (error) {
        flow.fail(next, error);
        self->end(flow);
      } else if (flow.is_bulk()) {
        self->wait_for_turn(flow);
      } else {
        self->go(flow);
      }
    };
    if (next == Next::source_readable) {
      flow.source().socket().async_wait(Socket::For::reading, std::move(ready));
    } else {
      flow.sink().socket().async_wait(Socket::For::writing, std::move(ready));
    }
  }

  void wait_for_turn(RelayFlow& flow) {
    flow.source().loop().events.turns().wait(
        [self = shared_from_this(), &flow] { self->go(flow); });
  }

  void end(RelayFlow& flow) {
    const bool is_last = --under_way_ == 0;
    if (flow.end().error) {
      fail(flow);
    } else if (is_last && flow.sink().socket().is_open()) {
      // Everything of the sink's has been read, so its peer gets an end of stream and no reset: one
      // system call does for the end of the stream and of the socket.
      flow.sink().socket().close();
    } else if (const auto error = flow.sink().shutdown_write()) {
      // The sink has failed since: the other direction finds out by itself.
      flow.fail(Next::sink_writable, error);
    }
    if (is_last) {
      observer_.ended({flows_[0].end(), flows_[1].end()});
    } else if (!flow.end().error) {
      observer_.half_ended();
    }
  }

  void fail(const RelayFlow& flow) {
    auto& [sending, receiving] = flows_;
    using Side = net::RelayEnd::Side;
    const auto b_is = &flow == &sending ? Side::sink : Side::source;
    if (!std::exchange(has_failed_, true) && flow.end().failed == b_is) {
      keeps_a_ = observer_.keeps_asked_stream();
    }
    receiving.source().abort();
    if (keeps_a_) {
      sending.source().socket().cancel_wait(Socket::For::reading);
    } else {
      sending.source().abort();
    }
    for (auto& each : flows_) {
      if (each.meter().pace != nullptr) net::release(*each.meter().pace);
    }
  }

  std::array<RelayFlow, 2> flows_;
  net::RelayObserver& observer_;
  bool has_failed_ = false;
  bool keeps_a_ = false;
  int under_way_ = 2;
};

}  // namespace

net::Task<net::RelayEnd> TcpStream::relay_to(net::Stream& sink, net::Meter meter) {
  auto* const ours = dynamic_cast<TcpStream*>(&sink);
  if (ours == nullptr) return Stream::relay_to(sink, meter);
  return relay(*this, *ours, meter);
}

void TcpStream::relay_both_ways(net::Stream& other, net::Meter sent, net::Meter received,
                                net::asio::any_io_executor executor, net::RelayObserver& observer) {
  auto* const ours = dynamic_cast<TcpStream*>(&other);
  if (ours == nullptr) {
    return Stream::relay_both_ways(other, sent, received, std::move(executor), observer);
  }
  std::make_shared<Duplex>(*this, *ours, sent, received, observer)->start();
}

}  // namespace dispatch::os

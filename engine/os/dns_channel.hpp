// c-ares on the event loop.
#pragma once

#include "engine/net/condition.hpp"
#include "engine/net/network.hpp"
#include "engine/os/resolver_options.hpp"
#include "engine/os/socket.hpp"
#include "engine/os/timer_queue.hpp"

#include <ares.h>

#include <map>
#include <memory>
#include <string>

namespace dispatch::os {

class DnsChannel;

struct DnsAnswer {
  DnsAnswer(const DnsChannel& asked, std::uint64_t refusals, net::asio::any_io_executor executor)
      : channel(&asked), refusals_before(refusals), arrived(std::move(executor)) {}
  ~DnsAnswer() {
    if (info != nullptr) ares_freeaddrinfo(info);
  }

  const DnsChannel* channel;
  std::uint64_t refusals_before;
  bool done = false;
  int status = ARES_SUCCESS;      // ARES_ESERVFAIL also where every server refused
  ares_addrinfo* info = nullptr;  // where the status is ARES_SUCCESS
  net::Condition arrived;         // notified once, when done
};

// The questions that leave the machine by one egress. Its sockets are bound to the egress except
// towards a name server on this machine (a stub such as 127.0.0.53), which no link leads to.
class DnsChannel {
 public:
  // Null where c-ares cannot start.
  static std::shared_ptr<DnsChannel> open(Loop& loop, const ResolverOptions& options,
                                          const net::Egress& egress);
  ~DnsChannel();
  DnsChannel(const DnsChannel&) = delete;
  DnsChannel& operator=(const DnsChannel&) = delete;

  // Family: AF_INET, AF_INET6 or AF_UNSPEC (both). The answer may be done on return.
  std::shared_ptr<DnsAnswer> ask(const std::string& name, int family);

 private:
  struct Watched;

  DnsChannel(Loop& loop, const net::Egress& egress);

  // Called by c-ares.
  static void on_answer(void* answer, int status, int timeouts, ares_addrinfo* info);
  static void on_socket_state(void* self, ares_socket_t socket, int readable, int writable);
  static ares_socket_t open_socket(int family, int type, int protocol, void* self);
  static int close_socket(ares_socket_t socket, void* self);
  static int connect_socket(ares_socket_t socket, const sockaddr* server, ares_socklen_t size,
                            void* self);
  static ares_ssize_t receive(ares_socket_t socket, void* data, size_t size, int flags,
                              sockaddr* from, ares_socklen_t* from_size, void* self);
  static ares_ssize_t send(ares_socket_t socket, const iovec* data, int count, void* self);

  void watch(const std::shared_ptr<Watched>& watched, Socket::For what);
  void would_block(ares_socket_t socket, Socket::For what);
  void set_timer();

  Loop& loop_;
  net::Egress egress_;
  ares_channel channel_ = nullptr;
  std::map<ares_socket_t, std::shared_ptr<Watched>> watched_;
  TimerQueue::Entry timer_;
  std::uint64_t refusals_ = 0;  // answers SERVFAIL, NOTIMP, REFUSED
};

}  // namespace dispatch::os

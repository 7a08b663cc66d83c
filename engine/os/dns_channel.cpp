#include "engine/os/dns_channel.hpp"

#include "engine/os/loop.hpp"
#include "engine/os/socket_address.hpp"
#include "engine/os/steady_time.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <sys/uio.h>

namespace dispatch::os {
namespace {

// RFC 1035 4.1.1.
constexpr ares_ssize_t kDnsHeaderBytes = 12;
constexpr unsigned kServFail = 2;
constexpr unsigned kNotImp = 4;
constexpr unsigned kRefused = 5;

// c-ares wants to be initialised once in a process.
bool library_is_ready() {
  static const bool ready = ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS;
  return ready;
}

bool set_servers(ares_channel channel, const std::vector<net::Endpoint>& servers) {
  std::vector<ares_addr_port_node> nodes(servers.size());
  for (std::size_t i = 0; i < servers.size(); ++i) {
    const auto& address = servers[i].address;
    auto& node = nodes[i];
    node = {};
    node.family = native_family(net::family_of(address));
    node.udp_port = node.tcp_port = servers[i].port;
    node.next = i + 1 < servers.size() ? &nodes[i + 1] : nullptr;
    if (address.is_v6()) {
      const auto bytes = address.to_v6().to_bytes();
      std::memcpy(&node.addr.addr6, bytes.data(), bytes.size());
    } else {
      const auto bytes = address.to_v4().to_bytes();
      std::memcpy(&node.addr.addr4, bytes.data(), bytes.size());
    }
  }
  return ares_set_servers_ports(channel, nodes.data()) == ARES_SUCCESS;
}

bool is_on_this_machine(const sockaddr* server) {
  if (server->sa_family == AF_INET6) {
    return address_of(reinterpret_cast<const sockaddr_in6*>(server)->sin6_addr, 0).is_loopback();
  }
  return address_of(reinterpret_cast<const sockaddr_in*>(server)->sin_addr).is_loopback();
}

}  // namespace

// A socket of c-ares's, which c-ares closes.
struct DnsChannel::Watched {
  Watched(Loop& loop, ares_socket_t descriptor) : socket(loop, FileDescriptor(descriptor)) {}
  ~Watched() { release(); }

  void release() { socket.release().release(); }

  Socket socket;
  bool wanted[2] = {false, false};  // by Socket::For
  bool waiting[2] = {false, false};
};

DnsChannel::DnsChannel(Loop& loop, const net::Egress& egress) : loop_(loop), egress_(egress) {}

std::shared_ptr<DnsChannel> DnsChannel::open(Loop& loop, const ResolverOptions& options,
                                             const net::Egress& egress) {
  if (!library_is_ready()) return nullptr;
  std::shared_ptr<DnsChannel> self(new DnsChannel(loop, egress));
  ares_options settings{};
  settings.sock_state_cb = &DnsChannel::on_socket_state;
  settings.sock_state_cb_data = self.get();
  settings.timeout = static_cast<int>(
      std::chrono::duration_cast<std::chrono::milliseconds>(options.timeout).count());
  settings.tries = options.tries;
  int mask = ARES_OPT_SOCK_STATE_CB | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES;
  if (!options.servers.empty()) {
    settings.flags = ARES_FLAG_NOSEARCH;
    mask |= ARES_OPT_FLAGS;
  }
  if (ares_init_options(&self->channel_, &settings, mask) != ARES_SUCCESS) return nullptr;
  static const ares_socket_functions functions{&DnsChannel::open_socket, &DnsChannel::close_socket,
                                               &DnsChannel::connect_socket, &DnsChannel::receive,
                                               &DnsChannel::send};
  ares_set_socket_functions(self->channel_, &functions, self.get());
  if (!options.servers.empty() && !set_servers(self->channel_, options.servers)) return nullptr;
  return self;
}

DnsChannel::~DnsChannel() {
  if (channel_ != nullptr) ares_destroy(channel_);
}

std::shared_ptr<DnsAnswer> DnsChannel::ask(const std::string& name, int family) {
  auto answer = std::make_shared<DnsAnswer>(*this, refusals_, loop_.events.executor());
  ares_addrinfo_hints hints{};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_STREAM;
  ares_getaddrinfo(channel_, name.c_str(), nullptr, &hints, &DnsChannel::on_answer,
                   new std::shared_ptr<DnsAnswer>(answer));
  set_timer();
  return answer;
}

// Exactly once for each question; when the channel is destroyed at the latest.
void DnsChannel::on_answer(void* argument, int status, int, ares_addrinfo* info) {
  const std::unique_ptr<std::shared_ptr<DnsAnswer>> answer(
      static_cast<std::shared_ptr<DnsAnswer>*>(argument));
  (*answer)->done = true;
  (*answer)->status = status;
  // c-ares goes on to the next server after a refusal, as it should, and in the end says the same
  // as where no server could be asked.
  if (status == ARES_ECONNREFUSED && (*answer)->channel->refusals_ != (*answer)->refusals_before) {
    (*answer)->status = ARES_ESERVFAIL;
  }
  (*answer)->info = info;
  (*answer)->arrived.notify_all();
}

void DnsChannel::on_socket_state(void* argument, ares_socket_t socket, int readable, int writable) {
  auto& self = *static_cast<DnsChannel*>(argument);
  auto& watched = self.watched_[socket];
  if (!readable && !writable) {
    if (watched) {
      watched->wanted[0] = watched->wanted[1] = false;
      watched->release();  // ends its waits; c-ares closes the socket
    }
    self.watched_.erase(socket);
    return;
  }
  if (!watched) watched = std::make_shared<Watched>(self.loop_, socket);
  watched->wanted[static_cast<int>(Socket::For::reading)] = readable != 0;
  watched->wanted[static_cast<int>(Socket::For::writing)] = writable != 0;
  const auto held = watched;
  self.watch(held, Socket::For::reading);
  self.watch(held, Socket::For::writing);
}

void DnsChannel::watch(const std::shared_ptr<Watched>& watched, Socket::For what) {
  const auto which = static_cast<int>(what);
  if (!watched->wanted[which] || watched->waiting[which]) return;
  watched->waiting[which] = true;
  const bool reading = what == Socket::For::reading;
  // `this` is there as long as the socket is wanted: ares_destroy() takes back every wish.
  watched->socket.async_wait(what, [this, watched, what, which, reading](const net::Error& error) {
    watched->waiting[which] = false;
    if (error || !watched->wanted[which]) return;
    const auto socket = watched->socket.get();
    ares_process_fd(channel_, reading ? socket : ARES_SOCKET_BAD,
                    reading ? ARES_SOCKET_BAD : socket);
    watch(watched, what);
    set_timer();
  });
}

void DnsChannel::set_timer() {
  timer_.unlink();
  timeval space{};
  const auto* left = ares_timeout(channel_, nullptr, &space);
  if (left == nullptr) return;
  // c-ares looks at a clock of microseconds: a little later is in time, a little earlier is not.
  timer_.when = steady_now() + std::chrono::seconds(left->tv_sec) +
                std::chrono::microseconds(left->tv_usec) + std::chrono::milliseconds(1);
  timer_.expired = [this] {
    ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    set_timer();
  };
  loop_.events.timers().add(timer_);
}

ares_socket_t DnsChannel::open_socket(int family, int type, int, void* argument) {
  const auto& self = *static_cast<DnsChannel*>(argument);
  auto socket =
      os::open_socket(self.loop_, family == AF_INET6 ? net::Family::v6 : net::Family::v4, type);
  if (!socket) {
    errno = socket.error().value();
    return ARES_SOCKET_BAD;
  }
  return socket->release();
}

int DnsChannel::close_socket(ares_socket_t socket, void*) {
  return ::close(socket);
}

int DnsChannel::connect_socket(ares_socket_t socket, const sockaddr* server, ares_socklen_t size,
                               void* argument) {
  const auto& self = *static_cast<DnsChannel*>(argument);
  if (!is_on_this_machine(server)) {
    const auto family = server->sa_family == AF_INET6 ? net::Family::v6 : net::Family::v4;
    if (const auto error = bind_to_egress(socket, family, self.egress_)) {
      errno = error.value();
      return -1;
    }
  }
  return ::connect(socket, server, size);
}

ares_ssize_t DnsChannel::receive(ares_socket_t socket, void* data, size_t size, int flags,
                                 sockaddr* from, ares_socklen_t* from_size, void* argument) {
  auto& self = *static_cast<DnsChannel*>(argument);
  const auto got = ::recvfrom(socket, data, size, flags, from, from_size);
  if (got < 0 && errno == EAGAIN) self.would_block(socket, Socket::For::reading);
  if (got >= kDnsHeaderBytes) {
    const auto code = std::to_integer<unsigned>(static_cast<const std::byte*>(data)[3]) & 0x0f;
    if (code == kServFail || code == kNotImp || code == kRefused) {
      ++self.refusals_;
    }
  }
  return got;
}

ares_ssize_t DnsChannel::send(ares_socket_t socket, const iovec* data, int count, void* argument) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(data);  // the kernel does not write to it
  message.msg_iovlen = static_cast<std::size_t>(count);
  const auto sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
  if (sent < 0 && errno == EAGAIN) {
    static_cast<DnsChannel*>(argument)->would_block(socket, Socket::For::writing);
  }
  return sent;
}

void DnsChannel::would_block(ares_socket_t socket, Socket::For what) {
  const auto watched = watched_.find(socket);
  if (watched != watched_.end() && watched->second) watched->second->socket.would_block(what);
}

}  // namespace dispatch::os

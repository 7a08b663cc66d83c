// Sockets of one host: who connects, listens, and sends datagrams, and by which way out.
#pragma once

#include "engine/net/address.hpp"
#include "engine/net/async.hpp"
#include "engine/net/datagram.hpp"
#include "engine/net/stream.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dispatch::net {

// The way out of the host that a socket must take. Empty: the host's routes decide.
struct Egress {
  std::optional<Address> source;  // bind to this address (port 0)
  std::string device;             // and/or bind to this interface (Linux: SO_BINDTODEVICE)

  friend bool operator==(const Egress&, const Egress&) = default;
};

// Wherever the routes lead. Use this and not `{}` in an expression with co_await: g++ 12 destroys a
// braced temporary of this kind twice there (GCC bug 99576).
inline const Egress kAnyEgress;

struct ListenOptions {
  int backlog = 1024;
  bool v6_only = true;                    // an IPv6 listener does not take IPv4 connections
  std::string device;                     // only connections that arrive on this interface
  std::optional<KeepAlive> keep_alive{};  // of the connections (Stream::keep_alive)
};

struct LocalListenOptions {
  int backlog = 1024;
  std::optional<std::uint32_t> mode;  // of the file, such as 0660; none: as the umask has it
};

// A multicast group that a socket is to hear (RFC 3376, RFC 3810).
struct Membership {
  Address group;
  std::string interface;          // where it is joined; empty: where the host's routes lead
  std::optional<Address> source;  // only what this address sends (RFC 4607)
};

struct DatagramOptions {
  Endpoint local;                   // unspecified address and port 0: the kernel chooses
  Egress egress;                    // its source, if any, replaces local.address
  std::optional<Endpoint> connect;  // fixes the peer: only its datagrams are received
  // A receive may put several datagrams into one buffer (DatagramIn::segment), which had better
  // have room for 65,535 bytes (Linux: UDP_GRO).
  bool coalesced = false;
  // Bytes that may wait to be received, and as many to be sent, as far as the host allows it; 0: as
  // the host has it.
  std::size_t kernel_buffer = 0;
  // Others may be bound to the same address and port, if they want that too: each of them gets what
  // is sent to a group.
  bool shared_port = false;
  // A socket that joins groups, and is bound to no address, hears what is sent to these and to the
  // host itself. (Linux by itself: also the groups of all other sockets.)
  std::vector<Membership> groups{};
  // Of what is sent to groups: the interface that it leaves by (empty: where the routes lead), and
  // whether members on this host get it too.
  std::string multicast_interface{};
  bool multicast_loop = true;
  // How many hops it may pass; none: 1 to a group, and to other addresses as the host has it.
  std::optional<std::uint8_t> hop_limit{};
  // Broadcast addresses may be sent to; else permission_denied.
  bool broadcast = false;
};

class Network;

class Listener {
 public:
  virtual ~Listener() = default;

  // Waits for the next connection. Errors that pass: too_many_files_open (EMFILE: wait, then go
  // on), connection_aborted. After close(): operation_aborted.
  virtual Task<Result<StreamPtr>> accept() = 0;

  // Another listener on the same queue, for the event loop of `network` (a Network of the same
  // kind), to be called before either loop runs. Each connection goes to one of the two. The port
  // is free when the last one is closed. Errors: too_many_files_open.
  virtual Result<std::unique_ptr<Listener>> share(Network& network) = 0;

  virtual Endpoint local_endpoint() const = 0;
  virtual void close() = 0;
};

using ListenerPtr = std::unique_ptr<Listener>;

class Network {
 public:
  virtual ~Network() = default;

  // A TCP connection to `remote`, no delay on (RFC 896 off). Errors are the kernel's:
  // connection_refused, network_unreachable, host_unreachable, timed_out (at `deadline`, or of
  // itself), address_not_available (the source is not ours), no_such_device, permission (device
  // binding), ...
  virtual Task<Result<StreamPtr>> connect(const Endpoint& remote, const Egress& egress,
                                          TimePoint deadline) = 0;
  Task<Result<StreamPtr>> connect(const Endpoint& remote, const Egress& egress) {
    return connect(remote, egress, kNever);
  }

  // Errors: address_in_use, address_not_available, permission_denied.
  virtual Result<ListenerPtr> listen(const Endpoint& local, const ListenOptions& options) = 0;

  // A Unix-domain stream listener, found at `path` until it is closed. What a listener that has
  // ended without a close left there is replaced. Its connections have no addresses: their
  // endpoints are unspecified. An abort cannot be told from an end there, unless there is something
  // unread. Errors: address_in_use (a live listener, or no socket), permission_denied,
  // no_such_file_or_directory, filename_too_long.
  virtual Result<ListenerPtr> listen_local(const std::string& path,
                                           const LocalListenOptions& options) = 0;

  // Errors: no_such_file_or_directory, connection_refused, permission_denied,
  // resource_unavailable_try_again (the listener's queue is full).
  virtual Result<StreamPtr> connect_local(const std::string& path) = 0;

  // Errors: address_in_use, address_not_available, no_such_device, invalid_argument (no group, or
  // none of the socket's family), network_unreachable, ...
  virtual Result<DatagramPtr> open_datagram(const DatagramOptions& options) = 0;

  // Whether Egress::device can be used by this process (Linux before 5.7: CAP_NET_RAW).
  virtual bool can_bind_to_device() const = 0;
};

}  // namespace dispatch::net

// What the kernel says of sockets: that there is something to read, that there is room to write.
#pragma once

#include "engine/net/async.hpp"
#include "engine/net/time.hpp"
#include "engine/os/file_descriptor.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

struct epoll_event;

namespace dispatch::os {

class Socket;

// Edge by edge (Linux: EPOLLET): a socket is registered once, and a wait costs no system call. What
// has been heard of it is kept by the Socket, until an operation finds that it would block after
// all.
class Reactor {
 public:
  // A registration. A descriptor's number is used anew as soon as it is closed, and what was said
  // of the old one may still be on its way; this tells the two apart.
  struct Id {
    std::uint32_t place = 0;
    std::uint32_t generation = 0;
    friend bool operator==(const Id&, const Id&) = default;
  };

  // Throws boost::system::system_error.
  Reactor();
  ~Reactor();

  // `socket` is told from deliver(), until it is removed. Most sockets always have room, and to be
  // told of it wakes the loop for nothing; so that is asked for when somebody waits for it.
  // Errors: not_enough_memory, no_space_on_device (fs.epoll.max_user_watches).
  net::Result<Id> add(Socket& socket, int descriptor, bool for_writing);
  net::Status add_writing(Id id, int descriptor);
  void remove(Id id);
  // Null: it has been removed.
  Socket* find(Id id) const;

  // The next deliver() tells the socket once more: what was said of it still holds.
  void repeat(Id id, bool reading) { repeated_.push_back({id, reading}); }

  // Takes what the kernel has to say; waits for it until `until` if there is nothing, and until
  // wake() is called. True: deliver() is to be called.
  bool collect(net::TimePoint until);
  // What is called from here may add, remove, and destroy sockets.
  void deliver();

  // Ends a collect() that waits, or the next one. From any thread.
  void wake();

  // How many waits there are, for who wants to know whether there is anything left to do.
  bool has_waits() const { return waits_ != 0; }
  void wait_began() { ++waits_; }
  void wait_ended() { --waits_; }

  // Destroys what waits without calling it.
  void drop_waits();

 private:
  struct Place {
    Socket* socket = nullptr;  // null: free
    std::uint32_t generation = 0;
  };
  struct Repeated {
    Id id;
    bool reading;
  };

  int wait(net::TimePoint until);
  void tell(const epoll_event& event);

  FileDescriptor epoll_;
  FileDescriptor waker_;
  std::vector<Place> places_;
  std::vector<std::uint32_t> free_;
  std::unique_ptr<epoll_event[]> events_;
  std::size_t collected_ = 0;
  std::vector<Repeated> repeated_;
  std::size_t waits_ = 0;
};

}  // namespace dispatch::os

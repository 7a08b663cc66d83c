// Where a Runtime's sockets live: a network namespace (network_namespaces(7)), or the process's
// own.
#pragma once

#include "engine/net/async.hpp"
#include "engine/os/file_descriptor.hpp"

#include <memory>
#include <string>

namespace dispatch::os {

// A socket belongs for life to the namespace in which it was made, whatever its thread does later:
// so one event loop can serve sockets of several namespaces. Entering needs CAP_SYS_ADMIN.
class NetworkNamespace {
 public:
  // A new one, with a loopback interface that is down. It lasts as long as this object, the
  // sockets in it, and whatever else holds it. Errors: operation_not_permitted, ...
  static net::Result<std::shared_ptr<const NetworkNamespace>> create();

  // An existing one, for example "/run/netns/NAME" or "/proc/PID/ns/net".
  static net::Result<std::shared_ptr<const NetworkNamespace>> open(const std::string& path);

  explicit NetworkNamespace(FileDescriptor descriptor) : descriptor_(std::move(descriptor)) {}

  int descriptor() const { return descriptor_.get(); }

  // The calling thread is in `space` while this lives. Null: it stays where it is. That the kernel
  // refuses to enter or to come back is a bug of ours or a capability that was taken away: an
  // exception from the constructor, the end of the process from the destructor.
  class Visit {
   public:
    explicit Visit(const NetworkNamespace* space);
    ~Visit();
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;

   private:
    FileDescriptor home_;
  };

 private:
  FileDescriptor descriptor_;
};

}  // namespace dispatch::os

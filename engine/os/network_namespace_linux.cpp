#include "engine/os/network_namespace.hpp"

#include <boost/system/system_error.hpp>

#include <cerrno>
#include <exception>
#include <fcntl.h>
#include <sched.h>

namespace dispatch::os {
namespace {

constexpr const char* kOwnNamespace = "/proc/thread-self/ns/net";

FileDescriptor open_namespace(const char* path) {
  return FileDescriptor(::open(path, O_RDONLY | O_CLOEXEC));
}

}  // namespace

net::Result<std::shared_ptr<const NetworkNamespace>> NetworkNamespace::create() {
  const auto home = open_namespace(kOwnNamespace);
  if (!home) return net::errno_error(errno);
  if (::unshare(CLONE_NEWNET) != 0) return net::errno_error(errno);
  auto made = open_namespace(kOwnNamespace);
  const int failure = errno;
  if (::setns(home.get(), CLONE_NEWNET) != 0) std::terminate();
  if (!made) return net::errno_error(failure);
  return std::make_shared<const NetworkNamespace>(std::move(made));
}

net::Result<std::shared_ptr<const NetworkNamespace>> NetworkNamespace::open(
    const std::string& path) {
  auto descriptor = open_namespace(path.c_str());
  if (!descriptor) return net::errno_error(errno);
  return std::make_shared<const NetworkNamespace>(std::move(descriptor));
}

NetworkNamespace::Visit::Visit(const NetworkNamespace* space) {
  if (space == nullptr) return;
  home_ = open_namespace(kOwnNamespace);
  if (!home_ || ::setns(space->descriptor(), CLONE_NEWNET) != 0) {
    throw boost::system::system_error(net::errno_error(errno), "enter the network namespace");
  }
}

NetworkNamespace::Visit::~Visit() {
  // To go on in the wrong namespace would send the process's later sockets out of the wrong host.
  const int saved = errno;
  if (home_ && ::setns(home_.get(), CLONE_NEWNET) != 0) std::terminate();
  errno = saved;
}

}  // namespace dispatch::os

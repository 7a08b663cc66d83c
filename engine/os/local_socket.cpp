#include "engine/os/local_socket.hpp"

#include "engine/os/socket.hpp"

#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

namespace dispatch::os {
namespace {

// Until the file's mode is set, nobody else may connect.
constexpr mode_t kOwnerOnly = 0600;

net::Result<sockaddr_un> local_address(const std::string& path) {
  sockaddr_un address{};
  if (path.size() >= sizeof address.sun_path) return net::errno_error(ENAMETOOLONG);
  if (path.empty()) return net::errno_error(ENOENT);  // the kernel would choose a name
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

net::Result<FileDescriptor> open_local() {
  FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return last_error();
  return socket;
}

bool is_socket(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

// The file of a listener that has gone without removing it refuses. A queue that is full does not.
bool is_left_over(const std::string& path) {
  if (!is_socket(path)) return false;
  const auto probe = connect_to_path(path);
  return !probe && probe.error() == boost::system::errc::connection_refused;
}

net::Status bind_to(int socket, const sockaddr_un& address) {
  const auto* any = reinterpret_cast<const sockaddr*>(&address);
  return ::bind(socket, any, sizeof address) == 0 ? net::Status{} : last_error();
}

}  // namespace

SocketFile::SocketFile(std::string path) : path_(std::move(path)) {
  struct stat status {};
  if (::lstat(path_.c_str(), &status) != 0) return;
  device_ = status.st_dev;
  number_ = status.st_ino;
}

SocketFile::~SocketFile() {
  struct stat status {};
  const bool is_ours =
      ::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == number_;
  if (is_ours) ::unlink(path_.c_str());
}

net::Result<LocalListenSocket> listen_on_path(const std::string& path,
                                              const net::LocalListenOptions& options) {
  const auto address = local_address(path);
  if (!address) return address.error();
  auto socket = open_local();
  if (!socket) return socket.error();
  // Linux makes the file with the mode of the socket, less the umask.
  if (options.mode) ::fchmod(socket->get(), kOwnerOnly);
  auto error = bind_to(socket->get(), *address);
  if (error == boost::system::errc::address_in_use && is_left_over(path)) {
    ::unlink(path.c_str());
    error = bind_to(socket->get(), *address);
  }
  if (error) return error;
  auto file = std::make_shared<const SocketFile>(path);
  if (options.mode && ::chmod(path.c_str(), *options.mode) != 0) return last_error();
  if (::listen(socket->get(), options.backlog) != 0) return last_error();
  return LocalListenSocket{std::move(*socket), std::move(file)};
}

net::Result<FileDescriptor> connect_to_path(const std::string& path) {
  const auto address = local_address(path);
  if (!address) return address.error();
  auto socket = open_local();
  if (!socket) return socket.error();
  const auto* any = reinterpret_cast<const sockaddr*>(&*address);
  if (::connect(socket->get(), any, sizeof *address) != 0) return last_error();
  return socket;
}

}  // namespace dispatch::os

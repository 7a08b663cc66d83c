// Unix-domain stream sockets (unix(7)).
#pragma once

#include "engine/net/network.hpp"
#include "engine/os/file_descriptor.hpp"

#include <memory>
#include <string>
#include <sys/types.h>

namespace dispatch::os {

// The file that a listening socket is found by. Removed with this, unless another has taken its
// place.
class SocketFile {
 public:
  // `path` has just been made.
  explicit SocketFile(std::string path);
  ~SocketFile();
  SocketFile(const SocketFile&) = delete;
  SocketFile& operator=(const SocketFile&) = delete;

 private:
  std::string path_;
  dev_t device_ = 0;
  ino_t number_ = 0;
};

struct LocalListenSocket {
  FileDescriptor socket;
  std::shared_ptr<const SocketFile> file;
};

// A socket that nobody listens on any more is replaced. As Network::listen_local.
net::Result<LocalListenSocket> listen_on_path(const std::string& path,
                                              const net::LocalListenOptions& options);

// As Network::connect_local.
net::Result<FileDescriptor> connect_to_path(const std::string& path);

}  // namespace dispatch::os

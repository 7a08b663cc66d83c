// A small file that a program keeps for its next start.
#pragma once

#include "engine/net/async.hpp"
#include "engine/os/file_descriptor.hpp"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace dispatch::os {

// Written on a thread of its own, since a disk may take seconds: the new text goes to a file beside
// it, is flushed to the disk (fsync) and takes the old one's place in one step (rename). Whatever
// ends the program or the machine, one of the two is there, whole. Where the file cannot be written
// the old one stays.
class StateFile {
 public:
  explicit StateFile(std::string path);
  // What has been given to be written is written first, or tried once more.
  ~StateFile();
  StateFile(const StateFile&) = delete;
  StateFile& operator=(const StateFile&) = delete;

  const std::string& path() const { return path_; }

  // Makes its folder and keeps other programs from claiming it, until this goes. Errors: those of
  // the file system; resource_unavailable_try_again: another one has it.
  net::Status claim();

  // Empty: there is no such file. Errors: those of the file system; file_too_large (1 MB).
  net::Result<std::string> read() const;

  // Renames it to PATH.damaged. Errors: those of the file system.
  net::Status put_aside();

  // Of several in a row, the last one counts.
  void write(std::string text);
  // How the last one went that is over; none: none is.
  std::optional<net::Status> outcome() const;

 private:
  void run();
  net::Status replace(const std::string& text) const;

  std::string path_;
  FileDescriptor lock_;
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable news_;
  std::optional<std::string> waiting_;
  std::optional<net::Status> outcome_;
  bool ends_ = false;
  std::thread thread_;  // begins with the first write
};

}  // namespace dispatch::os

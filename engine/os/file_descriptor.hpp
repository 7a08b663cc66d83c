// An owned file descriptor.
#pragma once

#include <cerrno>
#include <unistd.h>
#include <utility>

namespace dispatch::os {

// Closes on destruction, and leaves errno alone when it does.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int descriptor) : descriptor_(descriptor) {}
  FileDescriptor(FileDescriptor&& other) noexcept : descriptor_(other.release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    if (this != &other) {
      reset();
      descriptor_ = other.release();
    }
    return *this;
  }
  ~FileDescriptor() { reset(); }

  int get() const { return descriptor_; }
  explicit operator bool() const { return descriptor_ >= 0; }
  int release() { return std::exchange(descriptor_, -1); }

  void reset() {
    if (descriptor_ < 0) return;
    const int saved = errno;
    ::close(release());
    errno = saved;
  }

 private:
  int descriptor_ = -1;
};

}  // namespace dispatch::os

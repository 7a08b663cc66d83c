// Files of one host, and its devices and pipes: read and written from the front to the end.
#pragma once

#include "engine/net/async.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace dispatch::net {

// At most one read may be outstanding at a time. What is written to a regular file may take its
// time behind one's back: nobody waits for a disk who does not want to.
class File {
 public:
  virtual ~File() = default;

  // Waits until there is something, then reads at least one byte: the number of bytes, or 0 at the
  // end. `buffer` must not be empty. Errors: io_error, is_a_directory, operation_aborted, ...
  virtual Task<Result<std::size_t>> read_some(std::span<std::byte> buffer) = 0;

  // Takes the pieces in their order, as much of them as goes now, to be written: how many bytes, at
  // least one where there are any. Errors: would_block; no_space_on_device, file_too_large,
  // broken_pipe, io_error, ..., perhaps of what was taken before: then nothing more is.
  virtual Result<std::size_t> try_write(std::span<const std::span<const std::byte>> pieces) = 0;

  // Ends when there may be room again. Errors: operation_aborted, ...
  virtual Task<Status> writable() = 0;

  // Bytes that are written, of those that were taken.
  virtual std::uint64_t written() const = 0;

  // Ends when all that was taken is written. Errors: those of try_write; operation_aborted.
  virtual Task<Status> drained() = 0;

  // Of regular files: how long it is now; none: a pipe, a device.
  virtual std::optional<std::uint64_t> size() const = 0;

  // Of regular files, once they are drained or have failed. Cuts it to `size`; what is written next
  // goes behind that.
  virtual Status truncate(std::uint64_t size) = 0;

  // As drained(), and it is on the disk. Of pipes and devices: at once.
  virtual Task<Status> sync() = 0;
};

using FilePtr = std::unique_ptr<File>;

class Files {
 public:
  enum class Existing : std::uint8_t {
    append,    // what is written goes behind what is there
    truncate,  // what is there is lost
    refuse,    // file_exists
  };

  virtual ~Files() = default;

  // Nothing but reading is asked for: a file that may only be read will do. Errors:
  // no_such_file_or_directory, permission_denied, ...
  virtual Result<FilePtr> open_to_read(const std::string& path) = 0;

  // Made, where there is none. Errors as above, file_exists, no_space_on_device, is_a_directory.
  virtual Result<FilePtr> open_to_write(const std::string& path, Existing existing) = 0;

  // Of the program. They stay open when these are destroyed.
  virtual Result<FilePtr> standard_input() = 0;
  virtual Result<FilePtr> standard_output() = 0;
};

}  // namespace dispatch::net

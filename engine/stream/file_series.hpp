// The file that an output writes, or the files, one after another.
#pragma once

#include "engine/net/clock.hpp"
#include "engine/net/files.hpp"
#include "engine/stream/endpoint_spec.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dispatch::stream {

struct FilePolicy {
  // A new file is begun before this one would grow longer than so many bytes, or with the first
  // datagram that comes when it is so old; 0: never.
  std::uint64_t rotate_bytes = 0;
  net::Duration rotate_after{};
  // How often what was written is brought to the disk; none: when the system does so by itself. 0:
  // with every write.
  std::optional<net::Duration> sync_after{};
  std::vector<std::byte> preamble{};  // what each file begins with

  bool rotates() const { return rotate_bytes != 0 || rotate_after != net::Duration::zero(); }
};

class FileSeries {
 public:
  // Of file and standard.
  FileSeries(net::Files& files, net::Clock& clock, EndpointSpec spec, const FilePolicy& policy)
      : files_(files), clock_(clock), spec_(std::move(spec)), policy_(policy) {}

  // The only file, to which is appended; or, where files are rotated, a new one: its path, a dot,
  // and the time (UTC) as "20260131T235959Z", with "-2" and so on where there is one of that name.
  net::Result<net::FilePtr> open_next();

  const FilePolicy& policy() const { return policy_; }
  net::Clock& clock() { return clock_; }

 private:
  net::Result<net::FilePtr> open_anew();

  net::Files& files_;
  net::Clock& clock_;
  EndpointSpec spec_;
  FilePolicy policy_;
};

// "20260131T235959Z"
std::string file_time(net::WallTime time);

}  // namespace dispatch::stream

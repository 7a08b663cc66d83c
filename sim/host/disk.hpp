// The files of a simulated host: in memory, on a disk of a certain size.
#pragma once

#include "engine/net/files.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::sim {

// Regular files only, by their paths; folders are part of them. Reading and writing take no time.
class Disk final : public net::Files {
 public:
  using Content = std::vector<std::byte>;

  // `capacity`: bytes of all files; what does not fit is no_space_on_device.
  explicit Disk(std::uint64_t capacity = UINT64_MAX) : state_(std::make_shared<State>()) {
    state_->capacity = capacity;
  }

  net::Result<net::FilePtr> open_to_read(const std::string& path) override;
  net::Result<net::FilePtr> open_to_write(const std::string& path, Existing existing) override;
  net::Result<net::FilePtr> standard_input() override { return open_to_read(kInput); }
  net::Result<net::FilePtr> standard_output() override {
    return open_to_write(kOutput, Existing::append);
  }

  // For who looks at it from outside. Empty: there is no such file.
  std::optional<Content> content(const std::string& path) const;
  std::vector<std::string> names() const;
  void put(const std::string& path, Content content);
  // How often files have been synced.
  std::uint64_t syncs() const { return state_->syncs; }
  void set_capacity(std::uint64_t capacity) { state_->capacity = capacity; }

  // The names of the standard streams here.
  static inline const std::string kInput = "standard input";
  static inline const std::string kOutput = "standard output";

 private:
  class File;
  struct State {
    std::map<std::string, std::shared_ptr<Content>> files;
    std::uint64_t capacity = UINT64_MAX;
    std::uint64_t used = 0;
    std::uint64_t syncs = 0;
  };

  std::shared_ptr<State> state_;  // shared with what is open
};

}  // namespace dispatch::sim

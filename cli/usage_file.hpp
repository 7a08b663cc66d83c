// The file in which `dispatch start` keeps what links have used of their data caps.
#pragma once

#include "engine/link/usage_store.hpp"
#include "engine/os/state_file.hpp"

#include <memory>
#include <optional>
#include <string>

namespace dispatch::cli {

inline constexpr auto kNoUsageFile = "off";

// Where it is unless --usage-file says otherwise: beside the log.
std::string default_usage_path();

// Nothing that goes wrong with the file ends the program or holds it up: it is told, and what is
// used counts on without being kept.
class UsageFile final : public link::UsageStore {
 public:
  explicit UsageFile(std::string path) : file_(std::move(path)) {}

  std::string load() override;
  void put_aside() override;
  void save(std::string text) override;
  std::optional<std::string> news() override;

 private:
  os::StateFile file_;
  bool is_ours_ = true;
  bool fails_ = false;  // as told last
  std::optional<std::string> news_;
};

}  // namespace dispatch::cli

#include "sim/host/disk.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace dispatch::sim {

class Disk::File final : public net::File {
 public:
  File(std::shared_ptr<State> state, std::shared_ptr<Content> content)
      : state_(std::move(state)), content_(std::move(content)) {}

  net::Task<net::Result<std::size_t>> read_some(std::span<std::byte> buffer) override {
    const auto left = content_->size() - std::min(position_, content_->size());
    const auto got = std::min(buffer.size(), left);
    if (got != 0) std::memcpy(buffer.data(), content_->data() + position_, got);
    position_ += got;
    co_return got;
  }

  net::Result<std::size_t> try_write(std::span<const std::span<const std::byte>> pieces) override {
    std::size_t written = 0;
    for (const auto& piece : pieces) {
      const auto free = state_->capacity - std::min(state_->used, state_->capacity);
      const auto bytes = piece.first(std::min<std::uint64_t>(piece.size(), free));
      content_->insert(content_->end(), bytes.begin(), bytes.end());
      state_->used += bytes.size();
      written += bytes.size();
      written_ += bytes.size();
      if (bytes.size() == piece.size()) continue;
      if (written == 0) return net::errno_error(ENOSPC);
      break;
    }
    return written;
  }

  net::Task<net::Status> writable() override { co_return net::Status{}; }

  std::optional<std::uint64_t> size() const override { return content_->size(); }

  net::Status truncate(std::uint64_t size) override {
    state_->used -= content_->size() - std::min<std::uint64_t>(size, content_->size());
    content_->resize(size);
    return {};
  }

  std::uint64_t written() const override { return written_; }
  net::Task<net::Status> drained() override { co_return net::Status{}; }
  net::Task<net::Status> sync() override {
    ++state_->syncs;
    co_return net::Status{};
  }

 private:
  std::shared_ptr<State> state_;
  std::shared_ptr<Content> content_;
  std::size_t position_ = 0;
  std::uint64_t written_ = 0;
};

net::Result<net::FilePtr> Disk::open_to_read(const std::string& path) {
  const auto found = state_->files.find(path);
  if (found == state_->files.end()) return net::errno_error(ENOENT);
  return net::FilePtr(std::make_unique<File>(state_, found->second));
}

net::Result<net::FilePtr> Disk::open_to_write(const std::string& path, Existing existing) {
  auto& content = state_->files[path];
  if (content && existing == Existing::refuse) return net::errno_error(EEXIST);
  if (!content) content = std::make_shared<Content>();
  auto file = std::make_unique<File>(state_, content);
  if (existing == Existing::truncate) (void)file->truncate(0);
  return net::FilePtr(std::move(file));
}

std::optional<Disk::Content> Disk::content(const std::string& path) const {
  const auto found = state_->files.find(path);
  if (found == state_->files.end()) return std::nullopt;
  return *found->second;
}

std::vector<std::string> Disk::names() const {
  std::vector<std::string> all;
  for (const auto& [path, content] : state_->files) all.push_back(path);
  return all;
}

void Disk::put(const std::string& path, Content content) {
  auto& file = state_->files[path];
  state_->used += content.size() - (file ? file->size() : 0);
  file = std::make_shared<Content>(std::move(content));
}

}  // namespace dispatch::sim

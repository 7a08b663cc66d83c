#include "engine/os/state_file.hpp"

#include "engine/os/socket.hpp"

#include <boost/system/errc.hpp>

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace dispatch::os {
namespace {

namespace fs = std::filesystem;
namespace errc = boost::system::errc;

constexpr std::size_t kSizeMax = 1'000'000;

net::Status write_all(int file, const std::string& text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const auto written = ::write(file, text.data() + done, text.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return last_error();
    done += static_cast<std::size_t>(written);
  }
  return {};
}

// So that the new name is on the disk too. A file system that cannot do it does its best.
void flush_folder_of(const std::string& path) {
  const auto folder = fs::path(path).parent_path();
  const FileDescriptor open(
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (open) ::fsync(open.get());
}

}  // namespace

StateFile::StateFile(std::string path) : path_(std::move(path)) {}

StateFile::~StateFile() {
  if (!thread_.joinable()) return;
  {
    const std::scoped_lock lock(mutex_);
    ends_ = true;
  }
  news_.notify_all();
  thread_.join();
}

net::Status StateFile::claim() {
  const auto folder = fs::path(path_).parent_path();
  std::error_code error;
  if (!folder.empty()) fs::create_directories(folder, error);
  if (error) return net::errno_error(error.value());
  const auto path = path_ + ".lock";
  lock_ = FileDescriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock_) return last_error();
  if (::flock(lock_.get(), LOCK_EX | LOCK_NB) == 0) return {};
  return errc::make_error_code(errc::resource_unavailable_try_again);
}

net::Result<std::string> StateFile::read() const {
  const FileDescriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) {
    if (errno == ENOENT) return std::string();
    return last_error();
  }
  std::string text;
  char buffer[4096];
  for (;;) {
    const auto got = ::read(file.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return last_error();
    if (got == 0) return text;
    text.append(buffer, static_cast<std::size_t>(got));
    if (text.size() > kSizeMax) return errc::make_error_code(errc::file_too_large);
  }
}

net::Status StateFile::put_aside() {
  return ::rename(path_.c_str(), (path_ + ".damaged").c_str()) == 0 ? net::Status{} : last_error();
}

net::Status StateFile::replace(const std::string& text) const {
  const auto beside = path_ + ".new";
  FileDescriptor file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file) return last_error();
  auto error = write_all(file.get(), text);
  if (!error && ::fsync(file.get()) != 0) error = last_error();
  if (!error && ::rename(beside.c_str(), path_.c_str()) != 0) error = last_error();
  if (error) {
    ::unlink(beside.c_str());
  } else {
    flush_folder_of(path_);
  }
  return error;
}

void StateFile::write(std::string text) {
  const std::scoped_lock lock(mutex_);
  waiting_ = std::move(text);
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  news_.notify_all();
}

std::optional<net::Status> StateFile::outcome() const {
  const std::scoped_lock lock(mutex_);
  return outcome_;
}

void StateFile::run() {
  std::string failed;  // the text that could not be written
  std::unique_lock lock(mutex_);
  for (;;) {
    news_.wait(lock, [this] { return waiting_ || ends_; });
    if (!waiting_) break;
    auto text = *std::exchange(waiting_, std::nullopt);
    lock.unlock();
    const auto error = replace(text);
    failed = error ? std::move(text) : std::string();
    lock.lock();
    outcome_ = error;
  }
  if (!failed.empty()) (void)replace(failed);
}

}  // namespace dispatch::os

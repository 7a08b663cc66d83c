// A file of a series that is being written, and which datagrams of it are written for certain.
#pragma once

#include "engine/net/files.hpp"
#include "engine/net/ring.hpp"
#include "engine/stream/figures.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace dispatch::stream {

class WrittenFile {
 public:
  // `preamble`: bytes that it begins with, and that have been taken.
  WrittenFile(net::FilePtr file, std::uint64_t preamble)
      : file_(std::move(file)), confirmed_(preamble) {}

  net::File& file() { return *file_; }
  // Bytes of data that it has taken.
  std::uint64_t bytes() const { return bytes_; }
  bool is_synced() const { return synced_; }
  void set_synced() { synced_ = true; }

  void took(std::uint64_t bytes) {
    bytes_ += bytes;
    synced_ = false;
  }
  // So many datagrams of a size have been taken as a whole.
  void took_whole(std::uint32_t datagram_bytes, std::uint32_t count) {
    if (datagram_bytes == 0) return;
    if (!runs_.empty() && runs_.back().bytes == datagram_bytes) {
      runs_.back().count += count;
    } else {
      runs_.push_back({datagram_bytes, count});
    }
  }

  // What is written need not be remembered.
  void confirm() {
    const auto written = std::max(file_->written(), confirmed_);
    while (!runs_.empty()) {
      auto& run = runs_.front();
      const auto whole = std::min<std::uint64_t>((written - confirmed_) / run.bytes, run.count);
      confirmed_ += whole * run.bytes;
      run.count -= static_cast<std::uint32_t>(whole);
      if (run.count != 0) return;
      runs_.pop_front();
    }
  }

  // It has failed: what is written of a datagram that is not whole is taken back. What was taken as
  // a whole, and is not written.
  Figures give_up() {
    confirm();
    const auto written = file_->written();
    const auto partial = written > confirmed_ ? written - confirmed_ : 0;
    if (const auto size = file_->size(); size && partial != 0 && partial <= *size) {
      (void)file_->truncate(*size - partial);
    }
    Figures lost;
    for (; !runs_.empty(); runs_.pop_front()) {
      lost.datagrams += runs_.front().count;
      lost.bytes += std::uint64_t{runs_.front().bytes} * runs_.front().count;
    }
    return lost;
  }

 private:
  struct Run {
    std::uint32_t bytes = 0;
    std::uint32_t count = 0;
  };

  net::FilePtr file_;
  std::uint64_t bytes_ = 0;
  std::uint64_t confirmed_;  // the end of the last datagram that is written
  bool synced_ = true;
  net::Ring<Run> runs_;  // behind that
};

}  // namespace dispatch::stream

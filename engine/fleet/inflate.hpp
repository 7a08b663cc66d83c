// Content codings taken off (RFC 9110 8.4.1): gzip and deflate, as functions of bytes.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace dispatch::fleet {

// Whether it can be taken off here: gzip, x-gzip, deflate.
bool is_known_coding(std::string_view coding);

// One coding of one body, which arrives in pieces.
class Inflater {
 public:
  enum class Step : std::uint8_t { more, ended, broken, too_large };

  explicit Inflater(std::string_view coding);
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Appends to `out` what comes of it, up to a size of `most` (a few kilobytes may become
  // gigabytes). ended: the coding's end was there.
  Step feed(std::span<const std::byte> piece, std::string& out, std::size_t most);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dispatch::fleet

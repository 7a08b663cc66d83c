#include "engine/stream/file_series.hpp"

#include <boost/system/errc.hpp>
#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <span>

namespace dispatch::stream {
namespace {

constexpr int kSameNameMost = 10'000;  // in one second

}  // namespace

std::string file_time(net::WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

net::Result<net::FilePtr> FileSeries::open_next() {
  auto file = open_anew();
  if (!file || policy_.preamble.empty()) return file;
  const std::array<std::span<const std::byte>, 1> pieces{policy_.preamble};
  const auto written = (*file)->try_write(pieces);
  if (!written) return written.error();
  if (*written != policy_.preamble.size()) return net::errno_error(ENOSPC);
  return file;
}

net::Result<net::FilePtr> FileSeries::open_anew() {
  if (spec_.scheme == Scheme::standard) return files_.standard_output();
  if (!policy_.rotates()) return files_.open_to_write(spec_.path, net::Files::Existing::append);
  const auto path = spec_.path + "." + file_time(clock_.wall_now());
  auto file = files_.open_to_write(path, net::Files::Existing::refuse);
  for (int number = 2; number < kSameNameMost; ++number) {
    if (file || file.error() != boost::system::errc::file_exists) return file;
    file = files_.open_to_write(fmt::format("{}-{}", path, number), net::Files::Existing::refuse);
  }
  return file;
}

}  // namespace dispatch::stream

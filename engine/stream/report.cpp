#include "engine/stream/report.hpp"

#include "engine/stream/number.hpp"

#include <algorithm>

namespace dispatch::stream {
namespace {

constexpr std::size_t kReceiverAt = 0;
constexpr std::size_t kReportFlagsAt = 4;
constexpr std::size_t kSettledAt = 8;
constexpr std::size_t kEchoAt = 16;
constexpr std::size_t kRangeBytes = 8;
constexpr std::uint32_t kComplete = 1;

}  // namespace

std::vector<std::byte> encode_report(const Report& report) {
  const auto ranges = std::min(report.missing.size(), Report::kRangesMost);
  std::vector<std::byte> bytes(Report::kBytesLeast + ranges * kRangeBytes);
  put_number(bytes, kReceiverAt, report.receiver);
  put_number(bytes, kReportFlagsAt, report.complete ? kComplete : std::uint32_t{0});
  put_number(bytes, kSettledAt, report.settled);
  put_number(bytes, kEchoAt, report.echo);
  for (std::size_t i = 0; i < ranges; ++i) {
    const auto at = Report::kBytesLeast + i * kRangeBytes;
    put_number(bytes, at, report.missing[i].first);
    put_number(bytes, at + 4, report.missing[i].count);
  }
  return bytes;
}

std::optional<Report> decode_report(std::span<const std::byte> payload) {
  if (payload.size() < Report::kBytesLeast) return std::nullopt;
  const auto rest = payload.size() - Report::kBytesLeast;
  if (rest % kRangeBytes != 0 || rest / kRangeBytes > Report::kRangesMost) return std::nullopt;
  Report report;
  report.receiver = get_number<std::uint32_t>(payload, kReceiverAt);
  report.complete = get_number<std::uint32_t>(payload, kReportFlagsAt) == kComplete;
  report.settled = get_number<std::uint64_t>(payload, kSettledAt);
  report.echo = get_number<std::uint64_t>(payload, kEchoAt);
  for (auto at = Report::kBytesLeast; at < payload.size(); at += kRangeBytes) {
    const Report::Range range{get_number<std::uint32_t>(payload, at),
                              get_number<std::uint32_t>(payload, at + 4)};
    if (range.count == 0) return std::nullopt;
    report.missing.push_back(range);
  }
  return report;
}

}  // namespace dispatch::stream

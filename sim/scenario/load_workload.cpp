#include "engine/units/suggestion.hpp"
#include "sim/scenario/load_parts.hpp"

#include <fmt/format.h>

namespace dispatch::scenario {

using units::hint;
namespace {

constexpr std::string_view kWorkloadKeys[] = {"name", "at", "download", "upload", "requests"};
constexpr std::string_view kWorkloadLater[] = {"browse", "chat",   "video",
                                               "call",   "stream", "client"};
constexpr std::string_view kWorks[] = {"download", "upload", "requests"};
constexpr std::string_view kDownloadKeys[] = {"from",        "size",    "count",         "parallel",
                                              "via",         "timeout", "stall_timeout", "retries",
                                              "retry_delay", "user",    "listener"};
constexpr std::string_view kUploadKeys[] = {"to",          "size",    "count",         "parallel",
                                            "via",         "timeout", "stall_timeout", "retries",
                                            "retry_delay", "user",    "listener"};
constexpr std::string_view kRequestsKeys[] = {"to",  "rate",    "response", "until",
                                              "via", "timeout", "user",     "listener"};
constexpr std::string_view kVias[] = {"socks5", "http", "direct"};
constexpr std::string_view kViasLater[] = {"socks4", "socks4a", "udp"};

constexpr std::uint64_t kTransfersMax = 1'000'000;
constexpr std::uint64_t kParallelMax = 10'000;

Via read_via(const YamlValue& value) {
  const auto text = value.text("socks5, http or direct");
  if (text == "socks5") return Via::socks5;
  if (text == "http") return Via::http;
  if (text == "direct") return Via::direct;
  for (const auto later : kViasLater) {
    if (text == later) value.fail(fmt::format("via \"{}\" is not supported yet", text));
  }
  value.fail(fmt::format("unknown via \"{}\"{}", text, hint(text, kVias)));
}

Bytes read_size(const YamlValue& value) {
  const auto size = value.bytes();
  if (size.count == 0) value.fail("a size of 0");
  return size;
}

BulkSpec read_bulk(const YamlValue& value, BulkSpec::Direction direction) {
  const bool download = direction == BulkSpec::Direction::download;
  const auto map =
      download ? value.map("a download", kDownloadKeys) : value.map("an upload", kUploadKeys);
  BulkSpec bulk;
  bulk.direction = direction;
  bulk.host = map.require(download ? "from" : "to", "www").text("the name of a host");
  bulk.size = read_size(map.require("size", "10 MB"));
  if (const auto* parallel = map.find("parallel")) bulk.parallel = parallel->count(1, kParallelMax);
  bulk.count = bulk.parallel;
  if (const auto* count = map.find("count")) bulk.count = count->count(1, kTransfersMax);
  if (const auto* via = map.find("via")) bulk.via = read_via(*via);
  if (const auto* timeout = map.find("timeout")) bulk.timeout = read_positive_duration(*timeout);
  if (const auto* stall = map.find("stall_timeout"))
    bulk.stall_timeout = read_positive_duration(*stall);
  if (const auto* retries = map.find("retries")) bulk.retries = retries->count(0, kTransfersMax);
  if (const auto* delay = map.find("retry_delay")) bulk.retry_delay = delay->duration();
  if (const auto* user = map.find("user")) bulk.user = user->text("the name of a user");
  if (const auto* at = map.find("listener")) bulk.listener = at->text("a listener's address");
  return bulk;
}

RequestsSpec read_requests(const YamlValue& value) {
  const auto map = value.map("requests", kRequestsKeys);
  RequestsSpec requests;
  requests.host = map.require("to", "www").text("the name of a host");
  requests.rate = map.require("rate", "5/s").frequency();
  requests.response = map.require("response", "10 kB").bytes();
  requests.until = map.require("until", "30 s").duration();
  if (const auto* via = map.find("via")) requests.via = read_via(*via);
  if (const auto* timeout = map.find("timeout"))
    requests.timeout = read_positive_duration(*timeout);
  if (const auto* user = map.find("user")) requests.user = user->text("the name of a user");
  if (const auto* at = map.find("listener")) requests.listener = at->text("a listener's address");
  return requests;
}

}  // namespace

WorkloadSpec read_workload(const YamlValue& value) {
  const auto map = value.map("a workload", kWorkloadKeys, kWorkloadLater);
  WorkloadSpec workload;
  workload.position = value.position();
  workload.name = map.require("name", "big").text("a name");
  if (const auto* at = map.find("at")) workload.at = at->duration();
  const auto kind = map.one_of(kWorks);
  const auto& work = *map.find(kind);
  if (kind == "requests") {
    workload.work = read_requests(work);
  } else {
    workload.work = read_bulk(
        work, kind == "download" ? BulkSpec::Direction::download : BulkSpec::Direction::upload);
  }
  return workload;
}

}  // namespace dispatch::scenario

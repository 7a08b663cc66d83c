#include "engine/units/suggestion.hpp"
#include "sim/scenario/load_parts.hpp"
#include "sim/scenario/shape_workload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace dispatch::scenario {

using units::hint;
namespace {

constexpr std::string_view kVias[] = {"socks5", "http", "direct"};
constexpr std::string_view kViasLater[] = {"socks4", "socks4a", "udp"};

constexpr std::uint64_t kTransfersMax = 1'000'000;
constexpr std::uint64_t kParallelMax = 10'000;
constexpr std::uint64_t kUsersMax = 10'000;

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

void read_access(const YamlMap& map, std::string_view target, AccessSpec& access) {
  access.host = map.require(target, "www").text("the name of a host");
  if (const auto* via = map.find("via")) access.via = read_via(*via);
  if (const auto* user = map.find("user")) access.user = user->text("the name of a user");
  if (const auto* at = map.find("listener")) access.listener = at->text("a listener's address");
}

BulkSpec read_bulk(const YamlValue& value, BulkSpec::Direction direction) {
  const bool download = direction == BulkSpec::Direction::download;
  const auto map = value.map(download ? download_shape() : upload_shape());
  BulkSpec bulk;
  bulk.direction = direction;
  read_access(map, download ? "from" : "to", bulk);
  bulk.size = read_size(map.require("size", "10 MB"));
  if (const auto* parallel = map.find("parallel")) bulk.parallel = parallel->count(1, kParallelMax);
  bulk.count = bulk.parallel;
  if (const auto* count = map.find("count")) bulk.count = count->count(1, kTransfersMax);
  if (const auto* timeout = map.find("timeout")) bulk.timeout = read_positive_duration(*timeout);
  if (const auto* stall = map.find("stall_timeout"))
    bulk.stall_timeout = read_positive_duration(*stall);
  if (const auto* retries = map.find("retries")) bulk.retries = retries->count(0, kTransfersMax);
  if (const auto* delay = map.find("retry_delay")) bulk.retry_delay = delay->duration();
  return bulk;
}

RequestsSpec read_requests(const YamlValue& value) {
  const auto map = value.map(requests_shape());
  RequestsSpec requests;
  read_access(map, "to", requests);
  if (map.one_of() == "rate") {
    requests.rate = map.find("rate")->frequency();
    if (const auto* think = map.key("think")) think->fail("\"think\" is of users");
  } else {
    requests.users = map.find("users")->count(1, kUsersMax);
    if (const auto* arrivals = map.key("arrivals")) arrivals->fail("\"arrivals\" are of a rate");
  }
  if (const auto* arrivals = map.find("arrivals")) {
    const auto text = arrivals->text("regular or poisson");
    if (text != "regular" && text != "poisson")
      arrivals->fail("write arrivals: regular or poisson");
    requests.poisson = text == "poisson";
  }
  if (const auto* think = map.find("think")) requests.think = read_drawn_duration(*think);
  requests.response = read_drawn_bytes(map.require("response", "10 kB"));
  requests.until = map.require("until", "30 s").duration();
  if (const auto* timeout = map.find("timeout"))
    requests.timeout = read_positive_duration(*timeout);
  return requests;
}

BrowseSpec read_browse(const YamlValue& value) {
  constexpr std::uint64_t kPagesMax = 100'000;
  const auto map = value.map(browse_shape());
  BrowseSpec browse;
  read_access(map, "to", browse);
  if (const auto* users = map.find("users")) browse.users = users->count(1, kUsersMax);
  if (const auto* pages = map.find("pages")) browse.pages = pages->count(1, kPagesMax);
  if (const auto* until = map.find("until")) browse.until = until->duration();
  if (browse.pages == 0 && browse.until == Duration::zero()) {
    value.fail("browse needs an end: write pages: 10, or until: 60 s");
  }
  if (const auto* think = map.find("think")) browse.think = read_drawn_duration(*think);
  if (const auto* document = map.find("document")) browse.document = read_drawn_bytes(*document);
  if (const auto* objects = map.find("objects")) browse.objects = read_drawn_count(*objects);
  if (const auto* size = map.find("size")) browse.size = read_drawn_bytes(*size);
  if (const auto* parallel = map.find("parallel")) browse.parallel = parallel->count(1, 100);
  if (const auto* timeout = map.find("timeout")) browse.timeout = read_positive_duration(*timeout);
  return browse;
}

ChatSpec read_chat(const YamlValue& value) {
  const auto map = value.map(chat_shape());
  ChatSpec chat;
  read_access(map, "to", chat);
  if (const auto* users = map.find("users")) chat.users = users->count(1, kUsersMax);
  chat.until = map.require("until", "60 s").duration();
  if (const auto* every = map.find("every")) chat.every = read_drawn_duration(*every);
  if (const auto* message = map.find("message")) chat.message = read_drawn_bytes(*message);
  if (const auto* timeout = map.find("timeout")) chat.timeout = read_positive_duration(*timeout);
  return chat;
}

VideoSpec read_video(const YamlValue& value) {
  constexpr std::int64_t kSegmentsMax = 100'000;
  const auto map = value.map(video_shape());
  VideoSpec video;
  read_access(map, "from", video);
  const auto& bitrate = map.require("bitrate", "4 Mbit/s");
  video.bitrate = bitrate.rate();
  if (video.bitrate.bits_per_second < 8) bitrate.fail("less than a byte a second");
  const auto read = [&](std::string_view key, Duration& duration) {
    if (const auto* given = map.find(key)) duration = read_period(*given);
  };
  read("length", video.length);
  read("segment", video.segment);
  read("buffer", video.buffer);
  read("startup", video.startup);
  read("timeout", video.timeout);
  if (video.buffer < video.startup || video.buffer < video.segment) {
    value.fail(fmt::format("a buffer of {} holds less than a segment, or than what it starts with",
                           to_string(video.buffer)));
  }
  if (video.length / video.segment > kSegmentsMax) {
    value.fail(fmt::format("a video of more than {} segments", kSegmentsMax));
  }
  return video;
}

CallSpec read_call(const YamlValue& value) {
  constexpr std::uint64_t kLeast = 8;
  constexpr std::uint64_t kMost = 1200;
  constexpr auto kSoonest = std::chrono::microseconds(100);
  const auto map = value.map(call_shape());
  CallSpec call;
  read_access(map, "to", call);
  if (call.via == Via::http) map.find("via")->fail("datagrams go by socks5, or direct");
  if (const auto* rate = map.find("rate")) {
    call.rate = rate->frequency();
    if (call.rate.nth(1) < kSoonest) rate->fail("more than 10000 datagrams a second");
  }
  if (const auto* size = map.find("size")) {
    call.size = size->bytes();
    if (call.size.count < kLeast || call.size.count > kMost) {
      size->fail("a datagram of a call has 8 B to 1200 B");
    }
  }
  call.until = map.require("until", "60 s").duration();
  return call;
}

stream::ParityShape read_parity(const YamlValue& value) {
  const auto text = value.text("DATA:PARITY");
  const auto colon = std::min(text.find(':'), text.size());
  const auto number = [](std::string_view digits) {
    unsigned count = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
    return error == std::errc() && end == digits.data() + digits.size() ? count : 0;
  };
  stream::ParityShape parity;
  parity.data = number(std::string_view(text).substr(0, colon));
  parity.parity = number(std::string_view(text).substr(std::min(colon + 1, text.size())));
  if (parity.data == 0 || parity.data > stream::kColumnsMost || parity.parity == 0 ||
      parity.parity > stream::kRowsMost) {
    value.fail(fmt::format("\"{}\" is not DATA:PARITY, such as \"20:2\", up to {}:{}", text,
                           stream::kColumnsMost, stream::kRowsMost));
  }
  return parity;
}

StreamSpec read_stream(const YamlValue& value) {
  constexpr std::uint64_t kSizeLeast = 100;
  constexpr std::uint64_t kSizeMost = 65'507;
  const auto map = value.map(stream_shape());
  StreamSpec stream;
  stream.via = Via::direct;
  stream.host = map.require("to", "studio").text("the name of a host");
  if (const auto* rate = map.find("rate")) {
    stream.rate = rate->rate();
    if (stream.rate.bits_per_second < 8) rate->fail("less than a byte a second");
  }
  if (const auto* size = map.find("size")) {
    stream.size = size->bytes();
    if (stream.size.count < kSizeLeast || stream.size.count > kSizeMost) {
      size->fail(fmt::format("a datagram of a stream has {} B to {} B", kSizeLeast, kSizeMost));
    }
  }
  stream.until = map.require("until", "60 s").duration();
  if (const auto* links = map.find("links")) {
    for (const auto& each : links->list("links")) stream.links.push_back(each.text("a link"));
  }
  if (const auto* spread = map.find("spread")) {
    const auto text = spread->text("distribute or duplicate");
    if (text != "distribute" && text != "duplicate") {
      spread->fail("write spread: distribute or duplicate");
    }
    stream.spread =
        text == "distribute" ? stream::SpreadMode::distribute : stream::SpreadMode::duplicate;
  }
  if (const auto* repair = map.find("repair")) stream.repair = repair->duration();
  if (const auto* parity = map.find("fec")) stream.parity = read_parity(*parity);
  if (const auto* within = map.find("fec_within")) {
    if (stream.parity.data == 0) within->fail("there is no fec");
    stream.parity.within = read_positive_duration(*within);
  }
  return stream;
}

ExecuteSpec read_execute(const YamlValue& value) {
  constexpr auto kSoonest = std::chrono::microseconds(100);
  constexpr std::uint64_t kAttemptsMax = 100;
  const auto map = value.map(execute_shape());
  ExecuteSpec execute;
  execute.via = Via::direct;
  execute.host = map.require("to", "shop").text("a target of the fleet");
  if (const auto* rate = map.find("rate")) {
    execute.rate = rate->frequency();
    if (execute.rate.nth(1) < kSoonest) rate->fail("more than 10000 requests a second");
  }
  execute.until = map.require("until", "60 s").duration();
  if (const auto* method = map.find("method")) {
    execute.method = method->text("GET or POST");
    if (execute.method != "GET" && execute.method != "POST") method->fail("write GET or POST");
  }
  if (const auto* timeout = map.find("timeout")) execute.timeout = read_period(*timeout);
  if (const auto* wait = map.find("wait")) execute.wait = wait->duration();
  if (const auto* attempts = map.find("attempts")) {
    execute.attempts = attempts->count(1, kAttemptsMax);
  }
  if (const auto* session = map.find("session")) execute.session = session->text("a session");
  return execute;
}

}  // namespace

WorkloadSpec read_workload(const YamlValue& value) {
  const auto map = value.map(workload_shape());
  WorkloadSpec workload;
  workload.position = value.position();
  workload.name = map.require("name", "big").text("a name");
  if (const auto* at = map.find("at")) workload.at = at->duration();
  if (const auto* client = map.find("client")) workload.client = client->text("a client's name");
  const auto kind = map.one_of();
  const auto& work = *map.find(kind);
  if (kind == "requests") {
    workload.work = read_requests(work);
  } else if (kind == "browse") {
    workload.work = read_browse(work);
  } else if (kind == "chat") {
    workload.work = read_chat(work);
  } else if (kind == "video") {
    workload.work = read_video(work);
  } else if (kind == "call") {
    workload.work = read_call(work);
  } else if (kind == "stream") {
    workload.work = read_stream(work);
  } else if (kind == "execute") {
    workload.work = read_execute(work);
  } else {
    workload.work = read_bulk(
        work, kind == "download" ? BulkSpec::Direction::download : BulkSpec::Direction::upload);
  }
  return workload;
}

}  // namespace dispatch::scenario

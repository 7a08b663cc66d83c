// Answers that are cut in the middle: what is asked of another link, and what is not.

#include "tests/unit/proxy/http_world.hpp"

#include <set>

namespace dispatch::proxy {
BOOST_AUTO_TEST_SUITE(http_rest)
namespace {

const std::string kTag = "ETag: \"a\"\r\n";
const std::string kRanges = "Accept-Ranges: bytes\r\n";
// Of ten octets the first five, and then the server ends its connection.
const std::string kHalf =
    "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n" + kTag + kRanges + "Connection: close\r\n\r\nhello";

std::string rest(const std::string& range = "bytes 5-9/10", const std::string& tag = kTag,
                 const std::string& body = "world") {
  return "HTTP/1.1 206 Partial Content\r\nContent-Range: " + range + "\r\n" + tag +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// What a client gets of a server that gives these answers.
struct Asked {
  explicit Asked(std::vector<std::string> answers, const std::string& request = kLastGet) {
    ProxyWorld world;
    Origin origin(world, std::move(answers));
    const auto program = [&]() -> net::Task<void> { received = co_await ask(world, request); };
    world.run(program());
    requests = std::move(origin.requests);
    links = std::set<std::string>(world.sources.begin(), world.sources.end()).size();
    world.simulation.run_for(10s);
    for (auto* link : world.links->links()) {
      BOOST_TEST(link->counters().live == 0u);
      BOOST_TEST(link->counters().dialling == 0u);
    }
  }
  bool is_whole() const { return !received.error && received.text.ends_with("\r\n\r\nhelloworld"); }
  // The client knows that it has not got everything, and has heard nothing that is not its answer.
  bool is_cut() const {
    return received.error == errc::connection_reset && received.text.ends_with("\r\n\r\nhello");
  }

  Received received;
  std::vector<std::string> requests;
  std::size_t links = 0;
};

BOOST_AUTO_TEST_CASE(the_rest_of_a_cut_answer_is_asked_of_another_link) {
  const Asked asked({kHalf, rest()});
  BOOST_TEST(asked.is_whole());
  BOOST_TEST(asked.links == 2u);
  BOOST_TEST(count_of(asked.received.text, "HTTP/1.1") == 1u);
  BOOST_REQUIRE(asked.requests.size() == 2u);
  BOOST_TEST(asked.requests[1] ==
             "GET / HTTP/1.1\r\nHost: www.example\r\nRange: bytes=5-\r\nIf-Range: \"a\"\r\n"
             "Via: 1.1 dispatch\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(the_connections_on_both_sides_go_on_behind_it) {
  const Asked asked({kHalf, rest(), kHello}, kGet + kLastGet);
  BOOST_TEST(count_of(asked.received.text, "helloworld") == 1u);
  BOOST_TEST(asked.received.text.ends_with("\r\n\r\nhello"));
  BOOST_TEST(asked.requests.size() == 3u);
}

BOOST_AUTO_TEST_CASE(conditions_that_have_been_met_are_not_said_again) {
  const Asked asked({kHalf, rest()},
                    "GET http://www.example/ HTTP/1.1\r\nHost: www.example\r\nCookie: c\r\n"
                    "If-None-Match: \"b\"\r\nIf-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                    "Connection: close\r\n\r\n");
  BOOST_TEST(asked.is_whole());
  BOOST_REQUIRE(asked.requests.size() == 2u);
  BOOST_TEST(!contains(asked.requests[1], "If-None-Match"));
  BOOST_TEST(!contains(asked.requests[1], "If-Modified-Since"));
  BOOST_TEST(contains(asked.requests[1], "Cookie: c"));
}

BOOST_AUTO_TEST_CASE(an_answer_that_has_no_body_yet_is_asked_for_from_its_first_octet_on) {
  const auto head = kHalf.substr(0, kHalf.size() - 5);
  const Asked asked({head, rest("bytes 0-9/10", kTag, "helloworld")});
  BOOST_TEST(asked.is_whole());
}

BOOST_AUTO_TEST_CASE(
    an_answer_that_ends_within_its_head_has_not_been_heard_and_is_asked_for_again) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n";
  const Asked asked({head, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhelloworld"});
  BOOST_TEST(asked.is_whole());
  BOOST_TEST(asked.links == 2u);
  const Asked twice({head, head});
  BOOST_TEST(twice.received.text.starts_with("HTTP/1.1 502 "));
  const Asked posted({head, kHello},
                     "POST http://www.example/ HTTP/1.1\r\nHost: www.example\r\n"
                     "Content-Length: 0\r\nConnection: close\r\n\r\n");
  BOOST_TEST(posted.received.text.starts_with("HTTP/1.1 502 "));
  BOOST_TEST(posted.requests.size() == 1u);
}

BOOST_AUTO_TEST_CASE(what_may_have_changed_or_cannot_be_asked_for_is_cut) {
  const auto without = [](const std::string& part) {
    auto text = kHalf;
    return text.erase(text.find(part), part.size());
  };
  const auto with_tag = [](const std::string& tag) {
    auto text = kHalf;
    return text.replace(text.find(kTag), kTag.size(), tag);
  };
  auto partial = kHalf;
  partial.replace(0, 15, "HTTP/1.1 203 Ok");
  for (const auto& answer :
       {without(kTag), without(kRanges), with_tag("ETag: W/\"a\"\r\n"), with_tag("ETag: a\r\n"),
        with_tag(kTag + "ETag: \"b\"\r\n"), partial}) {
    const Asked asked({answer, rest()});
    BOOST_TEST(asked.is_cut(), answer);
    BOOST_TEST(asked.requests.size() == 1u);
  }
}

BOOST_AUTO_TEST_CASE(who_asks_for_a_range_or_posts_is_not_helped) {
  const std::string url = " http://www.example/ HTTP/1.1\r\nHost: www.example\r\n";
  for (const auto& request : {"GET" + url + "Range: bytes=0-9\r\nConnection: close\r\n\r\n",
                              "POST" + url + "Content-Length: 0\r\nConnection: close\r\n\r\n",
                              "OPTIONS" + url + "Connection: close\r\n\r\n"}) {
    const Asked asked({kHalf, rest()}, request);
    BOOST_TEST(asked.is_cut(), request);
    BOOST_TEST(asked.requests.size() == 1u);
  }
}

BOOST_AUTO_TEST_CASE(what_is_not_the_rest_is_not_passed_on) {
  const auto whole = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n" + kTag + "\r\nhelloWORLD";
  const auto unsatisfied = "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Length: 0\r\n\r\n";
  for (const auto& answer :
       {whole, std::string(unsatisfied), rest("bytes 4-9/10", kTag, "oworld"),
        rest("bytes 5-8/10", kTag, "worl"), rest("bytes 5-9/11"), rest("bytes 5-9/*"),
        rest("bytes 5-9/10", "ETag: \"b\"\r\n"), rest("bytes 5-9/10", ""),
        rest("bytes 5-9/10", kTag, "worldx"), std::string("no answer at all\r\n\r\n")}) {
    const Asked asked({kHalf, answer});
    BOOST_TEST(asked.is_cut(), answer);
    BOOST_TEST(asked.requests.size() == 2u);
  }
}

BOOST_AUTO_TEST_CASE(each_link_is_asked_once) {
  const auto half_of_the_rest = "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 5-9/10\r\n" +
                                kTag + "Content-Length: 5\r\nConnection: close\r\n\r\nwor";
  const Asked asked({kHalf, half_of_the_rest, rest("bytes 8-9/10", kTag, "ld")});
  BOOST_TEST(asked.requests.size() == 2u);
  BOOST_TEST(asked.received.error == errc::connection_reset);
  BOOST_TEST(asked.received.text.ends_with("hellowor"));
}

// Something befalls the link of a download, part of the way.
struct Download {
  explicit Download(const std::string& tag, std::function<void(ProxyWorld&)> fault,
                    ServerOptions options = {}) {
    constexpr std::size_t kSize = 9'000'000;  // 3.6 s
    ProxyWorld world({"wifi", "lte"}, std::move(options));
    std::string content;
    for (std::size_t i = 0; content.size() < kSize; ++i) content += std::to_string(i) + " ";
    content.resize(kSize);
    world.serve([&](net::StreamPtr stream) -> net::Task<void> {
      const auto head = co_await read_until(*stream, "\r\n\r\n");
      const auto range = head.find("bytes=");
      const auto from = range == head.npos ? 0 : std::stoul(head.substr(range + 6));
      auto answer = std::string(from == 0 ? "HTTP/1.1 200 OK\r\n" : "HTTP/1.1 206 Part\r\n");
      if (from != 0) {
        answer += "Content-Range: bytes " + std::to_string(from) + "-8999999/9000000\r\n";
      }
      answer += tag + kRanges + "Content-Length: " + std::to_string(kSize - from) + "\r\n\r\n";
      co_await net::write_all(*stream, bytes_of(answer + content.substr(from)));
      co_await read_to_end(*stream);
    });
    const auto program = [&]() -> net::Task<void> {
      auto stream = co_await world.connect_to_proxy();
      co_await send_text(*stream, kLastGet);
      std::vector<std::byte> buffer(64 * 1024);
      while (received.text.size() < 6'000'000) {
        const auto got = co_await stream->read_some(buffer);
        BOOST_REQUIRE(got.has_value());
        received.text.append(reinterpret_cast<const char*>(buffer.data()), *got);
      }
      const auto began = world.simulation.now();
      fault(world);
      auto more = co_await read_to_end(*stream);
      took = world.simulation.now() - began;
      received.error = more.error;
      received.text += more.text;
    };
    world.run(program());
    const auto body = received.text.find("\r\n\r\n");
    is_whole = !received.error && received.text.substr(body + 4) == content;
    ways = world.sources.size();
  }

  Received received;
  net::Duration took{};
  bool is_whole = false;
  std::size_t ways = 0;
};

void blackhole(ProxyWorld& world) {
  world.world.find_link("laptop/wifi")->set_state(sim::LinkState::blackhole);
}

BOOST_AUTO_TEST_CASE(a_download_goes_on_when_its_link_dies) {
  const Download download(kTag, blackhole);
  BOOST_TEST(download.is_whole, download.received.error.message());
  BOOST_TEST(download.ways == 2u);
  BOOST_TEST((download.took < 4s), download.took.count());
}

BOOST_AUTO_TEST_CASE(without_an_entity_tag_it_is_reset) {
  const Download download("", blackhole);
  BOOST_TEST(download.received.error == errc::connection_reset);
  BOOST_TEST(download.ways == 1u);
}

BOOST_AUTO_TEST_CASE(it_leaves_a_dead_link_also_where_connections_are_to_stay) {
  ServerOptions options;
  options.dead_link_timeout = net::Duration::zero();
  const Download download(
      kTag,
      [](ProxyWorld& world) {
        blackhole(world);
        auto& wifi = *world.links->links().front();
        link::observe(*world.links, wifi, {link::Sign::gone, world.simulation.now(), "test"},
                      world.laptop.log());
      },
      options);
  BOOST_TEST(download.is_whole, download.received.error.message());
  BOOST_TEST((download.took < 2s), download.took.count());
}

BOOST_AUTO_TEST_CASE(a_silent_server_is_not_asked_again) {
  ServerOptions options;
  options.silence.idle = 4s;
  const Download download(
      kTag, [](ProxyWorld& world) { world.www.freeze(); }, options);
  BOOST_TEST(download.received.error == errc::connection_reset);
  BOOST_TEST(download.ways == 1u);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy

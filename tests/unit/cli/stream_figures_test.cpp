// What people see of a stream command.
#include "cli/stream_figures.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <sstream>

namespace dispatch::cli {
BOOST_AUTO_TEST_SUITE(stream_figures)
namespace {

using namespace std::chrono_literals;

BOOST_AUTO_TEST_CASE(progress_has_rate_and_loss_together_and_fits_a_terminal) {
  const std::array before{stream::EndpointFigures{"in", true, {0, 0, 0, 0}},
                          stream::EndpointFigures{"out", false, {0, 0, 0, 0}}};
  const std::array now{stream::EndpointFigures{"in", true, {900, 1'000'000, 100, 0}},
                       stream::EndpointFigures{"out", false, {900, 2'000'000, 0, 0}}};
  const auto lines = stream_progress(before, now, 1s, 5s, 16);
  BOOST_REQUIRE(lines.size() == 1u);  // the endpoints are these two
  BOOST_TEST(lines[0] == "5 s  in 900 at 1.0 MB/s lost 10.0 %  out 900 at 2.0 MB/s lost 0 %");
  constexpr std::uint64_t kHuge = 999'999'999'999'999;
  const std::array most{stream::EndpointFigures{"in", true, {kHuge, kHuge, kHuge, 0}},
                        stream::EndpointFigures{"out", false, {kHuge, kHuge, kHuge, 0}}};
  BOOST_TEST(stream_progress(before, most, 1s, 99'999s, 1)[0].size() < 80u);
}

BOOST_AUTO_TEST_CASE(progress_tells_of_each_endpoint_where_there_are_several) {
  constexpr std::uint64_t kHuge = 999'999'999'999'999;
  const std::array before{stream::EndpointFigures{"in", true, {0, 0, 0, 0}},
                          stream::EndpointFigures{"a", false, {10, 1'000, 0, 0}}};
  const std::array now{
      stream::EndpointFigures{"in", true, {kHuge, kHuge, kHuge, 0}},
      stream::EndpointFigures{"a", false, {20, 3'000'000, 20, 0}},
      stream::EndpointFigures{
          "udp://[2001:db8:1234:5678:9abc:def0:1234:5678]:65535", false, {5, 2'000'000, 0, 0}}};
  const auto lines = stream_progress(before, now, 2s, 5s, 16);
  BOOST_REQUIRE(lines.size() == 4u);
  for (const auto& line : lines) BOOST_TEST(line.size() < 80u, line);
  BOOST_TEST(lines[2] == "  out a                                  20 at   1.5 MB/s lost 50.0 %");
  // One that has come since.
  BOOST_TEST(lines[3] == "  out udp://[2...f0:1234:5678]:65535      5 at   1.0 MB/s lost 0 %");
  const auto fewer = stream_progress(before, now, 2s, 5s, 3);
  BOOST_REQUIRE(fewer.size() == 3u);
  BOOST_TEST(fewer[1].starts_with("  in  in "));
  BOOST_TEST(fewer[2] == "  and 2 more");
  BOOST_TEST(stream_progress(before, now, 2s, 5s, 1).size() == 1u);
}

BOOST_AUTO_TEST_CASE(the_summary_fits_a_terminal_however_long_a_name_is) {
  StreamFigures figures;
  figures.span = 10s;
  figures.endpoints = {{"file:/a/very/long/path/to/somewhere/far/away/in/the/tree/feed.log",
                        true,
                        {123'456'789, 12'345'678'901, 0, 0}},
                       {"udp://[2001:db8:1234:5678:9abc:def0:1234:5678]:65535 by wlan0",
                        false,
                        {123'456, 12'345'678'901, 5, 0}}};
  std::istringstream lines(stream_summary(figures));
  for (std::string line; std::getline(lines, line);) BOOST_TEST(line.size() <= 80u, line);
  BOOST_TEST(stream_summary(figures).find("65535 by wlan0") != std::string::npos);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::cli

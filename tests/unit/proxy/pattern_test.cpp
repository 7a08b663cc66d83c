#include "engine/traffic/pattern.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

namespace dispatch::traffic {
BOOST_AUTO_TEST_SUITE(pattern)
namespace {

std::vector<std::byte> made(std::uint64_t key, std::size_t size) {
  std::vector<std::byte> bytes(size);
  Pattern(key).make(bytes);
  return bytes;
}

BOOST_AUTO_TEST_CASE(the_stream_does_not_depend_on_how_it_is_cut) {
  const auto whole = made(7, 10000);
  Pattern maker(7);
  Pattern checker(7);
  std::vector<std::byte> pieces;
  for (std::size_t size = 1; pieces.size() < whole.size(); size = size * 3 % 257 + 1) {
    std::vector<std::byte> piece(std::min(size, whole.size() - pieces.size()));
    maker.make(piece);
    BOOST_TEST(checker.check(piece));
    pieces.insert(pieces.end(), piece.begin(), piece.end());
  }
  BOOST_TEST((pieces == whole));
}

BOOST_AUTO_TEST_CASE(every_kind_of_damage_shows) {
  const auto good = made(7, 9000);
  BOOST_TEST(Pattern(7).check(good));
  BOOST_TEST(!Pattern(8).check(good));
  auto changed = good;
  changed[8999] ^= std::byte{1};
  BOOST_TEST(!Pattern(7).check(changed));
  auto lost = good;
  lost.erase(lost.begin() + 100);
  BOOST_TEST(!Pattern(7).check(lost));
  auto repeated = good;
  repeated.insert(repeated.begin() + 100, good[100]);
  BOOST_TEST(!Pattern(7).check(repeated));
  auto moved = good;
  std::swap_ranges(moved.begin(), moved.begin() + 1448, moved.begin() + 1448);
  BOOST_TEST(!Pattern(7).check(moved));
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::traffic

// What is put into a scenario from elsewhere: included files, values of a command line, seeds.
#include "sim/scenario/dump.hpp"
#include "sim/scenario/load.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>

namespace dispatch::scenario {
namespace {

namespace fs = std::filesystem;

constexpr auto kText = R"(dispatch: 1
links: {wifi: {down: 50 Mbit/s, up: 10 Mbit/s}, lte: {rate: 8 Mbit/s}}
hosts: {www: }
)";
constexpr auto kWorld = R"(dispatch: 1
links: {wifi: {down: 50 Mbit/s, up: 10 Mbit/s}, lte: {rate: 8 Mbit/s}}
hosts: {www: }
workloads:
  - {name: big, download: {from: www, size: 1 MB}}
)";

Scenario with(const std::string& assignment) {
  return load_text(kWorld, "a.yaml", {{assignment}});
}

std::string error_with(const std::string& assignment) {
  try {
    with(assignment);
  } catch (const ScenarioError& error) {
    return error.what();
  }
  return "no error";
}

// A folder of its own, gone at the end.
struct Folder {
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "dispatch-XXXXXX").string();
    path = mkdtemp(pattern.data());
  }
  ~Folder() { fs::remove_all(path); }
  fs::path write(const std::string& name, const std::string& text) const {
    std::ofstream(path / name) << text;
    return path / name;
  }
  fs::path path;
};

std::string error_of(const fs::path& file) {
  try {
    load_file(file);
  } catch (const ScenarioError& error) {
    return error.what();
  }
  return "no error";
}

BOOST_AUTO_TEST_SUITE(scenario_set)

BOOST_AUTO_TEST_CASE(a_value_of_the_command_line_takes_the_place_of_the_files) {
  BOOST_TEST(std::get<double>(with("links.lte.loss=2%").links[1].down.loss) == 0.02);
  BOOST_TEST(with("seed=7").seed == 7u);
  BOOST_TEST(with("engine.policy=sticky").engine.policy.text == "sticky");
  const auto big = std::get<BulkSpec>(with("workloads.big.download.size=5 MB").workloads[0].work);
  BOOST_TEST(big.size.count == 5'000'000u);
  const auto first = std::get<BulkSpec>(with("workloads.0.download.count=3").workloads[0].work);
  BOOST_TEST(first.count == 3u);
  BOOST_TEST(with("expect=[end < 5s]").expectations.size() == 1u);
  BOOST_TEST(with("hosts.www.delay=3ms").hosts[0].delay == std::chrono::milliseconds(3));
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_it_names_it) {
  BOOST_TEST(
      error_with("links.lte.loss=2").starts_with("--set links.lte.loss=2: \"2\" has no unit"));
  BOOST_TEST(error_with("links.lte.los=2%").starts_with("--set links.lte.los=2%: unknown key"));
  BOOST_TEST(error_with("workloads.bigg.at=1s").find("no item \"bigg\"") != std::string::npos);
  BOOST_TEST(error_with("links.wifi.down.loss=1%").find("\"50 Mbit/s\" stands where a map") !=
             std::string::npos);
  BOOST_TEST(error_with("nothing").find("links.wifi.loss=2%") != std::string::npos);
  BOOST_TEST(error_with("links={").find("not YAML") != std::string::npos);
  BOOST_TEST(error_with("expect=[big.complet]").starts_with("--set expect=[big.complet]: "));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(scenario_include)

BOOST_AUTO_TEST_CASE(what_includes_has_the_last_word) {
  const Folder folder;
  folder.write("common.yaml", R"(
links: {wifi: {rate: 20 Mbit/s, delay: 5ms}, lte: {rate: 8 Mbit/s}}
hosts: {www: }
expect: [end < 9s]
)");
  const auto scenario = load_file(folder.write("a.yaml", R"(dispatch: 1
include: common.yaml
links: {wifi: {delay: 7ms}}
expect: [end < 8s]
)"));
  BOOST_REQUIRE(scenario.links.size() == 2u);
  BOOST_TEST(scenario.links[0].down.delay == std::chrono::milliseconds(7));
  BOOST_TEST(scenario.hosts.size() == 1u);
  BOOST_REQUIRE(scenario.expectations.size() == 2u);
  BOOST_TEST(scenario.expectations[0].text == "end < 8s");
  BOOST_TEST(load_text(dump(scenario), "b.yaml").links.size() == 2u);
}

BOOST_AUTO_TEST_CASE(an_error_in_an_included_file_names_that_file) {
  const Folder folder;
  const auto common = folder.write("common.yaml", "links:\n  wifi: {rate: 20}\n");
  const auto file = folder.write("a.yaml", "dispatch: 1\ninclude: [common.yaml]\n");
  BOOST_TEST(error_of(file).starts_with(common.string() + ":2:16: \"20\" has no unit"));
  folder.write("common.yaml", "links: {wifi: {rate: 20 Mbit/s}}\nexpect: [shar(wifi) > 1%]\n");
  BOOST_TEST(error_of(file).starts_with(common.string() + ":2:10: "));
}

BOOST_AUTO_TEST_CASE(files_are_found_beside_the_one_that_names_them) {
  const Folder folder;
  fs::create_directory(folder.path / "parts");
  folder.write("parts/more.yaml", "hosts: {www: }\n");
  folder.write("parts/links.yaml", "include: more.yaml\nlinks: {a: {rate: 1 Mbit/s}}\n");
  const auto file = folder.write("a.yaml", "dispatch: 1\ninclude: parts/links.yaml\n");
  BOOST_TEST(load_file(file).hosts.size() == 1u);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_included_is_told_where_it_is_named) {
  const Folder folder;
  const auto file = folder.write("a.yaml", "dispatch: 1\ninclude: [b.yaml]\n");
  BOOST_TEST(error_of(file) == file.string() + ":2:11: \"b.yaml\": no such file");
  folder.write("b.yaml", "include: a.yaml\n");
  BOOST_TEST(error_of(file).find("includes itself") != std::string::npos);
  folder.write("b.yaml", "[1, 2]\n");
  BOOST_TEST(error_of(file).find("a map of keys") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(scenario_seeds)

BOOST_AUTO_TEST_CASE(seeds_are_ranges_and_numbers_each_once_in_their_order) {
  const auto seeds = seeds_in(parse_seeds("7, 1..3,2..4"));
  BOOST_TEST(seeds == (std::vector<std::uint64_t>{7, 1, 2, 3, 4}),
             boost::test_tools::per_element());
  BOOST_TEST(to_string(parse_seeds(" 1 .. 3,9")) == "1..3, 9");
  for (const auto* wrong :
       {"", "a", "1..", "3..1", "1,", "-1", "0..1000000", "1...3", "9223372036854775808"}) {
    BOOST_CHECK_THROW(parse_seeds(wrong), UnitError);
  }
  BOOST_TEST(seeds_in(parse_seeds("9223372036854775807")).size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_file_may_name_them) {
  const auto scenario = load_text(std::string(kText).replace(11, 0, "\nseeds: 5..7"), "a.yaml");
  BOOST_TEST(scenario.seed == 5u);
  BOOST_TEST(seeds_in(scenario.seeds).size() == 3u);
  BOOST_TEST(seeds_in(load_text(dump(scenario), "b.yaml").seeds).size() == 3u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace dispatch::scenario

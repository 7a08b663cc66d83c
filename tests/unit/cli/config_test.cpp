// The configuration file: its text, and how its lines become options.

#include "cli/arguments.hpp"
#include "cli/config_text.hpp"
#include "cli/exit_status.hpp"
#include "engine/net/config_error.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace dispatch::cli {
BOOST_AUTO_TEST_SUITE(config)
namespace {

std::string error_of(std::string_view text) {
  try {
    (void)parse_config_text(text, "f");
  } catch (const net::ConfigError& error) {
    return error.what();
  }
  return "";
}

// In a folder of its own, which goes with it.
struct File {
  explicit File(const std::string& text) {
    char name[] = "/tmp/dispatch-config-XXXXXX";
    folder = ::mkdtemp(name);
    write(text);
  }
  ~File() { std::filesystem::remove_all(folder); }

  void write(const std::string& text) const { std::ofstream(path()) << text; }
  std::string path() const { return folder / "dispatch.toml"; }

  StartArguments start(std::vector<std::string> more = {}) const {
    std::vector<const char*> words = {"dispatch", "start", "--config"};
    const auto config = path();
    words.push_back(config.c_str());
    for (const auto& word : more) words.push_back(word.c_str());
    const auto parsed = parse_arguments(static_cast<int>(words.size()), words.data());
    return std::get<StartArguments>(parsed.command);
  }

  // Without the path before it.
  std::string error() const {
    try {
      (void)start();
    } catch (const net::ConfigError& error) {
      const std::string what = error.what();
      BOOST_REQUIRE(what.starts_with(path()));
      return what.substr(path().size());
    }
    return "";
  }

  std::filesystem::path folder;
};

BOOST_AUTO_TEST_CASE(words_strings_and_lists_are_read_with_their_lines) {
  const auto entries = parse_config_text(
      "# first\n\nport = 1080 # behind\nusers=\"a \\\"b\\\" \\\\ # c\"\nx = '\\n'\r\n"
      "links = [ \"eth0/7\",  # one\n  'wlan0',\n]\nnone = []",
      "f");
  const std::vector<ConfigEntry> expected = {
      {"port", 3, false, {{"1080", 3}}},
      {"users", 4, false, {{"a \"b\" \\ # c", 4}}},
      {"x", 5, false, {{"\\n", 5}}},
      {"links", 6, true, {{"eth0/7", 6}, {"wlan0", 7}}},
      {"none", 9, true, {}},
  };
  BOOST_TEST((entries == expected));
  BOOST_TEST(parse_config_text("", "f").empty());
  BOOST_TEST(parse_config_text("\xef\xbb\xbf# nothing", "f").empty());
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_said_with_its_line) {
  BOOST_TEST(error_of("\nport 1080").starts_with("f:2: no '=' behind 'port'"));
  BOOST_TEST(error_of("port =").starts_with("f:1: 'port' has no value"));
  BOOST_TEST(error_of("port = 1\nport = 2").starts_with("f:2: 'port' stands in line 1 already"));
  BOOST_TEST(error_of("port = 1 2").starts_with("f:1: '2' is too much behind the value"));
  BOOST_TEST(error_of("users = \"a\nb\"").starts_with("f:1: the value of 'users' has no \""));
  BOOST_TEST(error_of("users = \"\\q\"").starts_with("f:1: a backslash"));
  BOOST_TEST(error_of("\nlinks = [a,\nb\n").starts_with("f:2: the list of 'links' has no ']'"));
  BOOST_TEST(error_of("links = [a\nb]").starts_with("f:2: a comma is missing before 'b]'"));
  BOOST_TEST(error_of("[start]").starts_with("f:1: there are no sections"));
  BOOST_TEST(error_of("= 3").starts_with("f:1: '= 3' is no KEY = VALUE"));
  BOOST_TEST(error_of({"\x7f"
                       "E\0\1",
                       4}) ==
             "f:1: '\x7f"
             "E' is no KEY = VALUE");
}

BOOST_AUTO_TEST_CASE(its_keys_are_options) {
  const File file(
      "links = [\"eth0/7\", \"wlan0/3\"]\nidle-timeout = 5min\nudp-one-link = true\n"
      "udp-only-answers = false\nthreads = 3\n");
  const auto start = file.start();
  BOOST_REQUIRE(start.links.size() == 2);
  BOOST_TEST(start.links[0].target == "eth0");
  BOOST_TEST(start.links[1].weight == 3);
  BOOST_TEST((start.server.silence.idle == std::chrono::minutes(5)));
  BOOST_TEST(start.server.udp.one_link);
  BOOST_TEST(!start.server.udp.only_from_targets);
  BOOST_TEST(start.threads == 3);
}

BOOST_AUTO_TEST_CASE(the_command_line_counts_more) {
  const File file("links = [eth0, wlan0]\nthreads = 3\nlisten = [\"127.0.0.1:2\"]\n");
  const auto start = file.start({"--threads", "2", "--port", "7", "lte"});
  BOOST_TEST(start.threads == 2);
  BOOST_REQUIRE(start.links.size() == 1);
  BOOST_TEST(start.links[0].target == "lte");
  BOOST_REQUIRE(start.listeners.size() == 1);
  BOOST_TEST(start.listeners[0].endpoint.port == 7);
}

BOOST_AUTO_TEST_CASE(files_are_looked_for_beside_it) {
  const File file("users = users.txt\n");
  std::ofstream(file.folder / "users.txt") << "kim:secret\n";
  std::filesystem::permissions(file.folder / "users.txt", std::filesystem::perms::owner_read);
  BOOST_TEST(!file.start().server.accounts.empty());
}

BOOST_AUTO_TEST_CASE(an_error_names_the_line_of_the_value) {
  BOOST_TEST(File("threads = 2\n\nidle-timeout = soon\n")
                 .error()
                 .starts_with(":3: idle-timeout: 'soon' is not a duration"));
  BOOST_TEST(File("links = [\n'eth0',\n'eth1/0']").error().starts_with(":3: 'eth1/0': the weight"));
  BOOST_TEST(File("\nthread = 2").error().starts_with(":2: there is no 'thread'; did you mean"));
  BOOST_TEST(File("config = x").error().starts_with(":1: there is no 'config'"));
  BOOST_TEST(File("threads = [2]").error().starts_with(":1: threads takes one value"));
  BOOST_TEST(File("udp-one-link = yes")
                 .error()
                 .starts_with(":1: udp-one-link: 'yes' is neither true nor false"));
  BOOST_TEST(File("users = nobody.txt").error().find("nobody.txt: No such file") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(links_are_known_by_their_names) {
  BOOST_TEST(File("links = [a=eth0, a=wlan0]").error() ==
             ": 'a' is given twice: name it once, or give each a name of its own: NAME=wlan0");
}

BOOST_AUTO_TEST_CASE(it_is_read_again) {
  const File file("links = [eth0, wlan0]\nthreads = 3\n");
  const auto start = file.start();
  file.write("links = [eth0/5]\n");
  const auto again = start.read_again();
  BOOST_REQUIRE(again.links.size() == 1);
  BOOST_TEST(again.links[0].weight == 5);
  BOOST_TEST(again.threads == 1);
}

BOOST_AUTO_TEST_CASE(the_example_is_a_good_file_as_it_is_and_with_its_defaults) {
  const char* words[] = {"dispatch", "config", "example"};
  auto text = std::get<Answer>(parse_arguments(3, words).command).text;
  BOOST_TEST(parse_config_text(text, "f").empty());
  std::string defaults;
  for (std::size_t at = 0; (at = text.find("\n#", at)) != std::string::npos;) {
    at += 2;
    const auto line = text.substr(at, text.find('\n', at) - at);
    if (line.starts_with(' ') || line.ends_with("\"\"")) continue;
    if (line.starts_with("ip =") || line.starts_with("port =")) continue;
    defaults += line + '\n';
  }
  const File file(defaults);
  BOOST_TEST(parse_config_text(defaults, "f").size() > 20);
  BOOST_TEST(file.error() == "");
  const auto start = file.start();
  BOOST_TEST(start.threads == 1);
  BOOST_TEST((start.server.udp.flow_timeout == std::chrono::minutes(2)));
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::cli

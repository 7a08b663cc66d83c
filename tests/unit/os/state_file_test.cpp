// A small file that outlives whatever happens while it is written.
#include "engine/os/state_file.hpp"

#include <boost/system/errc.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>
#include <unistd.h>

namespace dispatch::os {
BOOST_AUTO_TEST_SUITE(state_file)
namespace {

namespace errc = boost::system::errc;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

// Goes with what is in it.
struct Folder {
  Folder() : path(fs::temp_directory_path() / ("dispatch-state-" + std::to_string(::getpid()))) {
    fs::remove_all(path);
    fs::create_directory(path);
  }
  ~Folder() { fs::remove_all(path); }
  std::string file() const { return path / "state" / "usage"; }

  fs::path path;
};

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Until the last write is over, for ten seconds at most.
net::Status outcome_of(const StateFile& file) {
  for (int i = 0; i < 10'000; ++i) {
    if (const auto outcome = file.outcome()) return *outcome;
    std::this_thread::sleep_for(1ms);
  }
  return errc::make_error_code(errc::timed_out);
}

BOOST_AUTO_TEST_CASE(what_is_written_is_there_when_it_goes) {
  const Folder folder;
  {
    StateFile file(folder.file());
    BOOST_TEST(!file.claim());
    BOOST_TEST(file.read().value() == "");
    for (int i = 0; i < 100; ++i) file.write("text " + std::to_string(i));
  }
  BOOST_TEST(text_of(folder.file()) == "text 99");
  BOOST_TEST(StateFile(folder.file()).read().value() == "text 99");
  BOOST_TEST(!fs::exists(folder.file() + ".new"));
}

BOOST_AUTO_TEST_CASE(another_one_cannot_claim_it_meanwhile) {
  const Folder folder;
  {
    StateFile first(folder.file());
    BOOST_TEST(!first.claim());
    StateFile second(folder.file());
    BOOST_TEST((second.claim() == errc::resource_unavailable_try_again));
  }
  BOOST_TEST(!StateFile(folder.file()).claim());
}

BOOST_AUTO_TEST_CASE(a_write_that_fails_leaves_the_old_one_and_is_told) {
  const Folder folder;
  StateFile file(folder.file());
  BOOST_TEST(!file.claim());
  file.write("old");
  BOOST_TEST(!outcome_of(file));
  fs::create_directory(folder.file() + ".new");  // in the way
  StateFile next(folder.file());
  next.write("new");
  BOOST_TEST((outcome_of(next) == errc::is_a_directory));
  BOOST_TEST(text_of(folder.file()) == "old");
}

BOOST_AUTO_TEST_CASE(a_full_disk_leaves_the_old_one_and_is_told) {
  if (!fs::exists("/dev/full")) return;
  const Folder folder;
  StateFile file(folder.file());
  BOOST_TEST(!file.claim());
  fs::create_symlink("/dev/full", folder.file() + ".new");
  file.write("new");
  BOOST_TEST((outcome_of(file) == errc::no_space_on_device));
}

BOOST_AUTO_TEST_CASE(what_is_damaged_is_put_beside_it) {
  const Folder folder;
  StateFile file(folder.file());
  BOOST_TEST(!file.claim());
  std::ofstream(folder.file()) << "odd";
  BOOST_TEST(!file.put_aside());
  BOOST_TEST(text_of(folder.file() + ".damaged") == "odd");
  BOOST_TEST(file.read().value() == "");
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::os

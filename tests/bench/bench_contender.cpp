#include "tests/bench/bench_contender.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace dispatch::bench {
namespace {

Contender socks5_proxy(const char* name, std::vector<std::string> command, std::uint16_t port,
                       std::uint16_t target) {
  Contender contender{name, [port, target] { return connect_by_socks5(port, target); },
                      std::make_unique<Process>(command), port};
  contender.process->wait_for(port);
  return contender;
}

// One thread and splice, as dispatch by itself; a fixed target, since it speaks no SOCKS.
Contender haproxy(const std::string& program, std::uint16_t target) {
  const auto port = free_port();
  std::string path = std::filesystem::temp_directory_path() / "dispatch-bench-XXXXXX";
  const int file = ::mkstemp(path.data());
  if (file < 0) fail("a file for haproxy");
  ::close(file);
  std::ofstream(path) << "global\n  maxconn 4000\n  nbthread 1\n  tune.pipesize 1048576\n"
                         "defaults\n  mode tcp\n  timeout connect 10s\n  timeout client 1h\n"
                         "  timeout server 1h\n  option splice-auto\n  option splice-request\n  "
                         "option splice-response\n  maxconn 4000\n"
                         "listen bench\n  bind 127.0.0.1:"
                      << port << "\n  server target 127.0.0.1:" << target << "\n";
  Contender contender{
      "haproxy", [port] { return connect_to(port); },
      std::make_unique<Process>(std::vector{program, std::string("-db"), std::string("-f"), path})};
  contender.process->wait_for(port);
  std::filesystem::remove(path);
  return contender;
}

}  // namespace

std::vector<Contender> contenders(const std::string& dispatch, const std::string& reference,
                                  std::uint16_t target) {
  std::vector<Contender> all;
  all.push_back({"direct", [target] { return connect_to(target); }});
  const auto of_reference = free_port();
  all.push_back(
      socks5_proxy("reference", {reference, std::to_string(of_reference)}, of_reference, target));
  const auto of_dispatch = free_port();
  all.push_back(socks5_proxy(
      "dispatch", {dispatch, "start", "--port", std::to_string(of_dispatch), "127.0.0.1"},
      of_dispatch, target));
  if (const auto program = find_program("haproxy"); !program.empty()) {
    all.push_back(haproxy(program, target));
  }
  return all;
}

}  // namespace dispatch::bench

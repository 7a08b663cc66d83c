// Who is measured: no proxy at all, the reference relay, dispatch, and haproxy where there is one.
#pragma once

#include "tests/bench/bench_load.hpp"
#include "tests/bench/bench_process.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace dispatch::bench {

struct Contender {
  std::string name;
  Connect connect;
  std::unique_ptr<Process> process{};  // null: there is none
  std::uint16_t socks5 = 0;            // 0: it does not speak it

  double cpu_seconds() const { return process ? process->cpu_seconds() : 0; }
};

// All of them, ready, for connections to `target`. `dispatch` and `reference` are programs.
std::vector<Contender> contenders(const std::string& dispatch, const std::string& reference,
                                  std::uint16_t target);

}  // namespace dispatch::bench

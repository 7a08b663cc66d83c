// The reference relay as a program: bench_reference PORT
#include "tests/bench/reference_relay.hpp"

#include <cstdio>
#include <cstdlib>
#include <signal.h>
#include <sys/resource.h>

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: bench_reference PORT\n");
    return 2;
  }
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::signal(SIGPIPE, SIG_IGN);  // splice has no MSG_NOSIGNAL
  dispatch::bench::ReferenceRelay(static_cast<std::uint16_t>(std::atoi(argv[1]))).run();
}

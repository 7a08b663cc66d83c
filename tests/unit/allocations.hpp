// Every allocation of a test program that is linked with allocations.cpp is counted.
#pragma once

#include <cstddef>

namespace dispatch::test {

extern std::size_t bytes_in_use;  // as the heap rounds them
extern std::size_t allocations;   // since the program began

}  // namespace dispatch::test

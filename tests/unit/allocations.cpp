#include "tests/unit/allocations.hpp"

#include <cstdlib>
#include <malloc.h>
#include <new>

namespace dispatch::test {

std::size_t bytes_in_use = 0;
std::size_t allocations = 0;

}  // namespace dispatch::test

void* operator new(std::size_t size) {
  auto* memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  dispatch::test::bytes_in_use += malloc_usable_size(memory);
  ++dispatch::test::allocations;
  return memory;
}
void operator delete(void* memory) noexcept {
  if (memory != nullptr) dispatch::test::bytes_in_use -= malloc_usable_size(memory);
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  operator delete(memory);
}

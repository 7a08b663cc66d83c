// What the process holds of the system's memory.
#pragma once

namespace dispatch::os {

// Gives back whole pages that are free within the heap, of which the allocator itself gives back
// the end only (glibc: malloc_trim(3); nothing elsewhere). Takes milliseconds where there is much.
void give_back_free_memory();

}  // namespace dispatch::os

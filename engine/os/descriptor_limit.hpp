// How many descriptors the process may have.
#pragma once

#include <cstddef>

namespace dispatch::os {

// As many as the administrator allows, and not only the 1024 that programs with select() can stand.
// What it is then.
std::size_t raise_descriptor_limit();

}  // namespace dispatch::os

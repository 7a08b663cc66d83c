#include "engine/link/standing.hpp"

namespace dispatch::link {

std::string_view to_string(Health health) {
  switch (health) {
    case Health::up:
      return "up";
    case Health::recovering:
      return "recovering";
    case Health::suspect:
      return "suspect";
    case Health::down:
      return "down";
  }
  return "unknown";
}

}  // namespace dispatch::link

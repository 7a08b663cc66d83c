// "Did you mean ...?"
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::units {

// The candidate that `word` is most likely a slip of: at most a third of its letters differ, upper
// and lower case counting as nearly the same. Empty where none is near.
std::string_view suggestion(std::string_view word, std::span<const std::string_view> candidates);
std::string_view suggestion(std::string_view word, const std::vector<std::string>& candidates);

// `; did you mean "x"?`, or `: write one of a, b, c`, or nothing where there are no candidates.
std::string hint(std::string_view word, std::span<const std::string_view> candidates);
std::string hint(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace dispatch::units

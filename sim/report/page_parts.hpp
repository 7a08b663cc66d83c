// The files that a page is made of, as texts of the program. Written by CMake.
#pragma once

#include <array>
#include <string_view>

namespace dispatch::report {

extern const std::string_view kPage;  // with a place for each of the others: @PAGE_CSS@, ...
extern const std::string_view kPageStyle;
extern const std::array<std::string_view, 4> kPageScripts;
// uPlot's (third_party/uplot).
extern const std::string_view kPlotStyle;
extern const std::string_view kPlotScript;

}  // namespace dispatch::report

// The screen of `dispatch monitor`, as FTXUI draws it.
#pragma once

#include "cli/monitor/model.hpp"
#include "cli/screen/terminal.hpp"

#include <ftxui/dom/elements.hpp>

namespace dispatch::cli::monitor {

using Spots = screen::Spots<Clicked>;

// `model` is told how much of it is seen.
ftxui::Element draw(Model& model, screen::Size size, const screen::Look& look, Spots& spots);

}  // namespace dispatch::cli::monitor

// The page of the dashboard, as it is sent: engine/control/dashboard.html.
#pragma once

#include <string_view>

namespace dispatch::control {

extern const std::string_view kDashboard;

}  // namespace dispatch::control

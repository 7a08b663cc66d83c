// The page of the coordinator, as it is sent: engine/fleet/fleet_page.html.
#pragma once

#include <string_view>

namespace dispatch::fleet {

extern const std::string_view kFleetPage;

}  // namespace dispatch::fleet

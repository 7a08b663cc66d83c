// The OpenAPI 3.1 document of the coordinator, made of the table of its routes.
#pragma once

#include <string>

namespace dispatch::fleet {

const std::string& openapi_text();

}  // namespace dispatch::fleet

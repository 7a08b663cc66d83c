// The schemas of the OpenAPI document, as the file openapi_schemas.json has them.
#pragma once

namespace dispatch::fleet {

extern const char* const kOpenApiSchemas;

}  // namespace dispatch::fleet

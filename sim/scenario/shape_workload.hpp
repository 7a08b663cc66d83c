// What workloads do. Internal to shape_workload.cpp and load_workload.cpp.
#pragma once

#include "sim/scenario/shape.hpp"

namespace dispatch::scenario {

ShapePtr download_shape();
ShapePtr upload_shape();
ShapePtr requests_shape();
ShapePtr browse_shape();
ShapePtr chat_shape();
ShapePtr video_shape();
ShapePtr call_shape();
ShapePtr stream_shape();
ShapePtr execute_shape();
// A distribution, as a map, of figures of that kind.
ShapePtr draw_map_shape(Shape::Kind kind);

}  // namespace dispatch::scenario

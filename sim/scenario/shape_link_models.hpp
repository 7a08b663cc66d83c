// The models of a link. Internal to shape_link.cpp and the functions that read them.
#pragma once

#include "sim/scenario/shape.hpp"

namespace dispatch::scenario {

ShapePtr token_bucket_shape();
ShapePtr rate_model_shape();  // a map: {token_bucket: ...} or {trace: ...}
ShapePtr loss_shape();        // the map
ShapePtr gilbert_elliott_shape();
ShapePtr bursts_shape();
ShapePtr correlated_shape();
ShapePtr jitter_shape();   // the map
ShapePtr reorder_shape();  // the map
ShapePtr pause_shape();
ShapePtr handover_shape();
ShapePtr queue_shape();  // the map
ShapePtr codel_shape();
ShapePtr fq_codel_shape();
ShapePtr red_shape();
ShapePtr direction_shape(bool down);
ShapePtr schedule_shape();  // the map
ShapePtr step_shape();

}  // namespace dispatch::scenario

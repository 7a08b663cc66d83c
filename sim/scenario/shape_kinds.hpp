// The shapes of single values, by the names that descriptions of keys read best with.
#pragma once

#include "sim/scenario/shape.hpp"

namespace dispatch::scenario::kinds {

inline ShapePtr text() {
  return shape_of(Shape::Kind::text);
}
inline ShapePtr rate() {
  return shape_of(Shape::Kind::rate);
}
inline ShapePtr bytes() {
  return shape_of(Shape::Kind::bytes);
}
inline ShapePtr duration() {
  return shape_of(Shape::Kind::duration);
}
inline ShapePtr percentage() {
  return shape_of(Shape::Kind::ratio);
}
inline ShapePtr count() {
  return shape_of(Shape::Kind::count);
}
inline ShapePtr truth() {
  return shape_of(Shape::Kind::truth);
}
inline ShapePtr nothing() {
  return shape_of(Shape::Kind::nothing);
}

}  // namespace dispatch::scenario::kinds

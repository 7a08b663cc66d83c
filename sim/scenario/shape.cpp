#include "sim/scenario/shape.hpp"

#include <algorithm>
#include <utility>

namespace dispatch::scenario {

const ShapeKey* Shape::find(std::string_view key) const {
  const auto it = std::find_if(keys.begin(), keys.end(),
                               [&](const ShapeKey& each) { return each.name == key; });
  return it == keys.end() ? nullptr : &*it;
}

std::vector<std::string_view> Shape::names() const {
  std::vector<std::string_view> names;
  for (const auto& key : keys) names.push_back(key.name);
  return names;
}

bool admits(const Shape& shape, Shape::Kind kind) {
  if (shape.kind != Shape::Kind::either) return shape.kind == kind;
  return std::any_of(shape.inner.begin(), shape.inner.end(),
                     [kind](const ShapePtr& each) { return admits(*each, kind); });
}

ShapePtr shape_of(Shape::Kind kind) {
  Shape shape;
  shape.kind = kind;
  return std::make_shared<Shape>(std::move(shape));
}

ShapePtr choice_of(std::vector<std::string_view> words) {
  Shape shape;
  shape.kind = Shape::Kind::choice;
  shape.words = std::move(words);
  return std::make_shared<Shape>(std::move(shape));
}

ShapePtr list_of(ShapePtr inner) {
  Shape shape;
  shape.kind = Shape::Kind::list;
  shape.inner.push_back(std::move(inner));
  return std::make_shared<Shape>(std::move(shape));
}

ShapePtr names_of(ShapePtr inner) {
  Shape shape;
  shape.kind = Shape::Kind::names;
  shape.inner.push_back(std::move(inner));
  return std::make_shared<Shape>(std::move(shape));
}

ShapePtr either_of(std::vector<ShapePtr> inner) {
  Shape shape;
  shape.kind = Shape::Kind::either;
  shape.inner = std::move(inner);
  return std::make_shared<Shape>(std::move(shape));
}

ShapePtr one_or_more_of(ShapePtr inner) {
  return either_of({inner, list_of(inner)});
}

ShapePtr nothing_or(ShapePtr inner) {
  return either_of({shape_of(Shape::Kind::nothing), std::move(inner)});
}

ShapePtr map_of(std::string_view what, std::vector<ShapeKey> keys,
                std::vector<std::vector<std::string_view>> one_of,
                std::vector<std::string_view> later) {
  Shape shape;
  shape.kind = Shape::Kind::map;
  shape.what = what;
  shape.keys = std::move(keys);
  shape.one_of = std::move(one_of);
  shape.later = std::move(later);
  return std::make_shared<Shape>(std::move(shape));
}

}  // namespace dispatch::scenario

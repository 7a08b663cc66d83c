// What may stand where in a scenario file: the one description of its keys. The parser reads by it
// (YamlValue::map knows no other keys), and the JSON Schema for editors is made from it
// (schema.hpp).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::scenario {

struct Shape;
using ShapePtr = std::shared_ptr<const Shape>;

// A key of a map.
struct ShapeKey {
  std::string_view name;
  std::string_view says;  // what it is, for people who hover over it
  ShapePtr value;
  bool required = false;
};

// Texts are literals.
struct Shape {
  enum class Kind : std::uint8_t {
    text,
    rate,
    bytes,
    duration,
    ratio,
    frequency,
    count,    // a whole number
    truth,    // true or false
    choice,   // one of `words`
    nothing,  // no value: `www:`
    map,      // with `keys`
    names,    // a map whose keys are the user's, of `inner`
    list,     // of `inner`
    either,   // one of `inner`
  };

  Kind kind = Kind::text;
  std::string_view what;  // "a link"; of a map
  std::vector<ShapeKey> keys;
  std::vector<std::string_view> later;                // keys that a later version will know
  std::vector<std::vector<std::string_view>> one_of;  // of each group exactly one key is given
  std::vector<std::string_view> words;
  std::vector<ShapePtr> inner;

  const ShapeKey* find(std::string_view key) const;
  std::vector<std::string_view> names() const;  // of the keys
};

// Whether a value of that kind may stand there.
bool admits(const Shape& shape, Shape::Kind kind);

ShapePtr shape_of(Shape::Kind kind);
ShapePtr choice_of(std::vector<std::string_view> words);
ShapePtr list_of(ShapePtr inner);
ShapePtr names_of(ShapePtr inner);
ShapePtr either_of(std::vector<ShapePtr> inner);
ShapePtr one_or_more_of(ShapePtr inner);  // it, or a list
ShapePtr nothing_or(ShapePtr inner);
ShapePtr map_of(std::string_view what, std::vector<ShapeKey> keys,
                std::vector<std::vector<std::string_view>> one_of = {},
                std::vector<std::string_view> later = {});

// Of the whole file, and of its parts.
const Shape& scenario_shape();
ShapePtr link_shape();
ShapePtr link_change_shape();
ShapePtr host_shape();
ShapePtr dns_shape();
ShapePtr dns_behaviour_shape();
ShapePtr nat_shape();
ShapePtr portal_shape();
ShapePtr engine_shape();
ShapePtr machine_shape();
ShapePtr client_shape();
ShapePtr fleet_shape();
ShapePtr workload_shape();
ShapePtr event_shape();
ShapePtr expectation_shape();

}  // namespace dispatch::scenario

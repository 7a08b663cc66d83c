#include "sim/scenario/schema.hpp"

#include "sim/scenario/shape.hpp"

#include <boost/json.hpp>

#include <map>

namespace dispatch::scenario {
namespace {

namespace js = boost::json;
constexpr const char* kNumber = "^\\s*[0-9]+(\\.[0-9]+)?\\s*";

js::object text_like(std::string_view units, std::string_view example) {
  return {{"type", "string"},
          {"pattern", std::string(kNumber) + std::string(units) + "\\s*$"},
          {"examples", js::array{js::string(example)}}};
}

// Of what is a map, or may be one: written once, and referred to.
class Writer {
 public:
  js::object write() {
    auto root = map(scenario_shape());
    root["$schema"] = "https://json-schema.org/draft/2020-12/schema";
    root["title"] = "A scenario of dispatch-sim";
    js::object definitions;
    for (auto& [name, object] : definitions_) definitions[name] = std::move(object);
    root["$defs"] = std::move(definitions);
    return root;
  }

 private:
  js::object value(const Shape& shape) {
    switch (shape.kind) {
      case Shape::Kind::text:
        return {{"type", js::array{"string", "number", "boolean"}}};
      case Shape::Kind::rate:
        return text_like("([kMGT]?bit/s|[kMG]?B/s)", "50 Mbit/s");
      case Shape::Kind::bytes:
        return text_like("([kMGT]?B|[KMGT]iB)", "250 kB");
      case Shape::Kind::duration:
        return text_like("(ns|us|ms|s|min|h)", "12ms");
      case Shape::Kind::ratio:
        return text_like("%", "0.2%");
      case Shape::Kind::frequency:
        return text_like("/(s|min|h)", "5/s");
      case Shape::Kind::count:
        return {{"type", "integer"}, {"minimum", 0}};
      case Shape::Kind::truth:
        return {{"type", "boolean"}};
      case Shape::Kind::nothing:
        return {{"type", "null"}};
      case Shape::Kind::choice:
        return {{"enum", choices(shape)}};
      case Shape::Kind::map:
        return reference(shape);
      case Shape::Kind::names:
        return {{"type", "object"},
                {"patternProperties", notes()},
                {"additionalProperties", value(*shape.inner.front())}};
      case Shape::Kind::list:
        return {{"type", "array"}, {"items", value(*shape.inner.front())}};
      case Shape::Kind::either:
        break;
    }
    js::array options;
    for (const auto& each : shape.inner) options.emplace_back(value(*each));
    return {{"anyOf", std::move(options)}};
  }

  // Keys that are skipped.
  static js::object notes() { return {{"^x-", js::object{}}}; }

  // YAML takes some words for true and false.
  static js::array choices(const Shape& shape) {
    js::array words;
    for (const auto word : shape.words) {
      words.emplace_back(js::string(word));
      if (word == "on") words.emplace_back(true);
      if (word == "off") words.emplace_back(false);
    }
    return words;
  }

  js::object reference(const Shape& shape) {
    auto& name = names_[&shape];
    if (name.empty()) {
      name = std::string(shape.what);
      for (auto& c : name) c = c == ' ' ? '_' : c;
      for (int number = 2; definitions_.contains(name); ++number) {
        name = std::string(shape.what) + "_" + std::to_string(number);
        for (auto& c : name) c = c == ' ' ? '_' : c;
      }
      definitions_[name] = {};
      definitions_[name] = map(shape);
    }
    return {{"$ref", "#/$defs/" + name}};
  }

  js::object map(const Shape& shape) {
    js::object properties;
    js::array required;
    for (const auto& key : shape.keys) {
      auto property = value(*key.value);
      property["description"] = js::string(key.says);
      properties[key.name] = std::move(property);
      if (key.required) required.emplace_back(js::string(key.name));
    }
    js::object object{{"type", "object"},
                      {"properties", std::move(properties)},
                      {"patternProperties", notes()},
                      {"additionalProperties", false}};
    if (!required.empty()) object["required"] = std::move(required);
    js::array groups;
    for (const auto& group : shape.one_of) {
      js::array one;
      for (const auto key : group) {
        one.emplace_back(js::object{{"required", js::array{js::string(key)}}});
      }
      groups.emplace_back(js::object{{"oneOf", std::move(one)}});
    }
    if (!groups.empty()) object["allOf"] = std::move(groups);
    return object;
  }

  std::map<const Shape*, std::string> names_;  // only looked up
  std::map<std::string, js::object> definitions_;
};

// Two blanks for each level, so that people can read it.
void print(std::string& text, const js::value& value, const std::string& indent) {
  const auto inner = indent + "  ";
  const char* between = "";
  if (const auto* object = value.if_object(); object != nullptr && !object->empty()) {
    text += "{\n";
    for (const auto& [key, each] : *object) {
      text += between + inner + js::serialize(js::value(key)) + ": ";
      print(text, each, inner);
      between = ",\n";
    }
    text += "\n" + indent + "}";
    return;
  }
  text += js::serialize(value);
}

}  // namespace

std::string schema_json() {
  std::string text;
  print(text, Writer().write(), "");
  return text + "\n";
}

}  // namespace dispatch::scenario

#include "sim/scenario/yaml_reader.hpp"

#include "engine/units/suggestion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <stdexcept>

namespace dispatch::scenario {

using units::hint;
namespace {

constexpr int kMergesMax = 1000;  // in one map, however nested

std::string_view kind_of(const YAML::Node& node) {
  if (!node.IsDefined() || node.IsNull()) return "nothing";
  if (node.IsMap()) return "a map";
  if (node.IsSequence()) return "a list";
  return "a text";
}

std::string found(const YAML::Node& node) {
  if (!node.IsScalar()) return std::string(kind_of(node));
  constexpr std::size_t kShown = 40;
  auto text = node.Scalar().substr(0, kShown);
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 32; }, ' ');
  return fmt::format("\"{}{}\"", text, node.Scalar().size() > kShown ? "..." : "");
}

bool contains(std::span<const std::string_view> list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

// What the parts of a list, or the values of names, are; null: the shape has no such thing.
ShapePtr inner_of(const ShapePtr& shape, Shape::Kind kind) {
  if (!shape) return nullptr;
  if (shape->kind == kind) return shape->inner.front();
  if (shape->kind != Shape::Kind::either) return nullptr;
  for (const auto& each : shape->inner) {
    if (auto found = inner_of(each, kind)) return found;
  }
  return nullptr;
}

}  // namespace

YamlValue YamlValue::of(YamlTree tree) {
  const auto shared = std::make_shared<const YamlTree>(std::move(tree));
  return {shared->root, position_of(shared->root.Mark()), shared, shared->origin};
}

void YamlValue::fail_at(const Position& position, std::string message) const {
  throw ScenarioError(file(), position, std::move(message));
}

YamlValue YamlValue::child(const YAML::Node& node, const Position& key) const {
  auto origin = origin_;
  for (const auto& part : tree_->parts) {
    if (node.is(part.node)) origin = part.origin;
  }
  Position position;
  if (origin->has_lines) {
    // yaml-cpp puts an empty value where the next token stands, maybe lines below.
    const bool placed = node.IsDefined() && !node.IsNull() && !node.Mark().is_null();
    position = placed ? position_of(node.Mark()) : key;
  }
  if (origin != tree_->origin) position.file = {origin, &origin->name};
  return {node, std::move(position), tree_, std::move(origin)};
}

void YamlValue::read_as(Shape::Kind kind) const {
  if (!shape_ || admits(*shape_, kind)) return;
  throw std::logic_error(fmt::format("{} is read as what its shape does not admit", found(node_)));
}

void YamlValue::must_be(bool right, std::string_view what) const {
  if (!right) fail(fmt::format("{} where {} is due", found(node_), what));
}

// The entries of a map with those that it merges. Own keys hide merged ones.
class YamlValue::Collector {
 public:
  void collect(const YamlValue& map) {
    map.must_be(map.is_map(), "a map to merge");
    std::set<std::string> own;
    std::vector<YamlValue> merged;
    for (const auto& pair : map.node_) {
      const auto key = map.child(pair.first, map.position_);
      const auto value = map.child(pair.second, key.position_);
      const auto name = key.text("a key");
      if (!own.insert(name).second) key.fail(fmt::format("\"{}\" is given twice", name));
      if (name == "<<") {
        for (const auto& each : value.one_or_more("a map to merge")) merged.push_back(each);
      } else if (!name.starts_with("x-") && names_.insert(name).second) {
        entries_.push_back({name, key, value});
      }
    }
    for (const auto& each : merged) {
      if (++merges_ > kMergesMax) map.fail("too many maps merged into one another");
      collect(each);
    }
  }

  std::vector<YamlMap::Entry> take() { return std::move(entries_); }

 private:
  std::set<std::string> names_;
  std::vector<YamlMap::Entry> entries_;
  int merges_ = 0;
};

YamlMap YamlValue::names(std::string_view what) const {
  must_be(is_map(), what);
  Collector collector;
  collector.collect(*this);
  auto entries = collector.take();
  for (auto& entry : entries) entry.value.shape_ = inner_of(shape_, Shape::Kind::names);
  return {*this, std::string(what), std::move(entries)};
}

YamlMap YamlValue::map(const ShapePtr& shape) const {
  auto entries = names(shape->what).entries();
  for (auto& entry : entries) {
    if (contains(shape->later, entry.name)) {
      entry.key.fail(fmt::format("\"{}\" is not supported yet", entry.name));
    }
    if (shape->find(entry.name) == nullptr) {
      entry.key.fail(fmt::format("unknown key \"{}\" in {}{}", entry.name, shape->what,
                                 hint(entry.name, shape->names())));
    }
    entry.value.shape_ = shape->find(entry.name)->value;
  }
  return {*this, std::string(shape->what), std::move(entries), shape};
}

YamlMap YamlValue::map(const Shape& shape) const {
  return map(ShapePtr(ShapePtr(), &shape));
}

YamlMap YamlValue::map_or_nothing(const ShapePtr& shape) const {
  if (!is_null()) return map(shape);
  return {*this, std::string(shape->what), {}, shape};
}

std::vector<YamlValue> YamlValue::list(std::string_view what) const {
  must_be(is_list(), what);
  std::vector<YamlValue> result;
  for (const auto& node : node_) {
    result.push_back(child(node, position_));
    result.back().shape_ = inner_of(shape_, Shape::Kind::list);
  }
  return result;
}

std::vector<YamlValue> YamlValue::one_or_more(std::string_view what) const {
  if (is_list()) return list(what);
  return {*this};
}

std::string YamlValue::text(std::string_view what) const {
  must_be(is_scalar(), what);
  return node_.Scalar();
}

Position YamlValue::position_in_text(std::size_t offset) const {
  if (position_.line == 0) return position_;
  const int quote = node_.Tag() == "!" ? 1 : 0;  // yaml-cpp's tag of a quoted text
  return {position_.line, position_.column + quote + static_cast<int>(offset), position_.file};
}

template <typename Parse>
auto YamlValue::quantity(std::string_view what, Parse parser) const {
  const auto value = text(what);
  try {
    return parser(value);
  } catch (const UnitError& error) {
    fail(error.what());
  }
}

Rate YamlValue::rate() const {
  read_as(Shape::Kind::rate);
  return quantity("a rate such as 50 Mbit/s", parse_rate);
}
Bytes YamlValue::bytes() const {
  read_as(Shape::Kind::bytes);
  return quantity("a size such as 250 kB", parse_bytes);
}
Duration YamlValue::duration() const {
  read_as(Shape::Kind::duration);
  return quantity("a duration such as 12 ms", parse_duration);
}
Frequency YamlValue::frequency() const {
  read_as(Shape::Kind::frequency);
  return quantity("a frequency such as 5/s", parse_frequency);
}

std::vector<SeedRange> YamlValue::seeds() const {
  return quantity("seeds such as 1..200", parse_seeds);
}

Ratio YamlValue::ratio() const {
  read_as(Shape::Kind::ratio);
  const auto ratio = quantity("a percentage such as 0.2 %", parse_ratio);
  if (ratio.parts_per_billion > Ratio::kWhole)
    fail(fmt::format("{} is more than 100 %", found(node_)));
  return ratio;
}

bool YamlValue::yes_or_no() const {
  read_as(Shape::Kind::truth);
  const auto value = text("true or false");
  if (value != "true" && value != "false") {
    fail(fmt::format("{} is neither true nor false", found(node_)));
  }
  return value == "true";
}

std::uint64_t YamlValue::count(std::uint64_t at_least, std::uint64_t at_most) const {
  read_as(Shape::Kind::count);
  const auto value = quantity("a whole number", parse_count);
  if (value < at_least || value > at_most) {
    fail(fmt::format("{} is out of range: write {} to {}", value, at_least, at_most));
  }
  return value;
}

net::Address YamlValue::address() const {
  const auto value = text("an address such as 203.0.113.10");
  const auto address = net::parse_address(value);
  if (!address || address->is_unspecified()) {
    fail(fmt::format("{} is not an IP address: write one such as 203.0.113.10 or \"2001:db8::10\"",
                     found(node_)));
  }
  return *address;
}

net::Prefix YamlValue::prefix() const {
  const auto value = text("an address such as 192.168.1.2/24");
  auto prefix = net::parse_prefix(value);
  if (!prefix || prefix->address.is_unspecified()) {
    fail(fmt::format("{} is not an address of an interface: write one such as 192.168.1.2/24",
                     found(node_)));
  }
  if (value.find('/') == std::string::npos) prefix->length = prefix->address.is_v6() ? 64 : 24;
  return *prefix;
}

const YamlMap::Entry* YamlMap::entry(std::string_view key) const {
  if (shape_ && shape_->find(key) == nullptr) {
    throw std::logic_error(
        fmt::format("{} is read for a key \"{}\" that its shape has not", what_, key));
  }
  const auto it = std::find_if(entries_.begin(), entries_.end(),
                               [&](const Entry& entry) { return entry.name == key; });
  return it == entries_.end() ? nullptr : &*it;
}

const YamlValue& YamlMap::require(std::string_view key, std::string_view example) const {
  if (const auto* value = find(key)) return *value;
  self_.fail(fmt::format("{} needs \"{}\": write {}: {}", what_, key, key, example));
}

std::string_view YamlMap::one_of(std::span<const std::string_view> keys) const {
  std::string_view only;
  for (const auto name : keys) {
    if (find(name) == nullptr) continue;
    if (!only.empty()) {
      key(name)->fail(fmt::format("\"{}\" beside \"{}\": {} is one of {}", name, only, what_,
                                  fmt::join(keys, ", ")));
    }
    only = name;
  }
  if (only.empty()) self_.fail(fmt::format("{} needs one of {}", what_, fmt::join(keys, ", ")));
  return only;
}

}  // namespace dispatch::scenario

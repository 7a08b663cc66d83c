// Typed, strict reading of YAML: what is not what it should be is a ScenarioError with its place.
#pragma once

#include "engine/net/address.hpp"
#include "sim/scenario/error.hpp"
#include "sim/scenario/seeds.hpp"
#include "sim/scenario/shape.hpp"
#include "sim/scenario/units.hpp"
#include "sim/scenario/yaml_tree.hpp"

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dispatch::scenario {

class YamlMap;

// A node and the place where it stands. Cheap to copy.
class YamlValue {
 public:
  // The root of the tree.
  static YamlValue of(YamlTree tree);

  const Position& position() const { return position_; }
  // The scenario's own, and where files are that this part of it names.
  const std::string& file() const { return tree_->origin->name; }
  const std::filesystem::path& folder() const { return origin_->folder; }
  [[noreturn]] void fail(std::string message) const { fail_at(position_, std::move(message)); }
  [[noreturn]] void fail_at(const Position& position, std::string message) const;

  bool is_map() const { return node_.IsMap(); }
  bool is_list() const { return node_.IsSequence(); }
  bool is_scalar() const { return node_.IsScalar(); }
  bool is_null() const { return !node_.IsDefined() || node_.IsNull(); }

  // With the keys of `shape`, a map, which outlives the result; others are refused.
  YamlMap map(const Shape& shape) const;
  YamlMap map(const ShapePtr& shape) const;
  // The same; nothing at all (`codel:`) is a map without entries.
  YamlMap map_or_nothing(const ShapePtr& shape) const;
  // `what` says what should stand here: "a link", "the address of a host".
  // Its keys are names that the user chooses.
  YamlMap names(std::string_view what) const;
  std::vector<YamlValue> list(std::string_view what) const;
  // A list, or one value in its place.
  std::vector<YamlValue> one_or_more(std::string_view what) const;

  std::string text(std::string_view what) const;
  // The place of the n-th character of text(), as far as it is on the first line.
  Position position_in_text(std::size_t offset) const;

  // Of a kind that the shape of the value admits; reading it as another one is a bug
  // (std::logic_error), as reading a key is that the shape does not have.
  Rate rate() const;
  Bytes bytes() const;
  Duration duration() const;
  Ratio ratio() const;
  Frequency frequency() const;
  bool yes_or_no() const;
  std::uint64_t count(std::uint64_t at_least, std::uint64_t at_most) const;
  std::vector<SeedRange> seeds() const;
  net::Address address() const;
  net::Prefix prefix() const;  // with its host part; an address alone is /24 or /64

 private:
  class Collector;

  YamlValue(YAML::Node node, Position position, std::shared_ptr<const YamlTree> tree,
            SharedOrigin origin)
      : node_(std::move(node)),
        position_(std::move(position)),
        tree_(std::move(tree)),
        origin_(std::move(origin)) {}
  // `key` gives the place of a value that is empty.
  YamlValue child(const YAML::Node& node, const Position& key) const;
  void must_be(bool right, std::string_view what) const;
  void read_as(Shape::Kind kind) const;
  template <typename Parse>
  auto quantity(std::string_view what, Parse parser) const;

  YAML::Node node_;
  Position position_;
  std::shared_ptr<const YamlTree> tree_;
  SharedOrigin origin_;
  ShapePtr shape_;  // null: it is not known here
};

// A map whose keys have been checked: each is known, and given once. `x-` keys are skipped; a `<<`
// key merges the map (or maps) that it holds, as YAML 1.1 has it.
class YamlMap {
 public:
  struct Entry {
    std::string name;
    YamlValue key;
    YamlValue value;
  };

  YamlMap(YamlValue self, std::string what, std::vector<Entry> entries, ShapePtr shape = nullptr)
      : self_(std::move(self)),
        what_(std::move(what)),
        entries_(std::move(entries)),
        shape_(std::move(shape)) {}

  const YamlValue& self() const { return self_; }
  // In the order of the file.
  const std::vector<Entry>& entries() const& { return entries_; }
  std::vector<Entry> entries() && { return std::move(entries_); }  // for (... : value.names(...))
  // Null: not given. A key that the shape does not know is a bug (std::logic_error).
  const YamlValue* find(std::string_view key) const {
    return entry(key) ? &entry(key)->value : nullptr;
  }
  const YamlValue* key(std::string_view key) const {
    return entry(key) ? &entry(key)->key : nullptr;
  }
  const YamlValue& require(std::string_view key, std::string_view example) const;
  // The one of `keys` that is given; an error where there is none or more than one.
  std::string_view one_of(std::span<const std::string_view> keys) const;
  // Of the shape's first group.
  std::string_view one_of() const { return one_of(shape_->one_of.front()); }

 private:
  const Entry* entry(std::string_view key) const;

  YamlValue self_;
  std::string what_;
  std::vector<Entry> entries_;
  ShapePtr shape_;  // null: its keys are the user's
};

}  // namespace dispatch::scenario

// Values of a command line, in place of those of a scenario.
#include "sim/scenario/yaml_tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace dispatch::scenario {
namespace {

constexpr std::string_view kExample = "write for example --set links.wifi.loss=2%";

class Setting {
 public:
  Setting(YamlTree& tree, std::string_view assignment)
      : tree_(tree),
        origin_(std::make_shared<YamlOrigin>(
            YamlOrigin{fmt::format("--set {}", assignment), tree.origin->folder, false})),
        assignment_(assignment) {}

  void run() {
    const auto equals = assignment_.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      fail(fmt::format("no key and value with = between: {}", kExample));
    }
    rest_ = assignment_.substr(0, equals);
    const auto value = parsed(assignment_.substr(equals + 1));
    auto node = tree_.root;
    while (true) {
      if (node.IsSequence()) {
        auto item = item_of(node);
        if (rest_.empty()) fail("an item of a list cannot be replaced: set one of its keys");
        node.reset(item);
        continue;
      }
      if (!node.IsMap()) {
        fail(fmt::format("\"{}\" stands where a map of keys is due", node.Scalar()));
      }
      const auto key = next_key(node);
      if (rest_.empty()) {
        put(node, key, value);
        return;
      }
      node.reset(inner(node, key));
    }
  }

 private:
  [[noreturn]] void fail(const std::string& message) const {
    throw ScenarioError(origin_->name, {}, message);
  }

  YAML::Node parsed(std::string_view text) const {
    try {
      return YAML::Load(std::string(text));
    } catch (const YAML::Exception& error) {
      fail(fmt::format("not YAML: {}", error.msg));
    }
  }

  void skip(std::size_t count) {
    rest_.remove_prefix(count);
    if (rest_.starts_with('.')) rest_.remove_prefix(1);
  }

  // The longest key of `map` that the path goes on with, since a key may hold dots itself; else up
  // to the next dot.
  std::string next_key(const YAML::Node& map) {
    std::string best;
    for (const auto& pair : map) {
      if (!pair.first.IsScalar()) continue;
      const auto& key = pair.first.Scalar();
      const bool fits = rest_ == key || rest_.starts_with(key + ".");
      if (fits && key.size() > best.size()) best = key;
    }
    if (best.empty()) best = std::string(rest_.substr(0, rest_.find('.')));
    if (best.empty()) fail(fmt::format("a key is missing: {}", kExample));
    skip(best.size());
    return best;
  }

  YAML::Node item_of(const YAML::Node& list) {
    const auto word = rest_.substr(0, rest_.find('.'));
    std::size_t number = list.size();
    const auto* end = word.data() + word.size();
    if (std::from_chars(word.data(), end, number).ptr != end) number = list.size();
    for (std::size_t i = 0; i < list.size() && number >= list.size(); ++i) {
      if (!list[i].IsMap()) continue;
      for (const auto& pair : list[i]) {
        const bool is_name = pair.first.IsScalar() && pair.first.Scalar() == "name";
        if (is_name && pair.second.IsScalar() && pair.second.Scalar() == word) number = i;
      }
    }
    if (number >= list.size()) {
      fail(fmt::format("no item \"{}\" in the list: write its name, or its number from 0 to {}",
                       word, list.size() == 0 ? 0 : list.size() - 1));
    }
    skip(word.size());
    return list[number];
  }

  // What stands behind `key`, a map of its own where there was nothing.
  YAML::Node inner(YAML::Node& map, const std::string& key) {
    for (const auto& pair : map) {
      const bool is_it = pair.first.IsScalar() && pair.first.Scalar() == key;
      if (is_it && !pair.second.IsNull()) return pair.second;
    }
    return put(map, key, YAML::Node(YAML::NodeType::Map));
  }

  YAML::Node put(YAML::Node map, const std::string& key, const YAML::Node& value) {
    const bool is_new = !map[key].IsDefined();
    map[key] = value;
    for (const auto& pair : map) {
      if (!pair.first.IsScalar() || pair.first.Scalar() != key) continue;
      // A value of a file that is replaced is no longer of that file.
      std::erase_if(tree_.parts, [&](const auto& part) { return part.node.is(pair.second); });
      tree_.parts.push_back({pair.second, origin_});
      if (is_new) tree_.parts.push_back({pair.first, origin_});
      return pair.second;
    }
    return value;
  }

  YamlTree& tree_;
  SharedOrigin origin_;
  std::string_view assignment_;
  std::string_view rest_;
};

}  // namespace

void set_value(YamlTree& tree, std::string_view assignment) {
  Setting(tree, assignment).run();
}

}  // namespace dispatch::scenario

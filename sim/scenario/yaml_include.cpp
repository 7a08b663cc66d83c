// Files that a scenario includes.
#include "sim/scenario/yaml_tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

namespace dispatch::scenario {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kDepthMax = 10;
constexpr std::size_t kFilesMax = 100;
constexpr std::uintmax_t kBytesMax = 4 * 1024 * 1024;

// The entry of a map; none where it is not there.
std::optional<std::pair<YAML::Node, YAML::Node>> entry_of(const YAML::Node& map,
                                                          const std::string& key) {
  for (const auto& pair : map) {
    if (pair.first.IsScalar() && pair.first.Scalar() == key) return {{pair.first, pair.second}};
  }
  return std::nullopt;
}

class Including {
 public:
  explicit Including(YamlTree& tree) : tree_(tree) {}

  void run(std::vector<fs::path> chain) {
    if (!tree_.root.IsMap()) return;
    const auto include = entry_of(tree_.root, "include");
    if (!include) return;
    const auto& names = include->second;
    if (names.IsSequence()) {
      for (const auto& name : names) take(name, chain);
    } else {
      take(names, chain);
    }
    tree_.root.remove("include");
  }

 private:
  [[noreturn]] void fail(const YAML::Node& at, const std::string& message) const {
    throw ScenarioError(tree_.origin->name, position_of(at.Mark()), message);
  }

  void take(const YAML::Node& node, std::vector<fs::path> chain) {
    if (!node.IsScalar() || node.Scalar().empty() ||
        node.Scalar().find('\0') != std::string::npos) {
      fail(node, "not the name of a file to include: write include: common.yaml, or a list");
    }
    const auto path = tree_.origin->folder / node.Scalar();
    const auto text = read(node, path);
    std::error_code error;
    const auto real = fs::weakly_canonical(path, error);
    if (std::find(chain.begin(), chain.end(), real) != chain.end()) {
      fail(node, fmt::format("\"{}\" includes itself", node.Scalar()));
    }
    chain.push_back(real);
    if (chain.size() > kDepthMax) fail(node, "files that include files, more than 10 deep");
    auto other = parse_tree(text, path.string());
    if (!other.root.IsMap()) {
      throw ScenarioError(path.string(), {1, 1, {}}, "a file to include is a map of keys");
    }
    Including(other).run(std::move(chain));
    tree_.parts.insert(tree_.parts.end(), other.parts.begin(), other.parts.end());
    if (tree_.parts.size() > kFilesMax * 100) fail(node, "more than a scenario can include");
    merge(tree_.root, other.root, other.origin, true);
  }

  std::string read(const YAML::Node& node, const fs::path& path) const {
    std::error_code error;
    const auto status = fs::status(path, error);
    if (!fs::exists(status)) fail(node, fmt::format("\"{}\": no such file", node.Scalar()));
    if (!fs::is_regular_file(status)) {
      fail(node, fmt::format("\"{}\" is not a regular file", node.Scalar()));
    }
    if (fs::file_size(path, error) > kBytesMax || error) {
      fail(node, fmt::format("\"{}\" is larger than 4 MiB", node.Scalar()));
    }
    std::ifstream file(path, std::ios::binary);
    if (!file) fail(node, fmt::format("\"{}\": {}", node.Scalar(), std::strerror(errno)));
    return {std::istreambuf_iterator<char>(file), {}};
  }

  // What `own` does not say itself.
  void merge(YAML::Node own, const YAML::Node& other, const SharedOrigin& origin, bool at_top) {
    for (const auto& pair : other) {
      if (!pair.first.IsScalar()) continue;
      const auto& key = pair.first.Scalar();
      const auto mine = entry_of(own, key);
      if (!mine || (mine->second.IsNull() && !pair.second.IsNull())) {
        if (mine) own.remove(key);
        own.force_insert(pair.first, pair.second);
        tree_.parts.push_back({pair.first, origin});
        tree_.parts.push_back({pair.second, origin});
      } else if (mine->second.IsMap() && pair.second.IsMap()) {
        merge(mine->second, pair.second, origin, false);
      } else if (at_top && mine->second.IsSequence() && pair.second.IsSequence()) {
        auto list = mine->second;
        for (const auto& item : pair.second) {
          list.push_back(item);
          tree_.parts.push_back({item, origin});
        }
      }
    }
  }

  YamlTree& tree_;
};

}  // namespace

void include_files(YamlTree& tree) {
  std::error_code error;
  Including(tree).run({std::filesystem::weakly_canonical(tree.origin->name, error)});
}

}  // namespace dispatch::scenario

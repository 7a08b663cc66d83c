#include "sim/scenario/yaml_tree.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/parser.h>

#include <sstream>
#include <utility>

namespace dispatch::scenario {
namespace {

constexpr std::size_t kTextMax = 4 * 1024 * 1024;

// Where documents begin. YAML::LoadAll would do, but where a flow indicator such as "," begins a
// document it goes on for ever, finding one empty document after another in the same place.
class DocumentPlaces : YAML::EventHandler {
 public:
  // Of the first `at_most` documents.
  static std::vector<Position> of(const std::string& text, std::size_t at_most) {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    DocumentPlaces places;
    while (places.found_.size() < at_most && parser.HandleNextDocument(places)) {
    }
    return std::move(places.found_);
  }

 private:
  void OnDocumentStart(const YAML::Mark& mark) override { found_.push_back(position_of(mark)); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}

  std::vector<Position> found_;
};

}  // namespace

Position position_of(const YAML::Mark& mark) {
  return {mark.line + 1, mark.column + 1, {}};
}

YamlTree parse_tree(std::string_view text, std::string file) {
  if (text.size() > kTextMax) throw ScenarioError(file, {}, "larger than 4 MiB: not a scenario");
  try {
    const std::string copy(text);
    const auto document = YAML::Load(copy);
    const auto places = DocumentPlaces::of(copy, 2);
    if (places.size() > 1 && places[0] == places[1]) {
      throw ScenarioError(file, places[0], "not YAML: no value can begin here");
    }
    if (places.size() > 1) {
      throw ScenarioError(file, places[1], "a second YAML document: a file holds one scenario");
    }
    if (document.IsNull()) {
      throw ScenarioError(file, {1, 1, {}},
                          "the file is empty: a scenario begins with dispatch: 1");
    }
    auto folder = std::filesystem::path(file).parent_path();
    auto origin = std::make_shared<YamlOrigin>(YamlOrigin{std::move(file), std::move(folder)});
    return {document, std::move(origin), {}};
  } catch (const YAML::Exception& error) {
    throw ScenarioError(file, error.mark.is_null() ? Position{} : position_of(error.mark),
                        fmt::format("not YAML: {}", error.msg));
  }
}

}  // namespace dispatch::scenario

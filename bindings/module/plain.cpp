#include "bindings/module/plain.hpp"

#include "bindings/module/text.hpp"

#include <yaml-cpp/yaml.h>

namespace py = pybind11;

namespace dispatch::bindings {
namespace {

py::object plain(const YAML::Node& node) {
  switch (node.Type()) {
    case YAML::NodeType::Undefined:
    case YAML::NodeType::Null:
      return py::none();
    case YAML::NodeType::Scalar:
      return text_of(node.Scalar());
    case YAML::NodeType::Sequence: {
      py::list list;
      for (const auto& item : node) list.append(plain(item));
      return list;
    }
    case YAML::NodeType::Map: {
      py::dict dict;
      for (const auto& entry : node) dict[text_of(entry.first.Scalar())] = plain(entry.second);
      return dict;
    }
  }
  return py::none();
}

}  // namespace

py::object plain_of_yaml(const std::string& text) {
  return plain(YAML::Load(text));
}

}  // namespace dispatch::bindings

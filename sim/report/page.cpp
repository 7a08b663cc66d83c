#include "sim/report/page.hpp"

#include "sim/report/page_parts.hpp"

#include <array>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace dispatch::report {
namespace {

// As a text of JSON within an element of HTML: "</script>" or "<!--" in it would end that.
std::string embedded(std::span<const std::string> runs) {
  std::string text = "[";
  for (const auto& run : runs) {
    if (text.size() > 1) text += ",";
    for (const char c : run) {
      if (c == '<') {
        text += "\\u003c";
      } else {
        text += c;
      }
    }
  }
  return text + "]";
}

}  // namespace

std::string page(std::span<const std::string> runs) {
  std::string text;
  std::string_view rest = kPage;
  const auto data = embedded(runs);
  std::string scripts;
  for (const auto script : kPageScripts) scripts += script;
  const std::array<std::pair<std::string_view, std::string_view>, 5> parts{
      {{"@UPLOT_CSS@", kPlotStyle},
       {"@PAGE_CSS@", kPageStyle},
       {"@UPLOT_JS@", kPlotScript},
       {"@RUNS@", data},
       {"@PAGE_JS@", scripts}}};
  for (const auto& [name, part] : parts) {
    const auto at = rest.find(name);
    if (at == std::string_view::npos) throw std::logic_error("a part of the page has no place");
    text.append(rest.substr(0, at)).append(part);
    rest.remove_prefix(at + name.size());
  }
  return text.append(rest);
}

}  // namespace dispatch::report

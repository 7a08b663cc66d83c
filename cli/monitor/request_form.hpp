// The editor of a request configuration: fields that people write, and the JSON that they mean.
#pragma once

#include "cli/screen/text_edit.hpp"

#include <boost/json/object.hpp>
#include <boost/system/result.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace dispatch::cli::monitor {

enum class Field : std::uint8_t { name, url, method, headers, body, timeout, redirects, verify };

inline constexpr std::array kFields{Field::name, Field::url,     Field::method,    Field::headers,
                                    Field::body, Field::timeout, Field::redirects, Field::verify};

std::string_view label_of(Field field);
// Its value is one of a few, and is not written but changed.
bool is_choice(Field field);

class RequestForm {
 public:
  RequestForm();

  // What GET /api/config/requests/NAME answers. Keys that the form does not show are kept.
  void load(std::string name, const boost::json::object& spec);

  // As POST takes it; what is wrong is one line.
  boost::system::result<boost::json::object, std::string> request() const;
  std::string name() const { return edit(Field::name).text(); }
  // It says something else than what was loaded, or saved, last.
  bool is_changed() const;
  // What it says now is what is kept.
  void was_saved();

  screen::TextEdit& edit(Field field) { return edits_[static_cast<std::size_t>(field)]; }
  const screen::TextEdit& edit(Field field) const {
    return edits_[static_cast<std::size_t>(field)];
  }
  // Of a choice: the next value, or the one before.
  void change(Field field, int by);

 private:
  using Texts = std::array<std::string, kFields.size()>;
  Texts texts() const;

  std::array<screen::TextEdit, kFields.size()> edits_;
  boost::json::object loaded_;
  Texts kept_;
};

}  // namespace dispatch::cli::monitor

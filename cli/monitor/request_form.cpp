#include "cli/monitor/request_form.hpp"

#include "cli/monitor/json_text.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace dispatch::cli::monitor {
namespace {

namespace js = boost::json;

using Problem = std::string;

constexpr std::array<std::string_view, 7> kMethods{"GET",   "POST", "PUT",    "DELETE",
                                                   "PATCH", "HEAD", "OPTIONS"};
constexpr std::string_view kYes = "yes";
constexpr std::string_view kNo = "no";

std::string_view trimmed(std::string_view text) {
  constexpr auto kBlanks = " \t\r";
  const auto from = text.find_first_not_of(kBlanks);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(kBlanks) - from + 1);
}

std::string text_of(const js::value& value) {
  return value.is_string() ? std::string(value.get_string()) : js::serialize(value);
}

// "Name: value", a line each.
std::string header_lines(const js::value* headers) {
  std::string lines;
  if (headers == nullptr || !headers->is_object()) return lines;
  const auto add = [&](std::string_view name, const js::value& value) {
    lines += fmt::format("{}{}: {}", lines.empty() ? "" : "\n", name, text_of(value));
  };
  for (const auto& [name, value] : headers->get_object()) {
    if (!value.is_array()) {
      add(name, value);
      continue;
    }
    for (const auto& each : value.get_array()) add(name, each);
  }
  return lines;
}

boost::system::result<js::object, Problem> headers_of(const screen::TextEdit& edit) {
  js::object headers;
  std::size_t number = 0;
  for (const auto& line : edit.lines()) {
    ++number;
    if (trimmed(line).empty()) continue;
    const auto colon = line.find(':');
    const auto name = trimmed(std::string_view(line).substr(0, colon));
    if (colon == std::string::npos || name.empty()) {
      return fmt::format("headers: line {}: 'Name: value' is needed", number);
    }
    const js::value value(trimmed(std::string_view(line).substr(colon + 1)));
    auto [place, is_new] = headers.emplace(name, value);
    if (is_new) continue;
    if (!place->value().is_array()) place->value() = js::array{place->value()};
    place->value().get_array().push_back(value);
  }
  return headers;
}

// Objects and lists are meant as such; all else is a text.
js::value body_of(const std::string& text) {
  if (text.empty()) return nullptr;
  boost::system::error_code wrong;
  auto parsed = js::parse(text, wrong);
  if (!wrong && (parsed.is_object() || parsed.is_array())) return parsed;
  return js::value(text);
}

std::string body_text(const js::value* body) {
  if (body == nullptr || body->is_null()) return "";
  return body->is_string() ? std::string(body->get_string()) : indented(*body);
}

std::string text_or(const js::object& of, const char* key, std::string usual) {
  const auto* value = of.if_contains(key);
  return value == nullptr || value->is_null() ? std::move(usual) : text_of(*value);
}

std::string yes_or_no(const js::object& of, const char* key, bool usual) {
  const auto* value = of.if_contains(key);
  const bool truth = value != nullptr && value->is_bool() ? value->get_bool() : usual;
  return std::string(truth ? kYes : kNo);
}

std::string seconds_text(const js::object& of) {
  const auto* value = of.if_contains("timeout");
  boost::system::error_code wrong;
  const auto seconds = value == nullptr ? 30.0 : value->to_number<double>(wrong);
  return fmt::format("{:g}", wrong ? 30.0 : seconds);
}

}  // namespace

std::string_view label_of(Field field) {
  switch (field) {
    case Field::name:
      return "Name";
    case Field::url:
      return "URL";
    case Field::method:
      return "Method";
    case Field::headers:
      return "Headers";
    case Field::body:
      return "Body";
    case Field::timeout:
      return "Timeout (s)";
    case Field::redirects:
      return "Redirects";
    case Field::verify:
      return "Verify TLS";
  }
  return "";
}

bool is_choice(Field field) {
  return field == Field::method || field == Field::redirects || field == Field::verify;
}

RequestForm::RequestForm() {
  edit(Field::headers) = screen::TextEdit(screen::TextEdit::Lines::many);
  edit(Field::body) = screen::TextEdit(screen::TextEdit::Lines::many);
  load("default", {});
}

void RequestForm::load(std::string name, const js::object& spec) {
  edit(Field::name).set(std::move(name));
  edit(Field::url).set(text_or(spec, "url", ""));
  edit(Field::method).set(text_or(spec, "method", "GET"));
  edit(Field::headers).set(header_lines(spec.if_contains("headers")));
  edit(Field::body).set(body_text(spec.if_contains("body")));
  edit(Field::timeout).set(seconds_text(spec));
  edit(Field::redirects).set(yes_or_no(spec, "follow_redirects", false));
  edit(Field::verify).set(yes_or_no(spec, "verify", true));
  loaded_ = spec;
  kept_ = texts();
}

RequestForm::Texts RequestForm::texts() const {
  Texts texts;
  for (std::size_t i = 0; i < kFields.size(); ++i) texts[i] = edits_[i].text();
  return texts;
}

bool RequestForm::is_changed() const {
  return texts() != kept_;
}

void RequestForm::was_saved() {
  kept_ = texts();
  if (auto now = request()) loaded_ = std::move(*now);
}

boost::system::result<js::object, std::string> RequestForm::request() const {
  const auto now = texts();
  const auto said = [&](Field field) -> const std::string& {
    return now[static_cast<std::size_t>(field)];
  };
  const auto differs = [&](Field field) {
    return said(field) != kept_[static_cast<std::size_t>(field)];
  };
  auto object = loaded_;
  const auto url = trimmed(said(Field::url));
  if (url.empty()) return std::string("URL: it is empty");
  object["url"] = url;
  object["method"] = said(Field::method);
  auto headers = headers_of(edit(Field::headers));
  if (!headers) return headers.error();
  object["headers"] = std::move(*headers);
  // What was not written here is left as it came: a text may look like JSON.
  if (differs(Field::body) || !object.contains("body")) {
    object["body"] = body_of(said(Field::body));
    object.erase("body_encoding");
  }
  const auto text = trimmed(said(Field::timeout));
  double seconds = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size() || !(seconds > 0)) {
    return fmt::format("timeout: '{}' is no number of seconds", text);
  }
  object["timeout"] = seconds;
  object["follow_redirects"] = said(Field::redirects) == kYes;
  object["verify"] = said(Field::verify) == kYes;
  return object;
}

void RequestForm::change(Field field, int by) {
  auto& its = edit(field);
  if (field != Field::method) {
    its.set(std::string(its.text() == kYes ? kNo : kYes));
    return;
  }
  const auto found = std::ranges::find(kMethods, its.text());
  const auto count = static_cast<int>(kMethods.size());
  const auto now = found == kMethods.end() ? 0 : static_cast<int>(found - kMethods.begin());
  its.set(std::string(kMethods[static_cast<std::size_t>((now + by + count) % count)]));
}

}  // namespace dispatch::cli::monitor

#include "engine/proxy/http_head.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace dispatch::proxy::http {
namespace {

char lowered(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kWhitespace = " \t";
  const auto begin = text.find_first_not_of(kWhitespace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kWhitespace) - begin + 1);
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lowered(x) == lowered(y); });
}

bool is_token_character(char c) {
  const auto letter = lowered(c);
  if ((letter >= 'a' && letter <= 'z') || (c >= '0' && c <= '9')) return true;
  return c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_idempotent(std::string_view method) {
  constexpr std::array<std::string_view, 6> kMethods{"GET", "HEAD",   "OPTIONS",
                                                     "PUT", "DELETE", "TRACE"};
  return std::find(kMethods.begin(), kMethods.end(), method) != kMethods.end();
}

void Fields::add(std::string_view name, std::string_view value) {
  fields_.push_back({std::string(name), std::string(value)});
}

void Fields::remove(std::string_view name) {
  remove_if([name](const Field& field) { return equal_ignoring_case(field.name, name); });
}

void Fields::remove_if(const std::function<bool(const Field&)>& unwanted) {
  std::erase_if(fields_, unwanted);
}

const std::string* Fields::find(std::string_view name) const {
  for (const auto& field : fields_) {
    if (equal_ignoring_case(field.name, name)) return &field.value;
  }
  return nullptr;
}

std::size_t Fields::count(std::string_view name) const {
  return static_cast<std::size_t>(
      std::count_if(fields_.begin(), fields_.end(),
                    [name](const Field& field) { return equal_ignoring_case(field.name, name); }));
}

std::vector<std::string_view> Fields::members(std::string_view name) const {
  std::vector<std::string_view> all;
  for (const auto& field : fields_) {
    if (!equal_ignoring_case(field.name, name)) continue;
    for (auto rest = std::string_view(field.value); !rest.empty();) {
      const auto comma = std::min(rest.find(','), rest.size());
      if (const auto member = trimmed(rest.substr(0, comma)); !member.empty()) {
        all.push_back(member);
      }
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  return all;
}

bool Fields::has_member(std::string_view name, std::string_view member) const {
  const auto all = members(name);
  return std::any_of(all.begin(), all.end(),
                     [member](std::string_view each) { return equal_ignoring_case(each, member); });
}

std::string to_text(const Fields& fields) {
  std::string text;
  for (const auto& field : fields) text += fmt::format("{}: {}\r\n", field.name, field.value);
  return text;
}

std::string to_text(const RequestHead& head) {
  return fmt::format("{} {} HTTP/1.1\r\n{}\r\n", head.method, head.target, to_text(head.fields));
}

std::string to_text(const ResponseHead& head) {
  return fmt::format("HTTP/1.1 {} {}\r\n{}\r\n", head.status, head.reason, to_text(head.fields));
}

}  // namespace dispatch::proxy::http

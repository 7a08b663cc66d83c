#include "engine/fleet/api_query.hpp"

#include "engine/units/suggestion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace dispatch::fleet {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

ApiError unprocessable(JsonProblem problem) {
  return {422, problem.line(), std::move(problem)};
}

std::vector<std::string> parts_of(std::string_view text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c != separator) {
      parts.back().push_back(c);
    } else if (!parts.back().empty()) {
      parts.emplace_back();
    }
  }
  if (parts.back().empty()) parts.pop_back();
  return parts;
}

std::string percent_decoded(std::string_view text, bool plus_is_blank) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
        hex_value(text[i + 2]) >= 0) {
      out.push_back(static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2])));
      i += 2;
    } else {
      out.push_back(plus_is_blank && text[i] == '+' ? ' ' : text[i]);
    }
  }
  return out;
}

std::vector<std::string> words_of(std::string_view text) {
  return parts_of(text, ' ');
}

Pairs parse_query(std::string_view target) {
  Pairs query;
  const auto at = target.find('?');
  if (at == std::string_view::npos) return query;
  for (const auto& pair : parts_of(target.substr(at + 1), '&')) {
    const auto equals = pair.find('=');
    const auto value = equals == std::string::npos ? std::string() : pair.substr(equals + 1);
    query.emplace_back(percent_decoded(pair.substr(0, equals), true), percent_decoded(value, true));
  }
  return query;
}

void QueryReader::allow(std::string_view names) {
  const auto known = words_of(names);
  for (const auto& [name, value] : call_.query) {
    if (std::ranges::find(known, name) != known.end()) continue;
    const auto near = units::suggestion(name, known);
    fail(name, near.empty() ? "there is no such parameter"
                            : fmt::format("there is no such parameter; did you mean {}?", near));
  }
}

void QueryReader::text(std::string_view name, std::string& value) {
  if (const auto* found = call_.parameter(name)) value = *found;
}

std::optional<std::uint64_t> QueryReader::count(std::string_view name) {
  const auto* found = call_.parameter(name);
  if (found == nullptr) return std::nullopt;
  std::uint64_t value = 0;
  const auto* end = found->data() + found->size();
  const auto parsed = std::from_chars(found->data(), end, value);
  if (parsed.ec != std::errc{} || parsed.ptr != end || found->empty()) {
    fail(name, "a whole number is needed");
    return std::nullopt;
  }
  return value;
}

std::optional<bool> QueryReader::truth(std::string_view name) {
  const auto* found = call_.parameter(name);
  if (found == nullptr) return std::nullopt;
  if (*found == "true" || *found == "1") return true;
  if (*found == "false" || *found == "0") return false;
  fail(name, "true or false is needed");
  return std::nullopt;
}

std::optional<net::WallTime> QueryReader::time(std::string_view name) {
  const auto* found = call_.parameter(name);
  if (found == nullptr) return std::nullopt;
  const auto time = parse_time(*found);
  if (!time) fail(name, "a time such as 2026-01-31T12:00:00Z is needed");
  return time;
}

void QueryReader::fail(std::string_view name, std::string what) {
  if (!problem) problem = JsonProblem{{"query", std::string(name)}, std::move(what)};
}

}  // namespace dispatch::fleet

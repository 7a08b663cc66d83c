#include "sim/scenario/expression.hpp"

#include "engine/units/suggestion.hpp"
#include "sim/scenario/metric_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace dispatch::scenario {

using units::hint;
namespace {

using Subject = Metric::Subject;
using Relation = Expression::Relation;

constexpr std::array<std::pair<std::string_view, Expression::Mode>, 3> kModes{{
    {"always", Expression::Mode::always},
    {"sometimes", Expression::Mode::sometimes},
    {"eventually", Expression::Mode::eventually},
}};

constexpr std::array<std::pair<std::string_view, Relation>, 6> kRelations{{
    {"<=", Relation::at_most},
    {">=", Relation::at_least},
    {"==", Relation::equal},
    {"!=", Relation::unequal},
    {"<", Relation::less},
    {">", Relation::more},
}};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

std::vector<std::string_view> names_of(std::span<const MetricRow> rows) {
  std::vector<std::string_view> names;
  for (const auto& row : rows) names.push_back(row.name);
  return names;
}

template <typename Rows>
const MetricRow* find_row(const Rows& rows, std::string_view name) {
  const auto it = std::find_if(rows.begin(), rows.end(),
                               [&](const MetricRow& row) { return row.name == name; });
  return it == rows.end() ? nullptr : &*it;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Expression parse() {
    Expression result;
    result.mode = mode();
    result.left = operand();
    skip_blanks();
    const auto relation_at = at_;
    if (at_ < text_.size() && !clause_follows()) result.relation = relation();
    if (result.relation == Relation::holds) {
      require_kind(result.left, Quantity::Kind::truth, 0,
                   "alone: compare it with something, for example < 5");
    } else {
      if (result.left.kind() == Quantity::Kind::truth) {
        fail(relation_at, "a yes or no stands alone, without a comparison");
      }
      if (result.relation == Relation::within) {
        range(result);
      } else {
        result.right = other_side(result.left.kind());
      }
    }
    clauses(result);
    check_instants(result);
    return result;
  }

 private:
  [[noreturn]] static void fail(std::size_t offset, const std::string& message) {
    throw ExpressionError(offset, message);
  }

  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  std::string_view rest() const { return text_.substr(at_, 40); }

  void skip_blanks() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\n') ++at_;
  }

  bool take(std::string_view token) {
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }

  std::string_view word() {
    const auto begin = at_;
    if (is_letter(peek())) {
      while (is_letter(peek()) || is_digit(peek()) || peek() == '-') ++at_;
    }
    return text_.substr(begin, at_ - begin);
  }

  // Before a condition; a workload may be called so, too.
  Expression::Mode mode() {
    skip_blanks();
    const auto begin = at_;
    const auto name = word();
    const bool alone = peek() == ' ' || peek() == '\t' || peek() == '\n';
    for (const auto& [text, mode] : kModes) {
      if (alone && name == text) return mode;
    }
    at_ = begin;
    return Expression::Mode::plain;
  }

  bool clause_follows() {
    const auto begin = at_;
    const auto name = word();
    at_ = begin;
    return is_clause(name);
  }

  static bool is_clause(std::string_view name) {
    return name == "during" || name == "within" || name == "after";
  }

  // "during 5s..12s", "within 10s after 12s".
  void clauses(Expression& expression) {
    const bool eventually = expression.mode == Expression::Mode::eventually;
    bool has_within = false;
    for (skip_blanks(); at_ < text_.size(); skip_blanks()) {
      const auto begin = at_;
      const auto name = word();
      skip_blanks();
      if (name == "during") {
        if (eventually) fail(begin, "eventually is within a time: write within 10s after 12s");
        if (expression.during) fail(begin, "a second span of time");
        expression.during = window();
      } else if (name == "within" || name == "after") {
        if (!eventually) fail(begin, fmt::format("\"{}\" is of eventually", name));
        const auto given = quantity();
        constexpr std::uint64_t kMost = 36'000'000'000'000'000;  // 10,000 hours
        if (given.kind != Quantity::Kind::duration || given.value > kMost) {
          fail(begin, fmt::format("{} needs a duration of at most 10000 h", name));
        }
        const Duration duration(static_cast<std::int64_t>(given.value));
        if (name == "after") {
          expression.after = duration;
        } else {
          expression.within = duration;
          has_within = true;
        }
      } else {
        at_ = begin;
        fail(begin, fmt::format("\"{}\" after the end", rest()));
      }
    }
    if (eventually && !has_within) fail(at_, "eventually needs a limit: write within 10s");
  }

  static void check_instants(const Expression& expression) {
    if (expression.mode == Expression::Mode::plain) return;
    for (const auto* metric : expression.metrics()) {
      if (metric->has_instants() && !metric->window) continue;
      fail(metric->offset, fmt::format("{} has no value at an instant", to_string(*metric)));
    }
  }

  Relation relation() {
    for (const auto& [token, relation] : kRelations) {
      if (take(token)) return relation;
    }
    const auto begin = at_;
    if (word() == "in") return Relation::within;
    at_ = begin;
    fail(at_, fmt::format("\"{}\" where a comparison is due: write < <= > >= == != or in", rest()));
  }

  static void require_kind(const Operand& operand, Quantity::Kind kind, std::size_t offset,
                           std::string_view rest) {
    if (operand.kind() != kind) {
      fail(offset, fmt::format("{} does not stand {}", to_string(operand.kind()), rest));
    }
  }

  Operand other_side(Quantity::Kind kind) {
    skip_blanks();
    const auto begin = at_;
    auto result = operand();
    require_comparable(kind, result, begin);
    return result;
  }

  static void require_comparable(Quantity::Kind kind, const Operand& other, std::size_t offset) {
    if (other.kind() == kind) return;
    fail(offset, fmt::format("{} is compared with {}", to_string(kind), to_string(other.kind())));
  }

  // 60%..73%, 2s..3s, or 97%..100% of 8 Mbit/s, where both ends are parts of the same.
  void range(Expression& result) {
    const auto kind = result.left.kind();
    skip_blanks();
    const auto begin = at_;
    result.right = operand();
    skip_blanks();
    if (!take("..")) fail(at_, "\"in\" needs a range such as 60%..73%");
    result.upper = other_side(kind);
    const auto* lower = std::get_if<Quantity>(&result.right.whole);
    if (result.upper.part && lower != nullptr && lower->kind == Quantity::Kind::ratio) {
      result.right = {Ratio{lower->value}, result.upper.whole};
    }
    require_comparable(kind, result.right, begin);
  }

  Operand operand() {
    skip_blanks();
    if (!is_digit(peek())) return {std::nullopt, metric()};
    const auto begin = at_;
    const auto value = quantity();
    const auto end = at_;
    skip_blanks();
    if (word() != "of") {
      at_ = end;
      return {std::nullopt, value};
    }
    if (value.kind != Quantity::Kind::ratio) fail(begin, "\"of\" needs a percentage before it");
    skip_blanks();
    Operand result;
    result.part = Ratio{value.value};
    if (is_digit(peek())) {
      result.whole = quantity();
    } else {
      result.whole = metric();
    }
    if (result.kind() == Quantity::Kind::truth) fail(begin, "a yes or no has no percentage");
    return result;
  }

  Quantity quantity() {
    const auto begin = at_;
    while (is_digit(peek()) || (peek() == '.' && is_digit(peek(1)))) ++at_;
    const auto number_end = at_;
    skip_blanks();
    const auto unit_begin = at_;
    while (is_letter(peek()) || peek() == '/' || peek() == '%') ++at_;
    // "0 during 5s..12s" is a number without a unit.
    if (is_clause(text_.substr(unit_begin, at_ - unit_begin))) at_ = unit_begin;
    if (at_ == unit_begin) at_ = number_end;
    try {
      return parse_quantity(text_.substr(begin, at_ - begin));
    } catch (const UnitError& error) {
      fail(begin, error.what());
    }
  }

  Metric metric() {
    Metric result;
    result.offset = at_;
    const auto name = word();
    if (name.empty()) {
      fail(at_, at_ == text_.size()
                    ? std::string("something is missing at the end")
                    : fmt::format("\"{}\" where a quantity or a metric is due", rest()));
    }
    if (peek() == '(') return link_metric(name, result.offset);
    if (peek() == '.') return workload_metric(name, std::move(result));
    if (name == "end") return result;
    if (name == "healthy_links") {
      result.what = Metric::What::healthy_links;
      return result;
    }
    fail(result.offset,
         fmt::format("\"{}\" is no metric: write one such as {}.completed, share({}) or end", name,
                     name, name));
  }

  Metric link_metric(std::string_view name, std::size_t offset) {
    const auto* row = find_row(kLinkMetrics, name);
    if (row == nullptr) {
      fail(offset,
           fmt::format("\"{}(...)\" is no metric{}", name, hint(name, names_of(kLinkMetrics))));
    }
    Metric result;
    result.subject = Subject::links;
    result.what = row->what;
    take("(");
    skip_blanks();
    result.offset = at_;
    result.name = word();
    if (!result.name.empty() && take(".")) result.name += fmt::format(".{}", word());
    if (result.name.empty()) fail(at_, fmt::format("{}(...) needs a link's name, or all", name));
    if (result.what == Metric::What::failover) {
      failover(result);
    } else {
      for (skip_blanks(); take(","); skip_blanks()) argument(result);
    }
    if (!take(")")) fail(at_, "a \")\" is missing");
    return result;
  }

  // The rest of failover(wifi, 5s).
  void failover(Metric& metric) {
    skip_blanks();
    const auto begin = at_;
    if (metric.name == "all" || !take(",")) {
      fail(begin, "failover is of a link and an instant: failover(wifi, 5s)");
    }
    skip_blanks();
    const auto at = is_digit(peek()) ? quantity() : Quantity{};
    if (at.kind != Quantity::Kind::duration)
      fail(begin, "failover needs an instant: failover(wifi, 5s)");
    metric.at = Duration(static_cast<std::int64_t>(at.value));
    skip_blanks();
  }

  void argument(Metric& metric) {
    skip_blanks();
    const auto begin = at_;
    if (is_digit(peek())) {
      if (metric.is_level()) fail(begin, "what is so now has no span of time: write during 1s..5s");
      if (metric.window) fail(begin, "a second span of time");
      metric.window = window();
      return;
    }
    const auto flow = word();
    if (flow != "down" && flow != "up") {
      fail(begin, "write down, up or a span of time such as 1s..5s");
    }
    if (metric.flow != Flow::both) fail(begin, "a second direction");
    metric.flow = flow == "down" ? Flow::down : Flow::up;
    const bool counts_connections =
        metric.kind() == Quantity::Kind::count && metric.what != Metric::What::drops;
    if (counts_connections || metric.what == Metric::What::connection_share) {
      fail(begin, "connections have no direction");
    }
  }

  Window window() {
    const auto begin = at_;
    const auto from = quantity();
    skip_blanks();
    if (!take("..")) fail(at_, "a span of time is written 1s..5s");
    skip_blanks();
    const auto to = is_digit(peek()) ? quantity() : Quantity{};
    if (from.kind != Quantity::Kind::duration || to.kind != Quantity::Kind::duration) {
      fail(begin, "a span of time is written 1s..5s");
    }
    if (from.value >= to.value) fail(begin, "a span of time must end after its beginning");
    return {Duration(static_cast<std::int64_t>(from.value)),
            Duration(static_cast<std::int64_t>(to.value))};
  }

  Metric workload_metric(std::string_view name, Metric result) {
    result.subject = Subject::workload;
    result.name = name;
    take(".");
    const auto begin = at_;
    const auto what = word();
    const auto* row = find_row(kWorkloadMetrics, what);
    if (row == nullptr) {
      fail(begin, fmt::format("\"{}\" is no metric of a workload{}", what,
                              hint(what, names_of(kWorkloadMetrics))));
    }
    result.what = row->what;
    if (row->what == Metric::What::latency_percentile) latency(result);
    return result;
  }

  void latency(Metric& metric) {
    const auto begin = at_;
    take(".");
    const auto which = word();
    if (which == "mean") {
      metric.what = Metric::What::latency_mean;
    } else if (which == "min") {
      metric.percent = 0;
    } else if (which == "max") {
      metric.percent = 100;
    } else if (which.size() >= 2 && which.size() <= 4 && which[0] == 'p' &&
               std::all_of(which.begin() + 1, which.end(), is_digit) &&
               parse_count(which.substr(1)) <= 100) {
      metric.percent = static_cast<unsigned>(parse_count(which.substr(1)));
    } else {
      fail(begin, "latency needs one of .p0 to .p100, .min, .max, .mean");
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Quantity::Kind Operand::kind() const {
  if (const auto* quantity = std::get_if<Quantity>(&whole)) return quantity->kind;
  return std::get<Metric>(whole).kind();
}

std::vector<const Metric*> Expression::metrics() const {
  std::vector<const Metric*> result;
  for (const auto* operand : {&left, &right, &upper}) {
    if (const auto* metric = std::get_if<Metric>(&operand->whole)) result.push_back(metric);
  }
  return result;
}

Expression parse_expression(std::string_view text) {
  return Parser(text).parse();
}

}  // namespace dispatch::scenario

#include "sim/scenario/expression.hpp"

#include "engine/units/suggestion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace dispatch::scenario {

using units::hint;
namespace {

using Kind = Quantity::Kind;
using Subject = Metric::Subject;
using What = Metric::What;
using Relation = Expression::Relation;

struct MetricRow {
  std::string_view name;
  What what;
  Kind kind;
};

// Written name(LINK...), of links.
constexpr std::array<MetricRow, 9> kLinkMetrics{{
    {"share", What::share, Kind::ratio},
    {"connection_share", What::connection_share, Kind::ratio},
    {"connections", What::connections, Kind::count},
    {"dials", What::dials, Kind::count},
    {"dial_failures", What::dial_failures, Kind::count},
    {"bytes", What::bytes, Kind::bytes},
    {"goodput", What::goodput, Kind::rate},
    {"rate", What::rate, Kind::rate},
    {"drops", What::drops, Kind::count},
}};

// Written WORKLOAD.name.
constexpr std::array<MetricRow, 12> kWorkloadMetrics{{
    {"completed", What::completed, Kind::truth},
    {"bytes_intact", What::bytes_intact, Kind::truth},
    {"transfers", What::transfers, Kind::count},
    {"completions", What::completions, Kind::count},
    {"failures", What::failures, Kind::count},
    {"attempts", What::attempts, Kind::count},
    {"bytes", What::bytes, Kind::bytes},
    {"goodput", What::goodput, Kind::rate},
    {"started", What::started, Kind::duration},
    {"ended", What::ended, Kind::duration},
    {"duration", What::duration, Kind::duration},
    {"latency", What::latency_percentile, Kind::duration},
}};

constexpr std::array<std::string_view, 2> kLater{"failover", "healthy_links"};

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

const MetricRow& row_of(const Metric& metric) {
  static constexpr MetricRow kEnd{"end", What::end, Kind::duration};
  static constexpr MetricRow kMean{"latency", What::latency_mean, Kind::duration};
  if (metric.subject == Subject::run) return kEnd;
  if (metric.what == What::latency_mean) return kMean;
  const auto is_it = [&](const MetricRow& row) { return row.what == metric.what; };
  if (metric.subject == Subject::links) {
    return *std::find_if(kLinkMetrics.begin(), kLinkMetrics.end(), is_it);
  }
  return *std::find_if(kWorkloadMetrics.begin(), kWorkloadMetrics.end(), is_it);
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Expression parse() {
    Expression result;
    result.left = operand();
    skip_blanks();
    const auto relation_at = at_;
    if (at_ < text_.size()) result.relation = relation();
    if (result.relation == Relation::holds) {
      require_kind(result.left, Kind::truth, 0,
                   "alone: compare it with something, for example < 5");
    } else {
      if (result.left.kind() == Kind::truth) {
        fail(relation_at, "a yes or no stands alone, without a comparison");
      }
      if (result.relation == Relation::within) {
        range(result);
      } else {
        result.right = other_side(result.left.kind());
      }
    }
    skip_blanks();
    if (at_ < text_.size()) fail(at_, fmt::format("\"{}\" after the end", rest()));
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

  Relation relation() {
    for (const auto& [token, relation] : kRelations) {
      if (take(token)) return relation;
    }
    const auto begin = at_;
    if (word() == "in") return Relation::within;
    at_ = begin;
    fail(at_, fmt::format("\"{}\" where a comparison is due: write < <= > >= == != or in", rest()));
  }

  static void require_kind(const Operand& operand, Kind kind, std::size_t offset,
                           std::string_view rest) {
    if (operand.kind() != kind) {
      fail(offset, fmt::format("{} does not stand {}", to_string(operand.kind()), rest));
    }
  }

  Operand other_side(Kind kind) {
    skip_blanks();
    const auto begin = at_;
    auto result = operand();
    require_comparable(kind, result, begin);
    return result;
  }

  static void require_comparable(Kind kind, const Operand& other, std::size_t offset) {
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
    if (result.upper.part && lower != nullptr && lower->kind == Kind::ratio) {
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
    if (value.kind != Kind::ratio) fail(begin, "\"of\" needs a percentage before it");
    skip_blanks();
    Operand result;
    result.part = Ratio{value.value};
    if (is_digit(peek())) {
      result.whole = quantity();
    } else {
      result.whole = metric();
    }
    if (result.kind() == Kind::truth) fail(begin, "a yes or no has no percentage");
    return result;
  }

  Quantity quantity() {
    const auto begin = at_;
    while (is_digit(peek()) || (peek() == '.' && is_digit(peek(1)))) ++at_;
    const auto number_end = at_;
    skip_blanks();
    const auto unit_begin = at_;
    while (is_letter(peek()) || peek() == '/' || peek() == '%') ++at_;
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
    if (std::find(kLater.begin(), kLater.end(), name) != kLater.end()) {
      fail(result.offset, fmt::format("\"{}\" is not supported yet", name));
    }
    if (peek() == '(') return link_metric(name, result.offset);
    if (peek() == '.') return workload_metric(name, std::move(result));
    if (name == "end") return result;
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
    if (result.name.empty()) fail(at_, fmt::format("{}(...) needs a link's name, or all", name));
    for (skip_blanks(); take(","); skip_blanks()) argument(result);
    if (!take(")")) fail(at_, "a \")\" is missing");
    return result;
  }

  void argument(Metric& metric) {
    skip_blanks();
    const auto begin = at_;
    if (is_digit(peek())) {
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
    const bool counts_connections = metric.kind() == Kind::count && metric.what != What::drops;
    if (counts_connections || metric.what == What::connection_share) {
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
    if (from.kind != Kind::duration || to.kind != Kind::duration) {
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
    if (row->what == What::latency_percentile) latency(result);
    return result;
  }

  void latency(Metric& metric) {
    const auto begin = at_;
    take(".");
    const auto which = word();
    if (which == "mean") {
      metric.what = What::latency_mean;
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

Kind Metric::kind() const {
  return row_of(*this).kind;
}

std::string to_string(const Metric& metric) {
  const auto& row = row_of(metric);
  if (metric.subject == Subject::run) return std::string(row.name);
  if (metric.subject == Subject::links) {
    auto text = fmt::format("{}({}", row.name, metric.name);
    if (metric.flow != Flow::both) text += metric.flow == Flow::down ? ", down" : ", up";
    if (metric.window) {
      text += fmt::format(", {}..{}", to_string(metric.window->from), to_string(metric.window->to));
    }
    return text + ")";
  }
  auto text = fmt::format("{}.{}", metric.name, row.name);
  if (metric.what == What::latency_mean) return text + ".mean";
  if (metric.what != What::latency_percentile) return text;
  if (metric.percent == 0) return text + ".min";
  if (metric.percent == 100) return text + ".max";
  return fmt::format("{}.p{}", text, metric.percent);
}

Kind Operand::kind() const {
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

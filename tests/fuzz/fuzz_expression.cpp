// Any text as an expectation of a scenario.
//
// Beyond not crashing: an error is at a place of the text; every metric, written down, is the same
// metric again.

#include "sim/scenario/expression.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace dispatch::scenario {
namespace {

using fuzz::require;

// A comparison that suits the metric.
std::string comparison(const Metric& metric) {
  const auto text = to_string(metric);
  switch (metric.kind()) {
    case Quantity::Kind::truth:
      return text;
    case Quantity::Kind::count:
      return text + " >= 1";
    case Quantity::Kind::bytes:
      return text + " >= 1 B";
    case Quantity::Kind::duration:
      return text + " >= 1 s";
    case Quantity::Kind::rate:
      return text + " >= 1 bit/s";
    case Quantity::Kind::ratio:
      return text + " >= 1 %";
  }
  return text;
}

void check(const Expression& expression) {
  for (const auto* metric : expression.metrics()) {
    const auto again = parse_expression(comparison(*metric));
    require(again.metrics().size() == 1, "one metric");
    require(to_string(*again.metrics().front()) == to_string(*metric), "the same metric");
  }
}

}  // namespace
}  // namespace dispatch::scenario

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dispatch;
  const auto text = fuzz::text_of(data, size);
  std::optional<scenario::Expression> expression;
  try {
    expression = scenario::parse_expression(text);
  } catch (const scenario::ExpressionError& error) {
    fuzz::require(error.offset() <= text.size(), "an error is at a place of the text");
  }
  if (expression) scenario::check(*expression);
  return fuzz::kDone;
}

#include "engine/units/quantity.hpp"

#include "engine/units/suggestion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace dispatch::units {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();

// What one unit is worth, in the quantity's own integer.
struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

// A kind of quantity: its units, from the smallest, and words for its errors.
struct Kind {
  std::string_view noun;     // "a rate"
  std::string_view example;  // "50 Mbit/s"
  std::string_view grain;    // what its integer counts
  std::span<const Unit> units;
};

constexpr std::array<Unit, 9> kRateUnits{{{"bit/s", 1},
                                          {"kbit/s", 1'000},
                                          {"Mbit/s", 1'000'000},
                                          {"Gbit/s", 1'000'000'000},
                                          {"Tbit/s", 1'000'000'000'000},
                                          {"B/s", 8},
                                          {"kB/s", 8'000},
                                          {"MB/s", 8'000'000},
                                          {"GB/s", 8'000'000'000}}};
constexpr std::array<Unit, 9> kByteUnits{{{"B", 1},
                                          {"kB", 1'000},
                                          {"MB", 1'000'000},
                                          {"GB", 1'000'000'000},
                                          {"TB", 1'000'000'000'000},
                                          {"KiB", 1ULL << 10},
                                          {"MiB", 1ULL << 20},
                                          {"GiB", 1ULL << 30},
                                          {"TiB", 1ULL << 40}}};
constexpr std::array<Unit, 6> kDurationUnits{{{"ns", 1},
                                              {"us", 1'000},
                                              {"ms", 1'000'000},
                                              {"s", 1'000'000'000},
                                              {"min", 60'000'000'000},
                                              {"h", 3'600'000'000'000}}};
constexpr std::array<Unit, 1> kRatioUnits{{{"%", Ratio::kWhole / 100}}};
constexpr std::array<Unit, 3> kFrequencyUnits{
    {{"/s", 1'000'000'000}, {"/min", 60'000'000'000}, {"/h", 3'600'000'000'000}}};

constexpr Kind kRate{"a rate", "50 Mbit/s", "bit/s", kRateUnits};
constexpr Kind kBytes{"a size", "250 kB", "byte", kByteUnits};
constexpr Kind kDuration{"a duration", "12 ms", "nanosecond", kDurationUnits};
constexpr Kind kRatio{"a percentage", "0.2 %", "part per billion", kRatioUnits};
constexpr Kind kFrequency{"a frequency", "5/s", "", kFrequencyUnits};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// digits / 10^decimals
struct Decimal {
  std::uint64_t digits = 0;
  std::uint64_t scale = 1;  // 10^decimals
};

struct Measured {
  Decimal number;
  std::string_view unit;
};

[[noreturn]] void fail_number(std::string_view text, const Kind& kind) {
  throw UnitError(
      fmt::format("\"{}\" is not {}: write one such as {}", text, kind.noun, kind.example));
}

Measured split(std::string_view text, const Kind& kind) {
  const auto whole = trim(text);
  Measured result;
  std::size_t at = 0;
  std::size_t digits = 0;
  bool in_fraction = false;
  for (; at < whole.size(); ++at) {
    const char c = whole[at];
    if (c == '.' && !in_fraction && digits > 0) {
      in_fraction = true;
      digits = 0;
      continue;
    }
    if (!is_digit(c)) break;
    ++digits;
    if (result.number.digits > (kMost - 9) / 10 || result.number.scale > kMost / 10) {
      throw UnitError(fmt::format("\"{}\" has too many digits", whole));
    }
    result.number.digits = result.number.digits * 10 + static_cast<std::uint64_t>(c - '0');
    if (in_fraction) result.number.scale *= 10;
  }
  if (digits == 0) fail_number(whole, kind);
  result.unit = trim(whole.substr(at));
  return result;
}

const Unit* find_unit(std::string_view name, std::span<const Unit> units) {
  const auto it =
      std::find_if(units.begin(), units.end(), [&](const Unit& unit) { return unit.name == name; });
  return it == units.end() ? nullptr : &*it;
}

const Unit& unit_of(std::string_view text, const Measured& measured, const Kind& kind) {
  if (measured.unit.empty()) {
    throw UnitError(fmt::format("\"{}\" has no unit: write {} such as {}", trim(text), kind.noun,
                                kind.example));
  }
  if (const auto* unit = find_unit(measured.unit, kind.units)) return *unit;
  std::vector<std::string_view> names;
  for (const auto& unit : kind.units) names.push_back(unit.name);
  throw UnitError(fmt::format("\"{}\" is no unit of {}{}", measured.unit, kind.noun,
                              hint(measured.unit, names)));
}

std::uint64_t parse(std::string_view text, const Kind& kind) {
  const auto measured = split(text, kind);
  const auto& unit = unit_of(text, measured, kind);
  const Wide scaled = Wide{measured.number.digits} * unit.factor;
  if (scaled % measured.number.scale != 0) {
    throw UnitError(fmt::format("\"{}\" is finer than one {}", trim(text), kind.grain));
  }
  const Wide value = scaled / measured.number.scale;
  if (value > kMost) throw UnitError(fmt::format("\"{}\" is too large", trim(text)));
  return static_cast<std::uint64_t>(value);
}

std::string exact(std::uint64_t digits, std::uint64_t scale) {
  auto text = std::to_string(digits / scale);
  if (const auto rest = digits % scale; rest != 0) {
    auto fraction = std::to_string(scale + rest).substr(1);
    fraction.erase(fraction.find_last_not_of('0') + 1);
    text += "." + fraction;
  }
  return text;
}

// The largest of the first `count` units that says the value with at most three decimals.
std::string shortest(std::uint64_t value, std::span<const Unit> units, std::string_view gap) {
  for (auto unit = units.rbegin(); unit != units.rend(); ++unit) {
    if (value < unit->factor) continue;
    const Wide thousandths = Wide{value} * 1000;
    if (thousandths % unit->factor != 0) continue;
    return fmt::format("{}{}{}",
                       exact(static_cast<std::uint64_t>(thousandths / unit->factor), 1000), gap,
                       unit->name);
  }
  return fmt::format("{}{}{}", value, gap, units.front().name);
}

// Four significant digits of `value`, in the largest unit that is not larger than it.
std::string four_digits(std::uint64_t value, std::span<const Unit> units) {
  const Unit* unit = &units.front();
  for (const auto& candidate : units) {
    if (value >= candidate.factor) unit = &candidate;
  }
  const double number = static_cast<double>(value) / static_cast<double>(unit->factor);
  if (number >= 1000) return fmt::format("{:.0f} {}", number, unit->name);
  return fmt::format("{:.4g} {}", number, unit->name);
}

// Minutes and hours are for input; long times read better in seconds.
std::span<const Unit> decimal_units(const Kind& kind) {
  if (&kind == &kRate || &kind == &kBytes) return kind.units.first(5);
  if (&kind == &kDuration) return kind.units.first(4);
  return kind.units;
}

}  // namespace

Ratio Ratio::of(std::uint64_t part, std::uint64_t whole) {
  return {static_cast<std::uint64_t>((Wide{part} * kWhole + whole / 2) / whole)};
}

Rate rate_of(Bytes bytes, Duration span) {
  constexpr std::uint64_t kBitNanoseconds = 8'000'000'000;  // in a byte and second
  const Wide rate = Wide{bytes.count} * kBitNanoseconds / static_cast<std::uint64_t>(span.count());
  return {static_cast<std::uint64_t>(std::min<Wide>(rate, kMost))};
}

Duration Frequency::nth(std::uint64_t n) const {
  const Wide span = Wide{n} * static_cast<std::uint64_t>(period.count()) / count;
  return span > kMost ? Duration::max() : Duration(static_cast<std::int64_t>(span));
}

Rate parse_rate(std::string_view text) {
  return {parse(text, kRate)};
}
Bytes parse_bytes(std::string_view text) {
  return {parse(text, kBytes)};
}
Ratio parse_ratio(std::string_view text) {
  return {parse(text, kRatio)};
}

Duration parse_duration(std::string_view text) {
  return Duration(static_cast<std::int64_t>(parse(text, kDuration)));
}

Frequency parse_frequency(std::string_view text) {
  const auto measured = split(text, kFrequency);
  const auto& unit = unit_of(text, measured, kFrequency);
  auto [digits, scale] = measured.number;
  if (digits == 0) throw UnitError("a frequency must be more than 0");
  // "0.30/s" is "0.3/s".
  for (; scale > 1 && digits % 10 == 0; digits /= 10) scale /= 10;
  const Wide period = Wide{unit.factor} * scale;
  if (period > kMost) throw UnitError(fmt::format("\"{}\" has too many digits", trim(text)));
  return {digits, Duration(static_cast<std::int64_t>(period))};
}

std::uint64_t parse_count(std::string_view text) {
  const auto whole = trim(text);
  constexpr Kind kCount{"a whole number", "3", "", {}};
  const auto measured = split(whole, kCount);
  if (!measured.unit.empty() || measured.number.scale != 1) fail_number(whole, kCount);
  return measured.number.digits;
}

Quantity parse_quantity(std::string_view text) {
  constexpr Kind kAny{"a quantity", "50 Mbit/s", "", {}};
  const auto unit = split(text, kAny).unit;
  if (unit.empty()) return {Quantity::Kind::count, parse_count(text)};
  const std::pair<const Kind&, Quantity::Kind> kinds[] = {{kRate, Quantity::Kind::rate},
                                                          {kBytes, Quantity::Kind::bytes},
                                                          {kDuration, Quantity::Kind::duration},
                                                          {kRatio, Quantity::Kind::ratio}};
  std::vector<std::string_view> names;
  for (const auto& [kind, result] : kinds) {
    if (find_unit(unit, kind.units) != nullptr) return {result, parse(text, kind)};
    for (const auto& each : kind.units) names.push_back(each.name);
  }
  throw UnitError(fmt::format("\"{}\" is no unit{}", unit, hint(unit, names)));
}

std::string_view to_string(Quantity::Kind kind) {
  switch (kind) {
    case Quantity::Kind::truth:
      return "a yes or no";
    case Quantity::Kind::count:
      return "a count";
    case Quantity::Kind::bytes:
      return kBytes.noun;
    case Quantity::Kind::duration:
      return kDuration.noun;
    case Quantity::Kind::rate:
      return kRate.noun;
    case Quantity::Kind::ratio:
      return kRatio.noun;
  }
  return "";
}

std::string rounded(Quantity quantity) {
  switch (quantity.kind) {
    case Quantity::Kind::truth:
      return quantity.value != 0 ? "yes" : "no";
    case Quantity::Kind::count:
      return std::to_string(quantity.value);
    case Quantity::Kind::bytes:
      return rounded(Bytes{quantity.value});
    case Quantity::Kind::duration:
      return rounded(Duration(static_cast<std::int64_t>(quantity.value)));
    case Quantity::Kind::rate:
      return rounded(Rate{quantity.value});
    case Quantity::Kind::ratio:
      return rounded(Ratio{quantity.value});
  }
  return "";
}

std::string to_string(Rate rate) {
  return shortest(rate.bits_per_second, decimal_units(kRate), " ");
}
std::string to_string(Bytes bytes) {
  return shortest(bytes.count, decimal_units(kBytes), " ");
}
std::string to_string(Duration duration) {
  if (duration == Duration::zero()) return "0s";
  return shortest(static_cast<std::uint64_t>(duration.count()), decimal_units(kDuration), "");
}
std::string to_string(Ratio ratio) {
  return exact(ratio.parts_per_billion, Ratio::kWhole / 100) + "%";
}
std::string to_string(Frequency frequency) {
  // The period of a parsed frequency is a unit times a power of ten.
  for (const auto& unit : kFrequencyUnits) {
    const auto period = static_cast<std::uint64_t>(frequency.period.count());
    if (period % unit.factor != 0) continue;
    auto scale = period / unit.factor;
    while (scale % 10 == 0) scale /= 10;
    if (scale == 1) return exact(frequency.count, period / unit.factor) + std::string(unit.name);
  }
  // Built by a program: the nearest frequency that has a text.
  const auto millionths =
      static_cast<std::uint64_t>(Wide{frequency.count} * 1'000'000 * 1'000'000'000 /
                                 static_cast<std::uint64_t>(frequency.period.count()));
  return exact(millionths, 1'000'000) + "/s";
}

std::string to_string(Quantity quantity) {
  switch (quantity.kind) {
    case Quantity::Kind::bytes:
      return to_string(Bytes{quantity.value});
    case Quantity::Kind::duration:
      return to_string(Duration(static_cast<std::int64_t>(quantity.value)));
    case Quantity::Kind::rate:
      return to_string(Rate{quantity.value});
    case Quantity::Kind::ratio:
      return to_string(Ratio{quantity.value});
    default:
      return rounded(quantity);
  }
}

std::string rounded(Rate rate) {
  return four_digits(rate.bits_per_second, decimal_units(kRate));
}
std::string rounded(Bytes bytes) {
  return four_digits(bytes.count, decimal_units(kBytes));
}
std::string rounded(Duration duration) {
  if (duration < Duration::zero()) return "-" + rounded(-duration);
  if (duration == Duration::zero()) return "0 s";
  return four_digits(static_cast<std::uint64_t>(duration.count()), decimal_units(kDuration));
}
std::string rounded(Ratio ratio) {
  return fmt::format("{:.4g} %", static_cast<double>(ratio.parts_per_billion) * 1e-7);
}

}  // namespace dispatch::units

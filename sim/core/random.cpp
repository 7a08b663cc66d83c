#include "sim/core/random.hpp"

#include <bit>
#include <cassert>
#include <cmath>
#include <cstring>

// A fused multiply-add rounds once where two operations round twice: the same program would then
// draw different numbers on different machines.
#if defined(__clang__)
#pragma clang fp contract(off)
#endif

namespace dispatch::sim {
namespace {

// Natural logarithm of a positive, normal number. The C library's may differ in the last bit
// between versions; this one is made of exactly rounded operations only.
double ln(double x) {
  int exponent = 0;
  double m = std::frexp(x, &exponent);  // [0.5, 1)
  if (m < 0.70710678118654752) {
    m *= 2;
    --exponent;
  }
  // ln m = 2 artanh z, z = (m - 1) / (m + 1), |z| < 0.1716: 13 terms reach 2^-53.
  const double z = (m - 1) / (m + 1);
  const double square = z * z;
  double sum = 0;
  for (int k = 25; k >= 1; k -= 2) sum = sum * square + 1.0 / k;
  return 2 * z * sum + exponent * 0.69314718055994531;
}

// Quantile of the normal distribution (P. J. Acklam's rational approximation, relative error below
// 1.2e-9); 0 < p < 1.
double normal_quantile(double p) {
  constexpr double a[] = {-3.969683028665376e+01, 2.209460984245205e+02,  -2.759285104469687e+02,
                          1.383577518672690e+02,  -3.066479806614716e+01, 2.506628277459239e+00};
  constexpr double b[] = {-5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02,
                          6.680131188771972e+01, -1.328068155288572e+01};
  constexpr double c[] = {-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
                          -2.549732539343734e+00, 4.374664141464968e+00,  2.938163982698783e+00};
  constexpr double d[] = {7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00,
                          3.754408661907416e+00};
  constexpr double kTail = 0.02425;
  if (p < kTail || p > 1 - kTail) {
    const double q = std::sqrt(-2 * ln(p < kTail ? p : 1 - p));
    const double value = (((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]) /
                         ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1);
    return p < kTail ? value : -value;
  }
  const double q = p - 0.5;
  const double r = q * q;
  return (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * q /
         (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1);
}

}  // namespace

Random::Random(std::uint64_t seed, std::string_view name) {
  std::uint64_t state = mix(seed) ^ hash_of(name);
  for (auto& word : state_) {
    word = mix(state);
    state += 0x9e3779b97f4a7c15;
  }
}

std::uint64_t Random::next() {
  const auto result = std::rotl(state_[1] * 5, 7) * 9;
  const auto shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

std::uint64_t Random::below(std::uint64_t bound) {
  assert(bound > 0);
  // The lowest values would come once more often than the others: draw again.
  const auto surplus = (0 - bound) % bound;
  for (;;) {
    if (const auto value = next(); value >= surplus) return value % bound;
  }
}

std::int64_t Random::between(std::int64_t low, std::int64_t high) {
  assert(low <= high);
  const auto span = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  const auto offset = span == UINT64_MAX ? next() : below(span + 1);
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + offset);
}

double Random::uniform() {
  return static_cast<double>(next() >> 11) * 0x1p-53;
}

bool Random::bernoulli(double probability) {
  return uniform() < probability;
}

double Random::normal() {
  // The middle of one of 2^53 intervals: neither 0 nor 1.
  return normal_quantile((static_cast<double>(next() >> 12) + 0.5) * 0x1p-52);
}

double Random::pareto() {
  // 2 (u^(-1/3) - 1). The root by Newton's steps, exactly rounded operations: u = m 8^k.
  int exponent = 0;
  double m = std::frexp(1 - uniform(), &exponent);  // [0.5, 1)
  for (; exponent % 3 != 0; ++exponent) m /= 2;
  double root = 1;  // of 1 / m, which is above 1 and at most 8
  for (int i = 0; i < 9; ++i) root *= (4 - m * root * root * root) / 3;
  return 2 * (std::ldexp(root, -exponent / 3) - 1);
}

double Random::exponential() {
  return -ln(1 - uniform());
}

net::Duration Random::exponential(net::Duration mean) {
  return net::Duration(
      static_cast<net::Duration::rep>(static_cast<double>(mean.count()) * exponential()));
}

void Random::fill(std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    auto value = next();
    const auto count = std::min<std::size_t>(bytes.size(), sizeof(value));
    for (std::size_t i = 0; i < count; ++i, value >>= 8) bytes[i] = static_cast<std::byte>(value);
    bytes = bytes.subspan(count);
  }
}

}  // namespace dispatch::sim

// Random streams: seeded by the simulation's seed and a name, so that each consumer has its own and
// adding one changes no other.
#pragma once

#include "engine/net/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace dispatch::sim {

// One step of SplitMix64: a good mixing of all bits.
constexpr std::uint64_t mix(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

// FNV-1a: the same for every compiler and library.
constexpr std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

// xoshiro256** 1.0 (Blackman, Vigna). The distributions are ours, because those of <random> differ
// between libraries; they use only operations that IEEE 754 rounds exactly.
class Random {
 public:
  Random(std::uint64_t seed, std::string_view name);

  std::uint64_t next();
  // Evenly in [0, bound), without bias; bound > 0.
  std::uint64_t below(std::uint64_t bound);
  // Evenly in [low, high], both included.
  std::int64_t between(std::int64_t low, std::int64_t high);
  // Evenly in [0, 1), 53 bits.
  double uniform();
  bool bernoulli(double probability);
  // Mean 0, standard deviation 1, by inversion.
  double normal();
  // Mean 1, by inversion.
  double exponential();
  // Mean 1, by inversion: heavy-tailed (Lomax, or Pareto of the second kind, with shape 3).
  double pareto();
  // Exponential with this mean, in whole nanoseconds: the gaps of a Poisson process.
  net::Duration exponential(net::Duration mean);
  void fill(std::span<std::byte> bytes);

 private:
  std::array<std::uint64_t, 4> state_;
};

}  // namespace dispatch::sim

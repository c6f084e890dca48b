#include "core/rng.h"

#include <cassert>
#include <cmath>
#include <numbers>

namespace studyhall {

namespace {

// Salmon et al. (2011), section 4.4: multipliers and Weyl constants of Philox4x32.
constexpr std::uint32_t kM0 = 0xD2511F53;
constexpr std::uint32_t kM1 = 0xCD9E8D57;
constexpr std::uint32_t kW0 = 0x9E3779B9;  // golden ratio
constexpr std::uint32_t kW1 = 0xBB67AE85;  // sqrt(3) - 1

// Of experiment_seed: no sampler draws from it.
constexpr std::uint32_t kSeedStream = 0xFFFFFFFF;

constexpr std::uint32_t low_word(std::uint64_t x) { return static_cast<std::uint32_t>(x); }
constexpr std::uint32_t high_word(std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); }

}  // namespace

std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product0 = std::uint64_t{kM0} * counter[0];
    const std::uint64_t product1 = std::uint64_t{kM1} * counter[2];
    counter = {high_word(product1) ^ counter[1] ^ key[0], low_word(product1),
               high_word(product0) ^ counter[3] ^ key[1], low_word(product0)};
    key[0] += kW0;
    key[1] += kW1;
  }
  return counter;
}

Rng Rng::for_trial(std::uint64_t study_seed, std::int64_t trial_number, std::uint32_t stream) {
  const auto number = static_cast<std::uint64_t>(trial_number);
  return Rng({low_word(study_seed), high_word(study_seed)},
             {0, low_word(number), high_word(number), stream});
}

std::uint64_t Rng::bits() {
  if (used_ == block_.size()) {
    block_ = philox4x32(counter_, key_);
    ++counter_[0];
    used_ = 0;
  }
  const std::uint64_t low = block_[used_];
  const std::uint64_t high = block_[used_ + 1];
  used_ += 2;
  return high << 32 | low;
}

double Rng::uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }

double Rng::uniform(double low, double high) {
  const double u = uniform();
  if (!(low < high)) return low;
  const double width = high - low;
  const double x = std::isfinite(width) ? low + width * u : low * (1 - u) + high * u;
  return x < high ? x : std::nextafter(high, low);
}

std::size_t Rng::index(std::size_t n) {
  assert(n >= 1);
  // The lowest 2^64 mod n values are refused, so that every remainder is equally frequent.
  const std::uint64_t refused = (0 - std::uint64_t{n}) % n;
  std::uint64_t x = bits();
  while (x < refused) x = bits();
  return static_cast<std::size_t>(x % n);
}

double Rng::normal() {
  const double u = 1 - uniform();  // (0, 1]
  const double v = uniform();
  return std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * v);
}

std::uint32_t experiment_seed(std::uint64_t study_seed, std::int64_t trial_number) {
  constexpr std::uint32_t kMask = 0x7FFFFFFF;
  const auto key =
      philox4x32({0, 0, 0, kSeedStream}, {low_word(study_seed), high_word(study_seed)});

  // Each step is a permutation of the 31-bit numbers (addition, exclusive or with a right shift,
  // multiplication by an odd number), so different trials have different seeds.
  auto x = static_cast<std::uint32_t>(trial_number) & kMask;
  for (const std::uint32_t k : key) {
    x = (x + k) & kMask;
    x ^= x >> 16;
    x = (x * kM0) & kMask;
    x ^= x >> 15;
  }
  return x;
}

}  // namespace studyhall

// Random numbers that depend on a key and a position, on nothing else.
//
// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel Random Numbers: As Easy as 1, 2, 3", SC
// 2011): a block is a function of (key, counter), so the numbers of one trial do not depend on how
// many other trials there were, on the number of workers, or on a restart. Conversions are our own,
// since the standard does not fix those of its distributions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace studyhall {

// The ten-round Philox bijection: one block of four words.
std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key);

class Rng {
 public:
  // The stream of one trial of one study. `stream` tells apart uses within a trial that must not
  // share numbers (0: the sampler).
  static Rng for_trial(std::uint64_t study_seed, std::int64_t trial_number,
                       std::uint32_t stream = 0);

  // 64 uniform bits.
  std::uint64_t bits();
  // Uniform on [0, 1), a multiple of 2^-53: bit-exact on every machine.
  double uniform();
  // Uniform on [low, high); low where the two are equal.
  double uniform(double low, double high);
  // Uniform on {0, ..., n-1}, without bias. REQUIRES: n >= 1.
  std::size_t index(std::size_t n);
  // Standard normal, by the polar method without rejection memory (Box-Muller): equal up to libm's
  // log, sin and cos.
  double normal();

 private:
  Rng(std::array<std::uint32_t, 2> key, std::array<std::uint32_t, 4> counter)
      : key_(key), counter_(counter) {}

  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 4> counter_;  // counter_[0] counts blocks
  std::array<std::uint32_t, 4> block_{};
  std::size_t used_ = 4;  // words of block_ given out
};

// STUDY_SEED of a trial: what must reach whatever makes the experiment vary. 31 bits, so that it
// fits every program's seed argument; different for each of a study's first 2^31 trials.
std::uint32_t experiment_seed(std::uint64_t study_seed, std::int64_t trial_number);

}  // namespace studyhall

#include "sampler/qmc.h"

#include <algorithm>
#include <array>
#include <boost/random/sobol.hpp>
#include <cmath>
#include <utility>

#include "sampler/moves.h"

namespace studyhall::sampler {
namespace {

constexpr std::uint32_t kTries = 1000;
constexpr unsigned kNestedDigits = 32;

// Nested uniform scrambling: digit b of the result is digit b of `bits` flipped by a coin that
// depends on the digits above it. Below the 32nd every path is taken by one point at most, so that
// coins for all further digits together do.
std::uint64_t scrambled(std::uint64_t bits, std::uint64_t seed, std::uint32_t scramble,
                        std::uint32_t dimension) {
  const std::array<std::uint32_t, 2> key = {static_cast<std::uint32_t>(seed),
                                            static_cast<std::uint32_t>(seed >> 32)};
  std::uint64_t flips = 0;
  for (unsigned b = 0; b < kNestedDigits; ++b) {
    const auto above = static_cast<std::uint32_t>(b == 0 ? 0 : bits >> (64 - b));
    const auto coins = philox4x32({above, b, dimension, scramble}, key);
    flips |= static_cast<std::uint64_t>(coins[0] & 1u) << (63 - b);
  }
  const auto path = static_cast<std::uint32_t>(bits >> (64 - kNestedDigits));
  const auto rest = philox4x32({path, kNestedDigits, dimension, scramble}, key);
  return (bits ^ flips) ^ rest[0];
}

std::uint64_t made_here(const History& history, const std::string& slice) {
  const auto trials = history.observations();
  const auto count = std::count_if(trials.begin(), trials.end(), [&](const Observation& trial) {
    return trial.sampler == "qmc" && trial.slice == slice;
  });
  return static_cast<std::uint64_t>(count);
}

}  // namespace

struct SobolPoints::Engine {
  explicit Engine(std::size_t dimensions) : sobol(dimensions) {}
  boost::random::sobol sobol;
};

SobolPoints::SobolPoints(std::size_t dimensions)
    : dimensions_(dimensions),
      engine_(dimensions > 0 ? std::make_unique<Engine>(dimensions) : nullptr) {}
SobolPoints::SobolPoints(SobolPoints&&) noexcept = default;
SobolPoints& SobolPoints::operator=(SobolPoints&&) noexcept = default;
SobolPoints::~SobolPoints() = default;

std::vector<double> SobolPoints::point(std::uint64_t index, std::uint64_t seed,
                                       std::uint32_t scramble) {
  std::vector<double> unit(dimensions_);
  // Boost leaves out point 0, the origin.
  if (dimensions_ > 0 && index > 0) engine_->sobol.seed(index - 1);
  for (std::size_t d = 0; d < dimensions_; ++d) {
    const std::uint64_t bits = index > 0 ? engine_->sobol() : 0;
    const std::uint64_t digits = scrambled(bits, seed, scramble, static_cast<std::uint32_t>(d));
    unit[d] = static_cast<double>(digits >> 11) * 0x1.0p-53;
  }
  return unit;
}

Config SliceDesign::point(const Task& task, std::uint64_t index, std::uint32_t scramble) {
  const std::vector<Domain>& domains = task.slice.domains;
  const auto free = static_cast<std::size_t>(
      std::count_if(domains.begin(), domains.end(), [](const Domain& d) { return d.free; }));
  if (!points_ || points_->dimensions() != free) points_.emplace(free);

  const std::vector<double> unit = points_->point(index, task.seed, scramble);
  Config config(task.space.size());
  std::size_t d = 0;
  for (std::size_t p = 0; p < config.size(); ++p) {
    config[p] =
        domains[p].free ? value_at(task.space.params()[p], domains[p], unit[d++]) : domains[p].held;
  }
  task.space.deactivate(config);
  return config;
}

std::optional<Suggestion> QmcSampler::suggest(const Task& task, const History& history,
                                              Rng& /*rng*/) {
  const std::uint64_t index = made_here(history, task.slice.key);
  for (std::uint32_t scramble = 0; scramble < kTries; ++scramble) {
    Config config = design_.point(task, index, scramble);
    if (!task.admissible(config)) continue;
    return Suggestion{.config = std::move(config),
                      .sampler = "qmc",
                      .why = scramble == 0 ? "the next point of the scrambled Sobol sequence"
                                           : "the next point of the Sobol sequence, scrambled "
                                             "anew until it was a new configuration",
                      .terms = {{"index", static_cast<double>(index)},
                                {"scramble", static_cast<double>(scramble)}}};
  }
  return std::nullopt;
}

}  // namespace studyhall::sampler

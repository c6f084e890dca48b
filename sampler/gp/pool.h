// The configurations that a search has looked at, with their values.
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "sampler/gp/acquisition.h"
#include "sampler/gp/encoding.h"
#include "sampler/sampler.h"

namespace studyhall::sampler::gp {

// A member of a slice. `full` has a value for every parameter, so that one which a change switches
// on has somewhere to start; `config` is what would be handed out.
struct Candidate {
  Config full;
  Config config;
  Eigen::RowVectorXd x;  // encoded
  double value = 0;
  std::optional<bool> admissible{};  // asked when first needed
};

class Pool {
 public:
  Pool(const Task& task, const Encoding& encoding, const Acquisition& acquisition)
      : task_(task), encoding_(encoding), acquisition_(acquisition) {}

  // Adds those that meet the space's require.
  void add(std::vector<Config> full);
  // The admissible ones of largest value, best first, no two equal; at most `count`.
  [[nodiscard]] std::vector<Candidate> best(std::size_t count);
  // Adds what another pool of the same search has.
  void take(Pool&& other);

 private:
  const Task& task_;
  const Encoding& encoding_;
  const Acquisition& acquisition_;
  std::vector<Candidate> candidates_;
};

}  // namespace studyhall::sampler::gp
